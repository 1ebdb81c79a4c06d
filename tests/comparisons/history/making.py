"""Comparisons as they are in the database, without anybody having been asked."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import insert

from backend.accounts.callers import Caller
from backend.accounts.users import User
from backend.comparisons import search, tags
from backend.comparisons.search import Document
from backend.comparisons.tables import ComparisonRow, LaneRow, ResponseRow, ShareRow, TurnRow
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.ids import new_id
from tests.accounts.people import somebody


def caller_of(user: User) -> Caller:
    return Caller(user.id, user.email, user.role, "token")


async def person(database: Database, name: str) -> Caller:
    return caller_of(await somebody(database, f"{name}@example.org"))


async def compared(
    database: Database,
    owner: Caller,
    prompt: str = "Which is better?",
    answers: Mapping[str, str] | None = None,
    *,
    title: str | None = None,
    tagged: Sequence[str] = (),
    status: str = "completed",
    deleted_at: datetime | None = None,
    key: UUID | None = None,
) -> UUID:
    """One turn, one answer by each model."""
    answers = {"lab/one": "The first.", "lab/two": "The second."} if answers is None else answers
    key, turn, at = key or new_id(), new_id(), clock.now()
    comparison = {
        "id": key,
        "owner_id": owner.user_id,
        "title": title if title is not None else prompt,
        "prompt": prompt,
        "history_mode": "isolated",
        "status": status,
        "total_tokens": 7 * len(answers),
        "total_cost": Decimal("0.25"),
        "response_count": len(answers),
        "completed_count": len(answers),
        "completed_ms": 100 * len(answers),
        "created_at": at,
        "updated_at": at,
        "deleted_at": deleted_at,
    }
    lanes = {model: new_id() for model in answers}
    responses = {model: new_id() for model in answers}
    async with database.transaction() as db:
        await db.execute(insert(ComparisonRow).values(comparison))
        if lanes:
            rows = [_lane(key, lane, number, model) for number, (model, lane) in enumerate(lanes.items())]
            await db.execute(insert(LaneRow), rows)
        turn_row = {"id": turn, "comparison_id": key, "number": 1, "prompt": prompt}
        asked = {"history_mode": "isolated", "asked_by_name": "", "created_at": at}
        await db.execute(insert(TurnRow).values(turn_row | asked))
        if answers:
            told = [
                _response(key, turn, lanes[model], responses[model], model, text, at)
                for model, text in answers.items()
            ]
            await db.execute(insert(ResponseRow), told)
        await tags.put(db, key, tags.normalised(tagged))
        await search.remember(
            db,
            [
                Document(key, key, "title", comparison["title"]),
                Document(key, turn, "prompt", prompt),
                *(Document(key, responses[model], "answer", text) for model, text in answers.items()),
            ],
        )
    return key


async def shared(database: Database, comparison_id: UUID, with_whom: Caller, level: str = "viewer") -> None:
    row = {
        "id": new_id(),
        "comparison_id": comparison_id,
        "user_id": with_whom.user_id,
        "shown": "",
        "level": level,
        "created_at": clock.now(),
        "opened_count": 0,
    }
    async with database.transaction() as db:
        await db.execute(insert(ShareRow).values(row))


def _lane(comparison_id: UUID, lane_id: UUID, position: int, model: str) -> dict[str, object]:
    return {
        "id": lane_id,
        "comparison_id": comparison_id,
        "position": position,
        "model_id": model,
        "label": "",
        "system_prompt": "",
        "parameters": {},
        "fallback_model_ids": [],
    }


def _response(
    comparison_id: UUID, turn_id: UUID, lane_id: UUID, key: UUID, model: str, text: str, at: datetime
) -> dict[str, object]:
    return {
        "id": key,
        "comparison_id": comparison_id,
        "turn_id": turn_id,
        "lane_id": lane_id,
        "attempt": 1,
        "model_id": model,
        "status": "completed",
        "text": text,
        "reasoning": "",
        "system_prompt": "",
        "parameters": {},
        "history": [],
        "metrics": {},
        "retries": [],
        "created_at": at,
    }
