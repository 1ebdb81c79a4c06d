from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace
from sqlalchemy import func, select

from backend.comparisons.copying import branch_of, copy_of, store_copy
from backend.comparisons.export.archive import Archive, archived, read
from backend.comparisons.importing import checked
from backend.comparisons.tables import ComparisonRow, TurnRow
from backend.kit.db import Database
from backend.kit.errors import AppError, Invalid
from tests.accounts.people import somebody
from tests.comparisons.export.example import EXAMPLE, NOW
from tests.support.archives import archives, content, document_of

a_few = settings(
    deadline=None,
    max_examples=15,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


async def owner_in(database: Database) -> UUID:
    async with database.transaction() as db:
        known = await db.scalar(select(func.max(ComparisonRow.owner_id)))
    return known or (await somebody(database)).id


async def imported(database: Database, archive: Archive, owner_id: UUID) -> Archive:
    return await stored(database, copy_of(checked(document_of(archive, NOW)), owner_id, NOW, imported=True))


async def stored(database: Database, copy) -> Archive:
    async with database.transaction() as db:
        key = await store_copy(db, copy)
    return await looked_at(database, key)


async def looked_at(database: Database, key: UUID) -> Archive:
    async with database.reading() as db:
        return archived(await read(db, key))


async def test_what_was_exported_comes_back_with_the_same_content(database: Database) -> None:
    owner_id = (await somebody(database)).id

    @a_few
    @given(archives())
    def law(archive: Archive) -> None:
        drawn.append(archive)

    drawn: list[Archive] = []
    law()
    for archive in drawn:
        back = await imported(database, archive, owner_id)
        assert content(back) == content(archive)
        assert back.owner_id == owner_id
        ids = {each.id for each in (*archive.lanes, *archive.turns)}
        assert ids.isdisjoint(each.id for each in (*back.lanes, *back.turns))
        again = await imported(database, back, owner_id)
        assert content(again) == content(back)
