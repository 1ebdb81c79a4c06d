"""Two tenants: Ada with her comparison and those she lets in, and Eve with one of her own."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from backend.kit.db import Database
from tests.comparisons.shares.neighbours import Person, comparison, person
from tests.comparisons.shares.serving import Told, asking


@dataclass
class House:
    """Whoever asks is named by the first argument: somebody, or the secret of a link."""

    client: httpx2.Client
    told: Told
    url: str
    people: dict[str, Person]
    hers: UUID
    """Ada's comparison."""
    other: UUID
    """Eve's."""

    def ask(self, who: str, method: str, path: str, body: Any = None) -> httpx2.Response:
        token = self.people[who].token if who in self.people else who
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return self.client.request(method, path, json=body, headers=headers)

    def shares(self, of: UUID | None = None) -> str:
        return f"/api/comparisons/{of or self.hers}/shares"

    def share(self, level: str = "viewer", **asked: Any) -> dict[str, Any]:
        """Ada's: made, or the test fails."""
        made = self.ask("ada", "POST", self.shares(), {"level": level, **asked})
        assert made.status_code == 201, made.text
        body: dict[str, Any] = made.json()
        return body

    def access(self, who: str, of: UUID | None = None) -> str | int:
        """How far, or the status of the refusal."""
        answer = self.ask(who, "GET", f"/look/{of or self.hers}")
        return answer.text if answer.status_code == 200 else answer.status_code

    def listed(self, who: str = "ada") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask(who, "GET", self.shares()).json()
        return found


async def _furnished(url: str) -> tuple[dict[str, Person], UUID, UUID]:
    database = Database.open(url)
    try:
        async with database.transaction() as db:
            people = {name: await person(db, name) for name in ("ada", "eve", "vic", "cora", "ed")}
            people["admin"] = await person(db, "admin", "admin")
            hers = await comparison(db, people["ada"])
            return people, hers, await comparison(db, people["eve"], "Raincoats")
    finally:
        await database.close()


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    people, hers, other = asyncio.run(_furnished(database_url))
    told = Told()
    with asking(database_url, tmp_path / "data", told) as client:
        yield House(client, told, database_url, people, hers, other)
