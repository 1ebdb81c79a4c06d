"""Rows and contents stay together, whoever comes and goes at the same moment."""

import asyncio
import random
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, update

from backend.accounts.callers import Caller
from backend.attachments import actions, repository
from backend.attachments.shelf import Shelf
from backend.comparisons.purger import Purger
from backend.comparisons.tables import ComparisonRow, TurnRow
from backend.comparisons.trash import KEPT
from backend.kit import clock
from backend.kit.blobs import digest_of
from backend.kit.db import Database
from backend.kit.errors import AppError, Invalid, NotFound
from backend.kit.ids import new_id
from tests.attachments.pictures import png
from tests.attachments.shelves import on_disk, shelf_of
from tests.comparisons.history.making import compared, person

DATA = b"the same for everybody"
LATER = timedelta(days=1, seconds=1)


@pytest.fixture
def shelf(database: Database, tmp_path: Path) -> Shelf:
    return shelf_of(database, tmp_path, unused=300_000)


@pytest.fixture
async def ada(database: Database) -> Caller:
    return await person(database, "ada")


@pytest.fixture
async def bob(database: Database) -> Caller:
    return await person(database, "bob")


async def used(shelf: Shelf, comparison_id: UUID, turn_id: UUID, *ids: UUID) -> None:
    async with shelf.database.transaction() as db:
        await actions.use_instead(db, comparison_id, turn_id, ids)


async def turn_of(shelf: Shelf, comparison_id: UUID) -> UUID:
    async with shelf.database.reading() as db:
        return (await db.scalars(select(TurnRow.id).where(TurnRow.comparison_id == comparison_id))).one()


async def test_one_content_is_on_the_disk_once_and_stays_for_the_last_who_has_it(
    shelf: Shelf, ada: Caller, bob: Caller, tmp_path: Path
) -> None:
    first = await actions.add(shelf, ada, "a.txt", DATA)
    second = await actions.add(shelf, bob, "b.txt", DATA)
    assert on_disk(tmp_path) == [digest_of(DATA)]
    for caller, attachment in ((bob, first), (ada, second)):
        with pytest.raises(NotFound):
            await actions.remove(shelf, caller, attachment.id)
    await actions.remove(shelf, ada, first.id)
    assert on_disk(tmp_path) == [digest_of(DATA)]
    await actions.remove(shelf, bob, second.id)
    assert on_disk(tmp_path) == []
    with pytest.raises(NotFound):
        await actions.remove(shelf, bob, second.id)


async def test_who_adds_and_removes_the_same_at_once_never_has_a_row_without_its_content(
    shelf: Shelf, ada: Caller, bob: Caller, tmp_path: Path
) -> None:
    async def come_and_go(caller: Caller, number: int) -> None:
        chance = random.Random(number)
        for _ in range(8):
            attachment = await actions.add(shelf, caller, "a.txt", DATA)
            assert await shelf.blobs.get(digest_of(DATA)) == DATA
            await asyncio.sleep(chance.random() / 500)
            await actions.remove(shelf, caller, attachment.id)
            if chance.random() < 0.3:
                await shelf.sweep(clock.now())

    await asyncio.gather(*(come_and_go(caller, number) for number, caller in enumerate([ada, bob] * 3)))
    assert on_disk(tmp_path) == []


async def test_who_has_too_much_that_nothing_needs_is_refused_and_nothing_stays_of_it(
    shelf: Shelf, ada: Caller, bob: Caller, tmp_path: Path
) -> None:
    contents = [bytes([65 + number]) * 100_000 for number in range(6)]
    made = await asyncio.gather(
        *(actions.add(shelf, ada, "a.txt", each) for each in contents), return_exceptions=True
    )
    refused = [each for each in made if isinstance(each, AppError)]
    assert [(each.status, each.code) for each in refused] == [(429, "too_many_unused_attachments")] * 3
    assert len(on_disk(tmp_path)) == 3
    assert await actions.add(shelf, bob, "b.txt", contents[0])


async def test_what_nobody_uses_goes_after_a_day_and_what_is_used_with_its_comparison(
    shelf: Shelf, ada: Caller, tmp_path: Path
) -> None:
    now = clock.now()
    kept, left = png(note=b"kept"), png(note=b"left")
    comparison_id = await compared(shelf.database, ada)
    attachment = await actions.add(shelf, ada, "kept.png", kept)
    await actions.add(shelf, ada, "left.png", left)
    await used(shelf, comparison_id, await turn_of(shelf, comparison_id), attachment.id)
    with pytest.raises(AppError, match="A comparison has it"):
        await actions.remove(shelf, ada, attachment.id)
    assert await shelf.sweep(now) == 0
    assert len(on_disk(tmp_path)) == 2
    assert await shelf.sweep(now + LATER) == 1
    assert on_disk(tmp_path) == [digest_of(kept)]

    gone = await compared(shelf.database, ada, deleted_at=now)
    async with shelf.database.transaction() as db:
        await repository.add_uses(db, repository.uses(gone, await turn_of(shelf, gone), [attachment.id]))
    later = now + KEPT + LATER
    assert await Purger(shelf.database, shelf, lambda: later).purge() == 1
    assert on_disk(tmp_path) == [digest_of(kept)]  # the other comparison has it still
    async with shelf.database.transaction() as db:
        await db.execute(update(ComparisonRow).values(deleted_at=now))
    assert await Purger(shelf.database, shelf, lambda: later).purge() == 1
    assert on_disk(tmp_path) == []
    async with shelf.database.reading() as db:
        assert await repository.find(db, [attachment.id]) == {}
        assert await repository.unneeded(db) == []


async def test_who_begins_to_use_one_while_it_is_swept_has_it_or_is_told(shelf: Shelf, ada: Caller) -> None:
    comparison_id = await compared(shelf.database, ada)
    turn_id = await turn_of(shelf, comparison_id)
    for _ in range(10):
        attachment = await actions.add(shelf, ada, "a.txt", DATA)
        told, _ = await asyncio.gather(
            used(shelf, comparison_id, turn_id, attachment.id),
            shelf.sweep(clock.now() + LATER),
            return_exceptions=True,
        )
        async with shelf.database.reading() as db:
            there = await repository.find(db, [attachment.id])
        if told is None:
            assert attachment.id in there
            assert await shelf.blobs.get(digest_of(DATA)) == DATA
        else:
            assert isinstance(told, Invalid)
            assert there == {}


async def test_a_content_that_nobody_came_to_name_goes_when_it_is_old(
    shelf: Shelf, ada: Caller, tmp_path: Path
) -> None:
    await shelf.blobs.put(b"orphan")
    await actions.add(shelf, ada, "a.txt", DATA)
    await shelf.sweep(clock.now())
    assert len(on_disk(tmp_path)) == 2
    async with shelf.database.reading() as db:
        assert await repository.unknown(db, [digest_of(DATA), digest_of(b"orphan")]) == {digest_of(b"orphan")}
    await shelf.sweep(clock.now() + LATER)
    assert on_disk(tmp_path) == []


async def test_only_ones_own_can_be_named_and_each_once(shelf: Shelf, ada: Caller, bob: Caller) -> None:
    hers = (await actions.add(shelf, ada, "a.txt", DATA)).id
    his = (await actions.add(shelf, bob, "b.txt", DATA)).id
    async with shelf.database.reading() as db:
        assert [each.id for each in await actions.own(db, ada, [hers])] == [hers]
        with pytest.raises(Invalid) as invalid:
            await actions.own(db, ada, [hers, his, new_id(), hers])
    assert [each.field for each in invalid.value.details] == [
        "attachments.1",
        "attachments.2",
        "attachments.3",
    ]
