"""What reports read: counters, never the ledger. The work grows with the days and months asked for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, func, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from backend.usage.counters import COUNTED
from backend.usage.counting import Sums
from backend.usage.entry import EVERYONE
from backend.usage.periods import Grain, Run, Span
from backend.usage.tables import COMPARISON_COUNTERS, MODEL_COUNTERS, PAYER_COUNTERS

Key = TypeVar("Key")

DEAREST: Final = 100
"""So many comparisons are looked for in each day and month."""


@dataclass(frozen=True, slots=True)
class PackedTimes:
    model_id: str
    provider: str
    requests: int
    completed: int
    histograms: bytes


async def total(db: AsyncSession, payer: UUID, span: Span) -> Sums:
    found = await _sums(db, PAYER_COUNTERS, "payer_id", span, PAYER_COUNTERS.c.payer_id == payer)
    return found.get(payer, Sums())


async def by_day(db: AsyncSession, payer: UUID, span: Span) -> Mapping[date, Sums]:
    table = PAYER_COUNTERS
    whose = _in(table, Run("day", span.first, span.last), table.c.payer_id == payer)
    rows = await db.execute(select(table.c.start, *_columns(table)).where(whose))
    return {start: _sums_of(figures) for start, *figures in rows}


async def by_user(db: AsyncSession, payer: UUID, span: Span) -> Mapping[UUID, Sums]:
    column = PAYER_COUNTERS.c.payer_id
    whose = column != EVERYONE if payer == EVERYONE else column == payer
    return await _sums(db, PAYER_COUNTERS, "payer_id", span, whose)


async def by_model(db: AsyncSession, payer: UUID, span: Span) -> Mapping[str, Sums]:
    return await _sums(db, MODEL_COUNTERS, "model_id", span, MODEL_COUNTERS.c.payer_id == payer)


async def by_provider(db: AsyncSession, payer: UUID, span: Span) -> Mapping[str, Sums]:
    return await _sums(db, MODEL_COUNTERS, "provider", span, MODEL_COUNTERS.c.payer_id == payer)


async def by_comparison(
    db: AsyncSession, payer: UUID, span: Span, comparison_ids: Collection[UUID]
) -> Mapping[UUID, Sums]:
    table = COMPARISON_COUNTERS
    whose = and_(table.c.comparison_id.in_(comparison_ids), *_paid_by(table, payer))
    return await _sums(db, table, "comparison_id", span, whose)


async def dearest_comparisons(db: AsyncSession, payer: UUID, span: Span) -> Sequence[UUID]:
    """Exact within each day or month that the span is made of. What stays below the first hundred in every
    one of them is not found; so nothing has to be added up for all comparisons there ever were.
    """
    table = COMPARISON_COUNTERS
    tops = [
        select(
            select(table.c.comparison_id, table.c.cost)
            .where(table.c.grain == run.grain, table.c.start == start, *_paid_by(table, payer))
            .order_by(table.c.cost.desc())
            .limit(DEAREST)
            .subquery()
        )
        for run in span.runs()
        for start in run.starts()
    ]
    top = union_all(*tops).subquery()
    costs = func.sum(top.c.cost)
    dearest = select(top.c.comparison_id).group_by(top.c.comparison_id).order_by(costs.desc()).limit(DEAREST)
    return (await db.scalars(dearest)).all()


async def spent(
    db: AsyncSession, payers: Collection[UUID] | None, starts: Mapping[Grain, date]
) -> Mapping[tuple[UUID, Grain], Sums]:
    """In the day and the month that begin then; by all who pay, without `payers`."""
    table = PAYER_COUNTERS
    now = or_(*(and_(table.c.grain == grain, table.c.start == start) for grain, start in starts.items()))
    query = select(table.c.payer_id, table.c.grain, *_columns(table)).where(now)
    if payers is not None:
        query = query.where(table.c.payer_id.in_(payers))
    rows = await db.execute(query)
    return {(payer, cast("Grain", grain)): _sums_of(figures) for payer, grain, *figures in rows}


async def times(
    db: AsyncSession, payer: UUID, span: Span, model_ids: Collection[str] | None = None
) -> Sequence[PackedTimes]:
    """By model and period, not yet added up."""
    table = MODEL_COUNTERS
    columns = (table.c.model_id, table.c.provider, table.c.requests, table.c.completed, table.c.histograms)
    found: list[PackedTimes] = []
    for run in span.runs():
        query = select(*columns).where(_in(table, run, table.c.payer_id == payer))
        if model_ids is not None:
            query = query.where(table.c.model_id.in_(model_ids))
        found += [PackedTimes(*row) for row in await db.execute(query)]
    return found


async def _sums(
    db: AsyncSession, table: Table, key: str, span: Span, whose: ColumnElement[bool]
) -> Mapping[Any, Sums]:
    column = table.c[key]
    parts = or_(*(_in(table, run, whose) for run in span.runs()))
    added = (func.sum(each) for each in _columns(table))
    rows = await db.execute(select(column, *added).where(parts).group_by(column))
    return {name: _sums_of(figures) for name, *figures in rows}


def _in(table: Table, run: Run, whose: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(whose, table.c.grain == run.grain, table.c.start.between(run.first, run.last))


def _paid_by(table: Table, payer: UUID) -> Sequence[ColumnElement[bool]]:
    return () if payer == EVERYONE else (table.c.user_id == payer,)


def _columns(table: Table) -> Sequence[Any]:
    return [table.c[name] for name in COUNTED]


def _sums_of(figures: Sequence[Any]) -> Sums:
    """PostgreSQL adds whole numbers up to decimals."""
    requests, completed, input_tokens, output_tokens, cost, unknown_costs = figures
    return Sums(
        int(requests), int(completed), int(input_tokens), int(output_tokens), cost, int(unknown_costs)
    )
