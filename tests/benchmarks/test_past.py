"""A past that the database copied is as one that was written: nothing is there twice, nothing is missing."""

from random import Random

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.comparisons import search
from backend.comparisons.history import Filters, listed, searched
from backend.comparisons.history_items import hits_of
from backend.comparisons.search import BEYOND, PLACES
from backend.comparisons.tables import ComparisonRow, LaneRow, ResponseRow, SearchTextRow, TagRow, TurnRow
from backend.comparisons.words import terms_of
from backend.kit.columns import Base
from backend.kit.db import Database
from backend.kit.ids import created_at
from benchmarks.history import questions
from benchmarks.pasts.past import Past, write_past
from benchmarks.pasts.scribe import BLOCK, LANES, NEEDLE, RARE_TAG

COMPARISONS = 2 * BLOCK + 40
ALL = 1_000_000
PATIENT = 60.0


async def found(db: AsyncSession, past: Past, words: str, limit: int = ALL) -> list[str]:
    """The texts in which they are, newest first."""
    caller, terms = Caller(past.owner, "", "member", "token"), terms_of(words)
    hits = await searched(db, caller, Filters(), terms, BEYOND, limit, patience=PATIENT)
    assert list(hits.ids) == sorted(hits.ids, reverse=True)
    shown = await hits_of(db, terms, {key: hits.numbers[key] for key in hits.ids})
    return [hit.text for key in hits.ids for hit in shown[key]]


async def is_whole(db: AsyncSession) -> None:
    """Everything that refers to something refers to what is there."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            for key in column.foreign_keys:
                there = select(key.column).where(key.column == column).correlate(table).exists()
                lost = select(func.count()).select_from(table).where(column.is_not(None), ~there)
                assert await db.scalar(lost) == 0, f"{table.name}.{column.name}"
    if db.get_bind().dialect.name == "sqlite":
        assert (await db.execute(text("PRAGMA foreign_key_check"))).all() == []
        assert await db.scalar(text("PRAGMA integrity_check")) == "ok"
        return
    idle = "SELECT count(*) FROM pg_index WHERE NOT (indisready AND indisvalid)"
    assert await db.scalar(text(idle)) == 0


async def test_a_copied_past_is_whole_in_order_and_found(database_url: str) -> None:
    past = await write_past([database_url], COMPARISONS * LANES)
    database = Database.open(database_url)
    try:
        async with database.reading() as db:
            for row, each in {ComparisonRow: 1, TurnRow: 1, LaneRow: LANES, ResponseRow: LANES}.items():
                assert await db.scalar(select(func.count()).select_from(row)) == COMPARISONS * each
            await is_whole(db)
            rare = select(func.count()).select_from(TagRow).where(TagRow.tag == RARE_TAG)
            assert await db.scalar(rare) == 5
            assert len(await found(db, past, NEEDLE)) == 5
            await in_order(db, past)
            await copies_are_found(db, past)
        for ask in questions(database, past).values():
            await ask(Random(1))
        await forgotten(database, past)
    finally:
        await database.close()


async def in_order(db: AsyncSession, past: Past) -> None:
    caller = Caller(past.owner, "", "member", "token")
    page = await listed(db, caller, Filters(), None, ALL)
    assert list(page.ids) == list(past.comparisons[::-1])
    made = await db.execute(select(ComparisonRow.id, ComparisonRow.created_at))
    assert all(created_at(key) == at for key, at in made)
    newcomers = await listed(db, Caller(past.newcomer, "", "member", "token"), Filters(), None, ALL)
    assert len(newcomers.ids) == 3


async def copies_are_found(db: AsyncSession, past: Past) -> None:
    """What one of them says is said in the other block too, and found in both."""
    query = select(ResponseRow.text).where(ResponseRow.comparison_id == past.comparisons[100])
    said = (await db.scalars(query)).all()[0]
    texts = await found(db, past, f'"{said}"')
    assert len(texts) == 2
    shelves = await search.shelves_of(db, past.owner)
    assert len(shelves) == 1 + COMPARISONS // PLACES


async def forgotten(database: Database, past: Past) -> None:
    """The index takes out what was put into it by a copy."""
    for key in past.comparisons[100], past.comparisons[-1000]:
        async with database.transaction() as db:
            query = select(ResponseRow.text).where(ResponseRow.comparison_id == key)
            said = (await db.scalars(query)).all()[0]
            before = await amount(db), len(await found(db, past, f'"{said}"'))
            await search.forget(db, [key])
            after = await amount(db), len(await found(db, past, f'"{said}"'))
            assert before == (after[0] + LANES + 2, after[1] + 1)


async def amount(db: AsyncSession) -> int:
    return await db.scalar(select(func.count()).select_from(SearchTextRow)) or 0
