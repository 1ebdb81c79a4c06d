"""What programs and sockets prove themselves with: API keys and one-time tickets."""

import time
from typing import Any
from uuid import UUID

from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.accounts import api_keys, audit
from backend.accounts.api_keys import ApiKey
from backend.accounts.callers import Caller
from backend.accounts.door import AnyRequest, Door, actor_of
from backend.accounts.guards import needs
from backend.accounts.schemas import ApiKeyAnswer, MakeApiKey, NewApiKey, Ticket
from backend.accounts.tickets import LIFETIME
from backend.kit import clock
from backend.kit.errors import FieldProblem, Invalid, NotFound

_TAGS = ["accounts"]
_NO_STORE = {"cache-control": "no-store"}


@get("/auth/api-keys", tags=_TAGS, opt=needs("account"))
async def list_api_keys(
    door: NamedDependency[Door], caller: NamedDependency[Caller]
) -> tuple[ApiKeyAnswer, ...]:
    """One's API keys, newest first, those that were revoked among them."""
    async with door.database.reading() as db:
        return tuple(_answer(key) for key in await api_keys.of_user(db, caller.user_id))


@post("/auth/api-keys", tags=_TAGS, opt=needs("account"))
async def make_api_key(
    request: AnyRequest,
    door: NamedDependency[Door],
    caller: NamedDependency[Caller],
    data: JSONBody[MakeApiKey],
) -> Response[NewApiKey]:
    """Make an API key. Its secret is in this answer and nowhere else."""
    now = clock.now()
    if data.expires_at is not None and (data.expires_at.tzinfo is None or data.expires_at <= now):
        raise Invalid([FieldProblem(field="expiresAt", message="This is not a moment in the future.")])
    async with door.database.transaction() as db:
        key, secret = await api_keys.create(
            db,
            caller.user_id,
            name=data.name,
            scopes=set(data.scopes),
            expires_at=data.expires_at,
            now=now,
        )
        await audit.note(
            db,
            actor_of(request, caller),
            "api_key.made",
            f"{key.name} ({key.shown})",
            scopes=list(key.scopes),
        )
    return Response(NewApiKey(key=_answer(key), secret=secret), status_code=201, headers=_NO_STORE)


@delete("/auth/api-keys/{key_id:uuid}", tags=_TAGS, opt=needs("account"))
async def revoke_api_key(
    request: AnyRequest,
    door: NamedDependency[Door],
    caller: NamedDependency[Caller],
    key_id: FromPath[UUID],
) -> None:
    """Revoke one of one's API keys, for good."""
    async with door.database.transaction() as db:
        if not await api_keys.revoke(db, caller.user_id, key_id, clock.now()):
            raise NotFound("There is no such API key.")
        await audit.note(db, actor_of(request, caller), "api_key.revoked", str(key_id))
    door.authenticator.forget(api_key_id=key_id)
    door.ended(key_id)


@post("/auth/ws-ticket", tags=_TAGS, opt=needs("comparisons.read"))
async def make_ticket(door: NamedDependency[Door], caller: NamedDependency[Caller]) -> Response[Ticket]:
    """A one-time proof for a WebSocket, good for half a minute."""
    ticket = Ticket(ticket=door.tickets.issue(caller, time.monotonic()), expires_in=int(LIFETIME))
    return Response(ticket, status_code=201, headers=_NO_STORE)


def _answer(key: ApiKey) -> ApiKeyAnswer:
    return ApiKeyAnswer(
        id=key.id,
        name=key.name,
        shown=key.shown,
        scopes=key.scopes,
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )


HANDLERS: tuple[Any, ...] = (list_api_keys, make_api_key, revoke_api_key, make_ticket)
