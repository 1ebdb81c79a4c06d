"""What a page costs grows with the page, not with the past: SQLite counts its own steps."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from shutil import copyfile

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.comparisons import history, tags
from backend.comparisons.history import Filters, Slice, listed, searched
from backend.comparisons.history_items import hits_of, items
from backend.comparisons.search import BEYOND
from backend.comparisons.words import terms_of
from backend.kit.db import Database
from benchmarks.pasts.past import Past, write_past
from benchmarks.pasts.scribe import COMMON_TAG, HALF, MODELS, NEEDLE, RARE_TAG

FEW, MANY = 2_000, 12_000  # responses
LIMIT = 10
PATIENT = 60.0

Ask = Callable[[AsyncSession, Caller, Past], Awaitable[object]]


def of_list(filters: Filters, *, deep: bool = False) -> Ask:
    async def ask(db: AsyncSession, caller: Caller, past: Past) -> Slice:
        below = past.comparisons[len(past.comparisons) // 2] if deep else None
        found = await listed(db, caller, filters, below, LIMIT, patience=PATIENT)
        assert len(await items(db, caller, found.ids)) == len(found.ids)
        return found

    return ask


def of_search(question: str) -> Ask:
    async def ask(db: AsyncSession, caller: Caller, _past: Past) -> Slice:
        terms = terms_of(question)
        found = await searched(db, caller, Filters(), terms, BEYOND, LIMIT, patience=PATIENT)
        await hits_of(db, terms, {key: found.numbers[key] for key in found.ids})
        return found

    return ask


async def all_tags(db: AsyncSession, caller: Caller, _past: Past) -> list[tuple[str, int]]:
    return await tags.counted(db, caller)


async def how_many(db: AsyncSession, caller: Caller, _past: Past) -> int | None:
    return await history.count(db, caller)


QUESTIONS: dict[str, Ask] = {
    "first page": of_list(Filters()),
    "deep": of_list(Filters(), deep=True),
    "model": of_list(Filters(model=MODELS[0])),
    "unknown model": of_list(Filters(model="lab/nothing")),
    "common tag": of_list(Filters(tag=COMMON_TAG)),
    "rare tag": of_list(Filters(tag=RARE_TAG)),
    "failed": of_list(Filters(status="failed")),
    "in progress": of_list(Filters(status="in_progress")),
    "trash": of_list(Filters(deleted=True)),
    "frequent word": of_search(HALF),
    "rare word": of_search(NEEDLE),
    "no word": of_search("nowhere"),
    "all tags": all_tags,
    "count": how_many,
}


async def steps(database: Database, ask: Ask, past: Past) -> int:
    """In tens of SQLite's instructions."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    async with database.reading() as db:
        raw = await (await db.connection()).get_raw_connection()
        await raw.driver_connection.set_progress_handler(count, 10)
        await ask(db, Caller(past.owner, "", "member", "token"), past)
        await raw.driver_connection.set_progress_handler(None, 0)
    return counted


async def test_a_page_costs_as_much_after_a_long_time_as_after_a_short_one(
    migrated_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"_FIRST_LOOK": 50, "_STEP": 50, "COUNTED": 50}.items():
        monkeypatch.setattr(history, name, value)
    monkeypatch.setattr(tags, "COUNTED", 50)
    costs = []
    for responses in (FEW, MANY):
        path = tmp_path / f"{responses}.db"
        copyfile(migrated_sqlite, path)
        url = f"sqlite:///{path}"
        past = await write_past([url], responses)
        database = Database.open(url)
        costs.append({name: await steps(database, ask, past) for name, ask in QUESTIONS.items()})
        await database.close()
    few, many = costs
    assert {name: (few[name], many[name]) for name in QUESTIONS if many[name] > 1.25 * few[name] + 50} == {}
