"""A past that never was: comparisons with lanes, turns, responses and the search index, written in bulk.

Nine in ten belong to one person, the others to fifty more. Words are drawn as languages draw them, a few very
often and most hardly ever; `half` is in every second answer, `needle` in five of all.

Of very many, the first four thousand are written, and the database copies them: the same people, models and
texts, at another time, with other keys, on other shelves of the search. One in five hundred stands alone, so
that what is rare is as rare as it is.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy import Table

from backend.comparisons import search_index
from backend.kit.columns import Base
from backend.kit.db import Database
from benchmarks.pasts import words
from benchmarks.pasts.bulk import Bulk, bulk_of
from benchmarks.pasts.copies import copied, kept_aside
from benchmarks.pasts.scribe import Page, Scribe


@dataclass(frozen=True, slots=True)
class Past:
    owner: UUID
    newcomer: UUID
    """Who has three comparisons among all these."""
    comparisons: tuple[UUID, ...]
    """The owner's, as they came."""
    words: tuple[str, ...]
    """The most frequent first."""


async def write_past(urls: Sequence[str], responses: int) -> Past:
    """The same into migrated, empty databases, at the same time."""
    scribes = [Scribe(responses) for _ in urls]
    await asyncio.gather(*map(_write_past, urls, scribes))
    scribe = scribes[0]
    return Past(scribe.people[0], scribe.people[-1], scribe.theirs(), scribe.vocabulary)


async def _write_past(url: str, scribe: Scribe) -> None:
    bulk = await bulk_of(url)
    try:
        await _write(bulk, url, scribe.everybody())
        originals: set[type[Base]] = set()
        for page in scribe.original():
            await _write(bulk, url, page)
            originals |= page.rows.keys()
        await _copy(bulk, scribe, [_table_of(row) for row in originals])
        for page in scribe.alone():
            await _write(bulk, url, page)
    finally:
        await bulk.close()


async def _write(bulk: Bulk, url: str, page: Page) -> None:
    for row, rows in page.rows.items():
        await bulk.write(_table_of(row), rows)
    database = Database.open(url)
    try:
        async with database.transaction() as db:
            await search_index.add(db, page.texts)
    finally:
        await database.close()


async def _copy(bulk: Bulk, scribe: Scribe, tables: Sequence[Table]) -> None:
    dialect = bulk.dialect
    if copies := list(scribe.copies()):
        await bulk.run(*(kept_aside(table) for table in tables), words.kept_aside(dialect))
    for block, copy in copies:
        await bulk.run(*(copied(table, copy, dialect) for table in tables))
        await bulk.run(*words.copied(block, copy.numbers["search_texts.number"], dialect))


def _table_of(row: type[Base]) -> Table:
    return cast("Table", row.__table__)
