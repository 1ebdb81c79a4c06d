"""What reports read: counters, never the ledger. The work grows with the days and months asked for."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    Table,
    Uuid,
    and_,
    bindparam,
    func,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from backend.kit.among import among
from backend.usage.counters import COUNTED
from backend.usage.counting import Sums
from backend.usage.entry import EVERYONE
from backend.usage.periods import Grain, Run, Span
from backend.usage.tables import COMPARISON_COUNTERS, MODEL_COUNTERS, PAYER_COUNTERS

DEAREST: Final = 50
"""So many comparisons are looked for in each day and month."""

_PAYER: Final = bindparam("payer", type_=Uuid())


@dataclass(frozen=True, slots=True)
class PackedTimes:
    sign: int
    model_id: str
    provider: str
    requests: int
    completed: int
    histograms: bytes


async def total(db: AsyncSession, payer: UUID, span: Span) -> Sums:
    found = await _sums(db, PAYER_COUNTERS, "payer_id", span, payer)
    return found.get(payer, Sums())


async def by_day(db: AsyncSession, payer: UUID, span: Span) -> Mapping[date, Sums]:
    table = PAYER_COUNTERS
    whose = (table.c.payer_id == payer, table.c.grain == "day", table.c.start.between(span.first, span.last))
    rows = await db.execute(select(table.c.start, *_columns(table)).where(*whose))
    return {start: _sums_of(figures) for start, *figures in rows}


async def by_user(db: AsyncSession, payer: UUID, span: Span) -> Mapping[UUID, Sums]:
    return await _sums(db, PAYER_COUNTERS, "payer_id", span, payer, users=payer == EVERYONE)


async def by_model(db: AsyncSession, payer: UUID, span: Span) -> Mapping[str, Sums]:
    return await _sums(db, MODEL_COUNTERS, "model_id", span, payer)


async def by_provider(db: AsyncSession, payer: UUID, span: Span) -> Mapping[str, Sums]:
    return await _sums(db, MODEL_COUNTERS, "provider", span, payer)


async def by_comparison(
    db: AsyncSession, payer: UUID, spans: Sequence[Span], comparison_ids: Collection[UUID]
) -> Sequence[Mapping[UUID, Sums]]:
    """One for each span. All there is of a comparison is few rows, so they are sorted out here."""
    table = COMPARISON_COUNTERS
    query = select(table.c.comparison_id, table.c.grain, table.c.start, *_columns(table))
    rows = (await db.execute(query.where(table.c.comparison_id.in_(comparison_ids), *_paid_by(payer)))).all()
    found: list[dict[UUID, Sums]] = []
    for span in spans:
        runs = span.runs()
        sums: dict[UUID, Sums] = {}
        for comparison_id, grain, start, *figures in rows:
            if any(run.grain == grain and run.first <= start <= run.last for run in runs):
                sums.setdefault(comparison_id, Sums()).add(_sums_of(figures))
        found.append(sums)
    return found


async def dearest_comparisons(db: AsyncSession, payer: UUID, span: Span) -> Sequence[UUID]:
    """Exact within each day or month that the span is made of. What stays below the first fifty in every one
    of them is not found; so nothing has to be added up for all comparisons there ever were.
    """
    periods = [(run.grain, start) for run in span.runs() for start in run.starts()]
    given: dict[str, object] = {"payer": payer}
    for number, (grain, start) in enumerate(periods):
        given |= {f"grain_{number}": grain, f"start_{number}": start}
    return (await db.scalars(_dearest(len(periods), everyones=payer == EVERYONE), given)).all()


@lru_cache(maxsize=256)  # to build it takes as long as to ask it
def _dearest(periods: int, *, everyones: bool) -> Select[UUID]:
    table = COMPARISON_COUNTERS
    whose = () if everyones else (table.c.user_id == _PAYER,)
    tops = [
        select(
            select(table.c.comparison_id, table.c.cost)
            .where(
                table.c.grain == bindparam(f"grain_{number}"),
                table.c.start == bindparam(f"start_{number}"),
                *whose,
            )
            .order_by(table.c.cost.desc())
            .limit(DEAREST)
            .subquery()
        )
        for number in range(periods)
    ]
    top = union_all(*tops).subquery()
    costs = func.sum(top.c.cost)
    return select(top.c.comparison_id).group_by(top.c.comparison_id).order_by(costs.desc()).limit(DEAREST)


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
    """By model and period, not yet added up; some with a sign that takes them away."""
    runs = span.shortest()
    given = _given(payer, runs) | {"models": list(model_ids or ())}
    rows = await db.execute(_timing(len(runs), some=model_ids is not None), given)
    return [PackedTimes(*row) for row in rows]


@cache
def _timing(runs: int, *, some: bool) -> Select[*tuple[Any, ...]]:
    table = MODEL_COUNTERS
    columns = (table.c.model_id, table.c.provider, table.c.requests, table.c.completed, table.c.histograms)
    whose = (table.c.payer_id == _PAYER, *((among(table.c.model_id, "models"),) if some else ()))
    return select(
        _together(
            select(_sign(number), *columns).where(*whose, *_in(table, number)) for number in range(runs)
        )
    )


async def _sums(
    db: AsyncSession, table: Table, key: str, span: Span, payer: UUID, *, users: bool = False
) -> Mapping[Any, Sums]:
    """With `users`, of all who pay but this one, who is everyone."""
    runs = span.shortest()
    rows = await db.execute(_summing(table, key, len(runs), users=users), _given(payer, runs))
    return {name: _sums_of(figures) for name, *figures in rows}


@cache  # to build it takes as long as to ask it
def _summing(table: Table, key: str, runs: int, *, users: bool) -> Select[*tuple[Any, ...]]:
    whose = table.c.payer_id != _PAYER if users else table.c.payer_id == _PAYER
    parts = _together(
        select(_sign(number).label("sign"), table.c[key], *_columns(table)).where(whose, *_in(table, number))
        for number in range(runs)
    )
    signed = [func.sum(type_coerce(parts.c.sign * parts.c[each.name], each.type)) for each in _columns(table)]
    return select(parts.c[key], *signed).group_by(parts.c[key]).having(signed[0] > 0)


def _given(payer: UUID, runs: Sequence[Run]) -> dict[str, object]:
    given: dict[str, object] = {"payer": payer}
    for number, run in enumerate(runs):
        given |= {
            f"sign_{number}": run.sign,
            f"grain_{number}": run.grain,
            f"first_{number}": run.first,
            f"last_{number}": run.last,
        }
    return given


def _sign(number: int) -> BindParameter[int]:
    return bindparam(f"sign_{number}", type_=Integer)


def _in(table: Table, number: int) -> Sequence[ColumnElement[bool]]:
    return (
        table.c.grain == bindparam(f"grain_{number}"),
        table.c.start.between(bindparam(f"first_{number}"), bindparam(f"last_{number}")),
    )


def _together(selects: Iterable[Select[Any]]) -> Subquery:
    """Days and months each by a select: in one condition they are not always looked up where they lie."""
    return union_all(*selects).subquery()


def _paid_by(payer: UUID) -> Sequence[ColumnElement[bool]]:
    return () if payer == EVERYONE else (COMPARISON_COUNTERS.c.user_id == payer,)


def _columns(table: Table) -> Sequence[Any]:
    return [table.c[name] for name in COUNTED]


def _sums_of(figures: Sequence[Any]) -> Sums:
    """PostgreSQL adds whole numbers up to decimals."""
    requests, completed, input_tokens, output_tokens, cost, unknown_costs = figures
    return Sums(
        int(requests), int(completed), int(input_tokens), int(output_tokens), cost, int(unknown_costs)
    )
