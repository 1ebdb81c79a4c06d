from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Select, insert, text, update
from sqlalchemy import select as sql
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts import users
from backend.accounts.callers import Caller
from backend.comparisons.access import (
    access_column,
    access_to,
    names_of,
    newest_for,
    require,
    somebody_like,
    visible_to,
)
from backend.comparisons.share_schemas import Level
from backend.comparisons.tables import ComparisonRow, ShareRow
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.errors import AppError, NotFound
from backend.rooms.protocol import Access
from tests.comparisons.shares.neighbours import HOUR, comparison, comparison_row, give, guest_of, link, person

IDS = sql(ComparisonRow.id)


async def far(db: AsyncSession, caller: Caller, comparison_id: UUID) -> Access | None:
    try:
        return await access_to(db, caller, comparison_id)
    except NotFound:
        return None


async def page(db: AsyncSession, caller: Caller, *args: int, query: Any = IDS) -> list[tuple[UUID, str]]:
    return [(row.id, row.access) for row in await db.execute(newest_for(caller, query, *args))]


async def test_everybody_goes_as_far_as_they_were_let(database: Database) -> None:
    async with database.transaction() as db:
        ada, eve, vic, ed = [await person(db, name) for name in ("ada", "eve", "vic", "ed")]
        hers, other = await comparison(db, ada), await comparison(db, eve)
        await give(db, hers, vic, "viewer", clock.now() + HOUR)
        await give(db, other, vic, "commenter", clock.now() - HOUR)
        await give(db, hers, ed, "editor")
        guest = guest_of((await link(db, hers, "commenter"))[0])
        late = guest_of((await link(db, hers, "viewer", clock.now() - HOUR))[0])
        everybody = (ada.caller, eve.caller, vic.caller, ed.caller, guest, late)
        found = [(await far(db, each, hers), await far(db, each, other)) for each in everybody]
    assert found == [
        ("owner", None),
        (None, "owner"),
        ("viewer", None),
        ("editor", None),
        ("commenter", None),
        (None, None),
    ]


@pytest.mark.parametrize(("level", "passes"), [("viewer", 1), ("commenter", 2), ("editor", 3)])
async def test_who_goes_far_enough_passes(database: Database, level: Level, passes: int) -> None:
    async with database.transaction() as db:
        ada, vic = await person(db, "ada"), await person(db, "vic")
        hers = await comparison(db, ada)
        await give(db, hers, vic, level)
        ladder: tuple[Access, ...] = ("viewer", "commenter", "editor", "owner")
        for step, least in enumerate(ladder):
            assert await require(db, ada.caller, hers, least) == "owner"
            if step < passes:
                assert await require(db, vic.caller, hers, least) == level
            else:
                with pytest.raises(AppError, match="not change it") as refused:
                    await require(db, vic.caller, hers, least)
                assert refused.value.status == 403


async def test_what_was_deleted_is_there_for_nobody(database: Database) -> None:
    async with database.transaction() as db:
        ada, vic = await person(db, "ada"), await person(db, "vic")
        hers = await comparison(db, ada)
        await give(db, hers, vic, "editor")
        guest = guest_of((await link(db, hers, "viewer"))[0])
        await db.execute(update(ComparisonRow).values(deleted_at=clock.now()))
        for caller in (ada.caller, vic.caller, guest):
            assert await far(db, caller, hers) is None
            assert await page(db, caller, 10) == []


async def test_a_share_of_a_person_and_a_link_are_not_taken_for_each_other(database: Database) -> None:
    """A guest goes by the id of a share: that of a person opens nothing, and no user has one."""
    async with database.transaction() as db:
        ada, vic = await person(db, "ada"), await person(db, "vic")
        hers = await comparison(db, ada)
        share = await give(db, hers, vic, "editor")
        assert await far(db, guest_of(share), hers) is None
        link_share, _ = await link(db, hers, "viewer")
        assert await far(db, Caller(link_share.id, "", "member", "token"), hers) is None


async def test_guests_go_when_the_owner_is_shut_out_and_others_stay(database: Database) -> None:
    async with database.transaction() as db:
        ada, vic = await person(db, "ada"), await person(db, "vic")
        hers = await comparison(db, ada)
        await give(db, hers, vic, "viewer")
        guest = guest_of((await link(db, hers, "viewer"))[0])
        await users.change(db, ada.id, disabled_at=clock.now())
        assert (await far(db, guest, hers), await far(db, vic.caller, hers)) == (None, "viewer")


async def test_a_list_holds_ones_own_and_what_was_shared_newest_first(database: Database) -> None:
    async with database.transaction() as db:
        ada, vic = await person(db, "ada"), await person(db, "vic")
        made = [await comparison(db, each) for each in (ada, vic, ada, ada, vic, ada)]
        await give(db, made[0], vic, "viewer")
        await give(db, made[2], vic, "editor")
        await give(db, made[3], vic, "viewer", clock.now() - HOUR)
        guest_share, _ = await link(db, made[2], "commenter")
        mine = [(made[4], "owner"), (made[2], "editor"), (made[1], "owner"), (made[0], "viewer")]
        assert await page(db, vic.caller, 10) == mine
        pages = [await page(db, vic.caller, 2, offset) for offset in (0, 2, 4)]
        assert pages == [mine[:2], mine[2:], []]
        after = IDS.where(ComparisonRow.id < made[4])
        assert await page(db, vic.caller, 2, query=after) == mine[1:3]
        assert await page(db, guest_of(guest_share), 10) == [(made[2], "commenter")]
        assert [access for _, access in await page(db, ada.caller, 10)] == ["owner"] * 4
        seen = await db.execute(
            sql(ComparisonRow.id, access_column(vic.caller).label("access")).where(visible_to(vic.caller))
        )
        assert sorted(row[:] for row in seen) == sorted(mine)


async def test_a_statement_that_is_built_once_asks_who_it_is_and_what_time_it_is(database: Database) -> None:
    async with database.transaction() as db:
        ada, vic = await person(db, "ada"), await person(db, "vic")
        hers = await comparison(db, ada)
        guest = guest_of((await link(db, hers, "viewer"))[0])
        await give(db, hers, vic, "viewer")
        for caller, access in ((ada.caller, "owner"), (vic.caller, "viewer"), (guest, "viewer")):
            statement = newest_for(somebody_like(caller), IDS, 10)
            assert (await db.execute(statement, names_of(caller))).all() == [(hers, access)]
            with pytest.raises(StatementError, match="is required"):
                await db.execute(statement)
        statement = newest_for(somebody_like(vic.caller), IDS, 10)
        assert len((await db.execute(statement, names_of(vic.caller))).all()) == 1
        await db.execute(update(ShareRow).values(expires_at=clock.now()))
        assert (await db.execute(statement, names_of(vic.caller))).all() == []


async def _many(db: AsyncSession) -> tuple[Caller, Caller, UUID]:
    """Enough for a planner to look for a way: nearly all are Ada's, a few Vic's, one is shared with him."""
    ada, vic = await person(db, "ada"), await person(db, "vic")
    made = [comparison_row(vic if number % 400 == 0 else ada) for number in range(2000)]
    await db.execute(insert(ComparisonRow), made)
    shared: UUID = made[len(made) // 2]["id"]
    await give(db, shared, vic, "viewer")
    share, _ = await link(db, shared, "viewer")
    await db.execute(text("ANALYZE"))
    return vic.caller, guest_of(share), shared


async def _plan(db: AsyncSession, query: Any) -> list[str]:
    sqlite = db.get_bind().dialect.name == "sqlite"
    compiled = query.compile(db.get_bind(), compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
    steps = await db.execute(text(explain + str(compiled).replace(":", "\\:")))
    return [str(step[-1]) for step in steps]


def _walks(plan: Sequence[str]) -> list[str]:
    """Steps that go through all comparisons, in whatever order."""
    return [
        step
        for step, following in zip(plan, [*plan[1:], ""], strict=True)
        if "SCAN comparisons" in step
        or ("Scan" in step and " on comparisons" in step and "Index Cond" not in following)
    ]


async def test_no_way_to_a_comparison_goes_through_all_of_them(database: Database) -> None:
    async with database.transaction() as db:
        vic, guest, one = await _many(db)
    async with database.reading() as db:
        for caller in (vic, guest):
            named: Select[*tuple[Any, ...]] = IDS.where(ComparisonRow.id == one, visible_to(caller))
            for query in (named, newest_for(caller, IDS, 20), newest_for(caller, IDS, 20, 100)):
                plan = await _plan(db, query)
                assert plan
                assert _walks(plan) == [], plan
        assert _walks(await _plan(db, IDS)) != []  # one would be seen
