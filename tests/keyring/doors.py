"""Providers that take some keys, and the people who bring them."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import insert

from backend.accounts.audit import Actor
from backend.accounts.callers import Caller
from backend.accounts.rights import Role
from backend.accounts.tables import UserRow
from backend.keyring.ring import Keyring, Test
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.ids import new_id
from backend.kit.master_key import MasterKey
from backend.kit.outside import Outside, Reach
from backend.kit.sealed import Sealer
from backend.providers.endpoints import Endpoint
from backend.providers.failures import ProviderError
from backend.providers.keys import Key
from tests.kit.hostile import OUTSIDE, Counting

MASTER = MasterKey(b"a secret of this installation, long enough")
OPENAI = Endpoint("openai", "OpenAI", "https://api.openai.example/v1")
GROQ = Endpoint("groq", "Groq", "https://api.groq.example/v1")
SERVERS = {
    endpoint.name: endpoint
    for endpoint in (
        OPENAI,
        GROQ,
        Endpoint("azure", "Azure"),
        Endpoint("simulator", "Simulator", "http://127.0.0.1:1/v1", simulated=True),
    )
}
GOOD = "sk-good-0123456789abcdef"
NAMES = {
    name: [[OUTSIDE]] for name in ("one.example", "two.example", "three.example", "xn--bcher-kva.example")
} | {"inside.example": [["10.0.0.1"]]}


@dataclass
class Door:
    """Knows which keys are good, and remembers who knocked where."""

    answer: ProviderError | None = None
    knocks: list[tuple[str, str]] = field(default_factory=list)

    async def __call__(self, endpoint: Endpoint, key: Key) -> ProviderError | None:
        self.knocks.append((endpoint.base_url, key.secret))
        if "bad" in key.secret:
            return ProviderError("credentials", f"Incorrect API key provided: {key.secret}.", status=401)
        return self.answer


def ring_of(door: Test, *keys: MasterKey, servers: dict[str, Endpoint] = SERVERS) -> Keyring:
    outside = Outside(Reach(), Counting(NAMES))
    return Keyring(Sealer(*(keys or (MASTER,))), servers, outside, door)


async def person(database: Database, name: str, role: Role = "member") -> Caller:
    user_id = new_id()
    async with database.transaction() as db:
        await db.execute(
            insert(UserRow).values(
                id=user_id, email=f"{name}@example.org", name=name, role=role, created_at=clock.now()
            )
        )
    return Caller(user_id, f"{name}@example.org", role, "cookie")


def actor(caller: Caller) -> Actor:
    return Actor.of(caller, "192.0.2.7", "a-request")


def stranger() -> UUID:
    return new_id()
