"""A program: saves a key in every way that goes well or wrong, says all it saw, logs all there is.

`python -m tests.keyring.canary <database url> <key>`
"""

import asyncio
import logging
import sys
from collections.abc import Mapping
from typing import Any

import httpx2

from backend.keyring import actions
from backend.keyring.rotation import rotate
from backend.keyring.schemas import SaveKey
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.logs import configure_logs
from backend.kit.master_key import MasterKey
from backend.kit.redaction import Redactor
from backend.providers.endpoints import Endpoint
from backend.providers.failures import ProviderError
from backend.providers.keys import Key
from tests.keyring.doors import MASTER, NAMES, person, ring_of
from tests.keyring.serving import WHO, asking

NEW = MasterKey(b"a new secret of this installation, as long")
LOGGERS = ("aiohttp", "aiosqlite", "asyncio", "asyncpg", "httpx2", "httpcore2", "litestar", "sqlalchemy")


class Blind(Redactor):
    """Takes nothing out: what is not to be in a log must not come to it."""

    def __call__(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        return event


class Mood:
    """A provider that answers as it is told to, and repeats the key when it complains."""

    def __init__(self) -> None:
        self.now = "good"

    async def __call__(self, endpoint: Endpoint, key: Key) -> ProviderError | None:
        match self.now:
            case "bug":
                raise RuntimeError(f"a bug in {endpoint.name}")
            case "good":
                return None
            case "refused" | "credentials" | "overloaded" | "unreachable" as kind:
                return ProviderError(kind, f"What is {key.secret} and <b>{key.secret}</b>?")
        raise AssertionError(self.now)


def log_everything() -> None:
    configure_logs("debug", "json", Blind())
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.DEBUG)


async def prepare(url: str) -> dict[str, Any]:
    database = Database.open(url)
    try:
        return {"alice": await person(database, "alice"), "admin": await person(database, "admin", "admin")}
    finally:
        await database.close()


def over_http(client: httpx2.Client, mood: Mood, key: str) -> None:
    def put(path: str, body: Any, **headers: str) -> None:
        print(client.put(path, json=body, headers=headers).text)

    client.post("/api/endpoints", json={"name": "mine", "baseUrl": f"https://{next(iter(NAMES))}/v1"})
    for mood.now in ("refused", "credentials", "overloaded", "unreachable", "bug", "good"):
        for endpoint in ("openai", "mine", "nobody"):
            put(f"/api/keys/{endpoint}", {"key": key})
    put("/api/keys/groq", {"key": key, "shared": True}, **{WHO: "admin"})
    put("/api/keys/openai", {"key": key, "shared": True})
    for wrong in (f"{key} {key}", f"{key}\r\n{key}", [key], {"key": key}):
        put("/api/keys/openai", {"key": wrong})
    put("/api/keys/openai", {"key": key, "shared": key})
    put("/api/keys/openai", {"key": key, "surprise": 1})
    put("/api/keys/openai", [{"key": key}])
    whole = f'{{"key": "{key}"}}'
    for content, kind in ((whole[:-1], "application/json"), (whole, "text/plain")):
        headers = {"content-type": kind}
        print(client.put("/api/keys/openai", content=content, headers=headers).text)
    for path in ("/api/keys", "/api/keys/openai", "/api/endpoints", "/schema/openapi.json"):
        print(client.get(path).text)


async def inside(url: str, people: Mapping[str, Any], mood: Mood, key: str) -> None:
    database = Database.open(url)
    try:
        ring = ring_of(mood)
        alice = people["alice"]
        async with database.reading() as db:
            used = await actions.key_for(db, ring, alice.user_id, "openai")
            assert used == Key(key)
            place = await actions.place_for(db, ring, alice, "openai", shared=False)
            tried = await actions.tried(ring, place, key, clock.now())
            shown = await actions.keys_of(db, ring, alice)
        print(repr((used, ring, ring.sealer, place, tried, shown, SaveKey(key=key), MASTER)))
        print(await rotate(database, MASTER, NEW))
        async with database.reading() as db:
            try:
                await actions.key_for(db, ring, alice.user_id, "openai")
            except Exception as error:  # noqa: BLE001 - whatever it says
                print(repr(error), error.__context__, error.__cause__)
    finally:
        await database.close()


def main() -> None:
    url, key = sys.argv[1:]
    log_everything()
    people = asyncio.run(prepare(url))
    mood = Mood()
    with asking(url, ring_of(mood), people) as client:
        over_http(client, mood, key)
    asyncio.run(inside(url, people, mood, key))
    print("That was all.")


if __name__ == "__main__":
    main()
