"""Everything that the database has of a soak, read once, for pure functions to judge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, Table, exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

import backend
from backend.comparisons.tables import ChunkRow, ComparisonRow, ResponseRow, SearchTextRow, TurnRow
from backend.kit.columns import Base
from backend.kit.db import Database
from backend.usage.tables import (
    COMPARISON_COUNTERS,
    LEDGER,
    MODEL_COUNTERS,
    PAYER_COUNTERS,
    ReservationRow,
)

Row = Mapping[str, Any]
Rows = Sequence[Row]

# References that no foreign key guards.
_ALSO: Final = (
    ("turns.chosen_response_id", "responses.id"),
    ("ledger.response_id", "responses.id"),
    ("ledger.comparison_id", "comparisons.id"),
    ("ledger.user_id", "users.id"),
    ("comparison_counters.comparison_id", "comparisons.id"),
    ("search_places.comparison_id", "comparisons.id"),
)


@dataclass(frozen=True, slots=True)
class Facts:
    responses: Mapping[UUID, Row]
    comparisons: Mapping[UUID, Row]
    turns: Mapping[UUID, Row]
    ledger: Rows
    payer_counters: Rows
    model_counters: Rows
    comparison_counters: Rows
    chunks: int
    reservations: int
    indexed: frozenset[UUID]
    """Titles, prompts and answers that can be searched."""
    orphans: Mapping[str, int]
    """Rows that refer to nothing, by the column that refers."""
    integrity: tuple[str, ...]
    """What the database says of itself; nothing: it was not asked."""


async def facts_of(url: str) -> Facts:
    """The server may still have it open: nothing is written."""
    for tables in Path(backend.__file__).parent.glob("*/tables.py"):
        import_module(f"backend.{tables.parent.name}.tables")
    database = Database.looking(url)
    try:
        async with database.reading() as db:
            return await _read(db, database.name)
    finally:
        await database.close()


async def _read(db: AsyncSession, kind: str) -> Facts:
    integrity: tuple[str, ...] = ()
    if kind == "sqlite":
        integrity = tuple(await db.scalars(text("PRAGMA integrity_check")))
    return Facts(
        responses=await _by_id(db, Base.metadata.tables[ResponseRow.__tablename__]),
        comparisons=await _by_id(db, Base.metadata.tables[ComparisonRow.__tablename__]),
        turns=await _by_id(db, Base.metadata.tables[TurnRow.__tablename__]),
        ledger=await _all(db, LEDGER),
        payer_counters=await _all(db, PAYER_COUNTERS),
        model_counters=await _all(db, MODEL_COUNTERS),
        comparison_counters=await _all(db, COMPARISON_COUNTERS),
        chunks=await _count(db, Base.metadata.tables[ChunkRow.__tablename__]),
        reservations=await _count(db, Base.metadata.tables[ReservationRow.__tablename__]),
        indexed=frozenset(await db.scalars(select(SearchTextRow.ref))),
        orphans=await _orphans(db),
        integrity=integrity,
    )


async def _all(db: AsyncSession, table: Table) -> Rows:
    return [dict(row) for row in (await db.execute(select(table))).mappings()]


async def _by_id(db: AsyncSession, table: Table) -> dict[UUID, Row]:
    return {row["id"]: row for row in await _all(db, table)}


async def _count(db: AsyncSession, table: Table) -> int:
    return (await db.execute(select(func.count()).select_from(table))).scalar_one()


async def _orphans(db: AsyncSession) -> dict[str, int]:
    counts = {}
    for child, parent in _references():
        other = parent.table.alias()
        lost = child.is_not(None) & ~exists().where(other.c[parent.name] == child)
        query = select(func.count()).select_from(child.table).where(lost)
        counts[f"{child.table.name}.{child.name}"] = (await db.execute(query)).scalar_one()
    return counts


def _references() -> list[tuple[Column[Any], Column[Any]]]:
    tables = Base.metadata.tables
    found = [(key.parent, key.column) for table in tables.values() for key in table.foreign_keys]
    for child, parent in _ALSO:
        (one, column), (other, key) = child.split("."), parent.split(".")
        found.append((tables[one].c[column], tables[other].c[key]))
    return found
