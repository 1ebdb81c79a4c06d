"""People with a past: what they compared, through the API or written straight into the database."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
from sqlalchemy import insert, select

from backend.accounts.tables import UserRow
from backend.comparisons.tables import ComparisonRow, LaneRow, TurnRow
from backend.kit.db import Database
from tests.support.household import PASSWORD


@dataclass(frozen=True)
class House:
    url: str
    folder: Path


@dataclass(frozen=True)
class Person:
    """Who has an account of his own in each journey, so that nobody finds what another one left."""

    url: str
    email: str
    api: httpx2.Client

    def run(self, prompt: str, *models: str, tags: tuple[str, ...] = ()) -> str:
        said = {"prompt": prompt, "modelIds": models or ("simulator/swift",), "tags": tags}
        return str(self.api.post("/api/comparisons/run", json=said).raise_for_status().json()["sessionId"])

    def make(self, prompt: str, *, start: bool = False, model: str = "simulator/swift") -> str:
        said = {"prompt": prompt, "modelIds": [model], "start": start}
        return str(self.api.post("/api/comparisons", json=said).raise_for_status().json()["sessionId"])

    def titles(self, **query: object) -> list[str]:
        items = self.api.get("/api/comparisons", params=query).json()["items"]
        return [item["title"] for item in items]

    def first(self) -> dict[str, Any]:
        found: dict[str, Any] = self.api.get("/api/comparisons").json()["items"][0]
        return found


def joined(url: str) -> Person:
    account = {"email": f"{uuid4().hex[:8]}@example.org", "password": PASSWORD}
    token = httpx2.post(f"{url}/auth/register", json=account).raise_for_status().json()["accessToken"]
    api = httpx2.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=30)
    return Person(url, account["email"], api)


async def seed(house: House, owner: Person, amount: int) -> None:
    """Behind the server's back, over the last year; the newest has the highest number."""
    start = datetime.now(UTC) - timedelta(days=365)
    moments = [start + timedelta(hours=4) * number for number in range(amount)]
    database = Database.open(f"sqlite:///{house.folder / 'data' / 'bakeoff.db'}")
    try:
        async with database.transaction() as db:
            owner_id = await db.scalar(select(UserRow.id).where(UserRow.email == owner.email))
            assert owner_id is not None
            for table, row_of in ((ComparisonRow, comparison_row), (LaneRow, lane_row), (TurnRow, turn_row)):
                values = [row_of(number, at, owner_id) for number, at in enumerate(moments)]
                await db.execute(insert(table), values)
    finally:
        await database.close()


def key_of(at: datetime, number: int, kind: int) -> UUID:
    milliseconds = int(at.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | kind << 32 | number)


def comparison_row(number: int, at: datetime, owner_id: UUID) -> dict[str, Any]:
    return {
        "id": key_of(at, number, 0),
        "owner_id": owner_id,
        "title": f"Seeded {number}",
        "prompt": f"Seeded {number}\n" + "A line more. " * (number % 5),
        "history_mode": "isolated",
        "status": "completed",
        "branched_from": None,
        "imported_at": None,
        "created_at": at,
        "updated_at": at,
        "deleted_at": None,
        "total_tokens": number,
        "total_cost": Decimal(number) / 1000,
        "unknown_costs": number % 2,
        "response_count": 1,
        "completed_count": 1,
        "completed_ms": 1000,
    }


def lane_row(number: int, at: datetime, _owner_id: UUID) -> dict[str, Any]:
    return {
        "id": key_of(at, number, 1),
        "comparison_id": key_of(at, number, 0),
        "position": 0,
        "model_id": "simulator/swift",
        "label": "",
        "system_prompt": "",
        "parameters": {},
        "fallback_model_ids": [],
        "removed_at": None,
    }


def turn_row(number: int, at: datetime, owner_id: UUID) -> dict[str, Any]:
    return {
        "id": key_of(at, number, 2),
        "comparison_id": key_of(at, number, 0),
        "number": 1,
        "prompt": f"Seeded {number}",
        "history_mode": "isolated",
        "asked_by": owner_id,
        "asked_by_name": "Ada",
        "created_at": at,
        "started_at": at,
        "ended_at": at,
        "chosen_response_id": None,
    }
