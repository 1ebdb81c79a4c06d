"""People at Bakeoff, over its API: an account each, comparisons, and what the database has of them."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp

PROMPT = "What does a piece of an answer cost?"
PASSWORD = "nine dry umbrellas"  # noqa: S105 - of people who live for seconds


class Guest:
    def __init__(self, http: aiohttp.ClientSession, email: str, token: str) -> None:
        self.email = email
        self.token = token
        self._http = http
        self._headers = {"authorization": f"Bearer {token}"}

    async def ask(self, path: str, **command: Any) -> dict[str, Any]:
        async with self._http.post(path, json=command, headers=self._headers) as answer:
            return await _content(answer)

    async def comparison(self, models: Sequence[str]) -> str:
        """Of one lane for each; it waits for its start."""
        made = await self.ask("/api/comparisons", prompt=PROMPT, modelIds=models)
        return str(made["sessionId"])


@asynccontextmanager
async def guests(url: str, count: int) -> AsyncIterator[list[Guest]]:
    async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=8)) as http:
        yield [await _registered(http) for _ in range(count)]


def stored_texts(database: Path) -> dict[str, str]:
    """By response."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as file:
        rows = file.execute("SELECT id, text FROM responses").fetchall()
    return {str(UUID(bytes=key) if isinstance(key, bytes) else UUID(key)): text for key, text in rows}


async def _registered(http: aiohttp.ClientSession) -> Guest:
    who = {"email": f"{uuid4().hex}@example.org", "password": PASSWORD}
    async with http.post("/auth/register", json=who) as answer:
        return Guest(http, who["email"], (await _content(answer))["accessToken"])


async def _content(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    content: dict[str, Any] = await answer.json()
    if answer.status >= 300:
        raise RuntimeError(f"{answer.status} {content}")
    return content
