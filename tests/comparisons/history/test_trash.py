import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.accounts.callers import Caller
from backend.comparisons import trash
from backend.comparisons.purger import Purger
from backend.comparisons.tables import ComparisonRow, LaneRow, ResponseRow, SearchTextRow, TagRow, TurnRow
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.errors import AppError, NotFound
from tests.attachments.shelves import shelf_of
from tests.comparisons.history.looking import Filters, finds, pages
from tests.comparisons.history.making import compared, person, shared

OLD = trash.KEPT + timedelta(seconds=1)


@pytest.fixture
async def ada(database: Database) -> Caller:
    return await person(database, "ada")


@pytest.fixture
async def bob(database: Database) -> Caller:
    return await person(database, "bob")


async def test_what_is_deleted_can_be_taken_back(database: Database, ada: Caller) -> None:
    key = await compared(database, ada, "A word")
    async with database.transaction() as db:
        await trash.discard(db, ada, key, clock.now())
    assert await pages(database, ada) == []
    assert await pages(database, ada, Filters(deleted=True)) == [key]
    async with database.transaction() as db:
        with pytest.raises(NotFound):
            await trash.discard(db, ada, key, clock.now())
        await trash.restore(db, ada, key, clock.now())
    assert await pages(database, ada) == [key]
    assert await finds(database, ada, "word") == [key]
    async with database.transaction() as db:
        with pytest.raises(NotFound):
            await trash.restore(db, ada, key, clock.now())


@pytest.mark.parametrize("level", ["viewer", "commenter", "editor"])
async def test_only_the_owner_deletes_and_takes_back(
    database: Database, ada: Caller, bob: Caller, level: str
) -> None:
    key, unseen = await compared(database, ada), await compared(database, ada)
    await shared(database, key, bob, level)
    async with database.transaction() as db:
        with pytest.raises(AppError) as refused:
            await trash.discard(db, bob, key, clock.now())
        assert refused.value.status == 403
        with pytest.raises(NotFound):
            await trash.discard(db, bob, unseen, clock.now())
        await trash.discard(db, ada, key, clock.now())
        with pytest.raises(NotFound):
            await trash.restore(db, bob, key, clock.now())


async def test_after_thirty_days_nothing_comes_back(database: Database, ada: Caller) -> None:
    now = clock.now()
    late = await compared(database, ada, deleted_at=now - trash.KEPT)
    just = await compared(database, ada, deleted_at=now - trash.KEPT + timedelta(seconds=1))
    async with database.transaction() as db:
        with pytest.raises(NotFound):
            await trash.restore(db, ada, late, now)
        await trash.restore(db, ada, just, now)


async def test_what_is_purged_leaves_nothing_behind_and_the_rest_alone(
    database: Database, ada: Caller
) -> None:
    now = clock.now()
    kept = [
        await compared(database, ada, "kept word", tagged=["kept"]),
        await compared(database, ada, "kept word", deleted_at=now - timedelta(days=29)),
    ]
    await compared(database, ada, "gone word", tagged=["gone"], deleted_at=now - OLD)
    async with database.transaction() as db:
        assert await trash.purge_expired(db, now) == 1
        assert await trash.purge_expired(db, now) == 0
    async with database.reading() as db:
        for row in (LaneRow, TurnRow, ResponseRow, TagRow):
            assert set(await db.scalars(select(row.comparison_id))) <= set(kept)
        assert list(await db.scalars(select(ComparisonRow.id).order_by(ComparisonRow.id))) == kept
        assert len(list(await db.scalars(select(SearchTextRow.number)))) == 8
    assert await finds(database, ada, "gone") == []
    assert await finds(database, ada, "word") == kept[:1]


async def test_the_trash_is_emptied_at_the_start_and_again_later(
    database: Database, ada: Caller, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(trash, "BATCH", 2)
    now = clock.now()
    for _ in range(5):
        await compared(database, ada, deleted_at=now - OLD)
    async with Purger(database, shelf_of(database, tmp_path), lambda: now, every=timedelta(milliseconds=10)):
        await _until_empty(database, ada)
        await compared(database, ada, deleted_at=now - OLD)
        await _until_empty(database, ada)
    assert await Purger(database, shelf_of(database, tmp_path), lambda: now).purge() == 0


async def test_a_database_that_is_not_there_ends_no_purger(
    database: Database, ada: Caller, tmp_path: Path
) -> None:
    await database.close()
    async with Purger(database, shelf_of(database, tmp_path), every=timedelta(milliseconds=1)) as purger:
        for _ in range(20):
            await asyncio.sleep(0)
        assert purger.alive
    assert not purger.alive


async def _until_empty(database: Database, owner: Caller) -> None:
    async with asyncio.timeout(30):
        while await pages(database, owner, Filters(deleted=True)):  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.01)
