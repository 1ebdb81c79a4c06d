"""What one group commit writes: new text, ended responses with their ledger rows and totals, turns that end.

A handful of statements however many streams there are, and nothing twice when it is written again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, case, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.comparisons import search
from backend.comparisons.batch import Batch, Ending, TurnEnd
from backend.comparisons.recording import Unsaved
from backend.comparisons.search import Document
from backend.comparisons.tables import CHUNKS, COMPARISONS, RESPONSES, TURNS
from backend.kit import clock
from backend.kit.among import among
from backend.kit.columns import Money
from backend.kit.upsert import adding, dialect_of
from backend.providers.usage import Usage
from backend.rooms.snapshot import ComparisonStatus, Totals
from backend.usage import budgets, ledger
from backend.usage.budget import Crossing
from backend.usage.entry import Entry, Timing

_NOTHING: Final = Decimal(0)

# All of them are built once: that takes longer than what they do.
_UNFINISHED: Final = RESPONSES.c.status.in_(("pending", "streaming"))
_STARTING: Final = (
    update(RESPONSES)
    .where(RESPONSES.c.id == bindparam("its_id"), RESPONSES.c.status == "pending")
    .values(status="streaming", started_at=bindparam("at"))
)
_RUNNING: Final = select(RESPONSES.c.id).where(among(RESPONSES.c.id, "ids"), _UNFINISHED).with_for_update()
_FORGETTING: Final = delete(CHUNKS).where(among(CHUNKS.c.response_id, "ids"))
# Its columns are those that the rows name.
_ENDING: Final = update(RESPONSES).where(RESPONSES.c.id == bindparam("its_id"))
_ADDING_UP: Final = (
    update(COMPARISONS)
    .where(COMPARISONS.c.id == bindparam("its_id"))
    .values(
        total_tokens=COMPARISONS.c.total_tokens + bindparam("tokens"),
        total_cost=COMPARISONS.c.total_cost + bindparam("cost", type_=Money()),
        unknown_costs=COMPARISONS.c.unknown_costs + bindparam("unknown"),
        response_count=COMPARISONS.c.response_count + bindparam("ended"),
        completed_count=COMPARISONS.c.completed_count + bindparam("completed"),
        completed_ms=COMPARISONS.c.completed_ms + bindparam("ms"),
    )
)
_TURN_ENDING: Final = update(TURNS).where(TURNS.c.id == bindparam("its_id")).values(ended_at=bindparam("at"))
_LOCKING: Final = select(COMPARISONS.c.id).where(among(COMPARISONS.c.id, "ids")).with_for_update()
_ITS_LATEST_TURN: Final = (
    select(TURNS.c.id)
    .where(TURNS.c.comparison_id == COMPARISONS.c.id, TURNS.c.started_at.is_not(None))
    .order_by(TURNS.c.number.desc())
    .limit(1)
    .correlate(COMPARISONS)  # two levels up, where it is not found by itself
    .scalar_subquery()
)
_CLOSING: Final = (
    update(COMPARISONS)
    .where(
        among(COMPARISONS.c.id, "ids"),
        ~exists().where(RESPONSES.c.comparison_id == COMPARISONS.c.id, _UNFINISHED),
    )
    .values(
        status=case(
            (
                exists().where(RESPONSES.c.turn_id == _ITS_LATEST_TURN, RESPONSES.c.status == "completed"),
                "completed",
            ),
            else_="failed",
        )
    )
)
_ANSWERED: Final = (
    select(RESPONSES.c.turn_id)
    .where(among(RESPONSES.c.turn_id, "ids"), RESPONSES.c.status == "completed")
    .distinct()
)
_TOTALS: Final = select(
    COMPARISONS.c.id,
    COMPARISONS.c.status,
    COMPARISONS.c.total_tokens,
    COMPARISONS.c.total_cost,
    COMPARISONS.c.unknown_costs,
    COMPARISONS.c.response_count,
    COMPARISONS.c.completed_count,
    COMPARISONS.c.completed_ms,
).where(among(COMPARISONS.c.id, "ids"))


@dataclass(frozen=True, slots=True)
class Written:
    totals: Mapping[UUID, Totals]
    """Of every comparison in which something has ended."""
    answered: frozenset[UUID]
    """Of the turns that have ended, those with an answer."""
    crossings: Sequence[Crossing] = ()
    """Of budgets."""
    refused: frozenset[UUID] = frozenset()
    """Responses whose end could not be written, and never will be."""


async def write(db: AsyncSession, batch: Batch) -> Written:
    await _start(db, batch.started)
    await _append(db, batch.unsaved)
    ended = await _end(db, batch.endings)
    answered = await _close_turns(db, batch.turn_ends)
    totals = await totals_of(db, batch.comparison_ids)
    payers = {each.payer.user_id for each in ended}
    crossings = await budgets.crossed(db, payers, clock.now()) if payers else ()
    await search.remember(db, [_document(each) for each in ended if each.text])
    return Written(totals, answered, crossings)


async def totals_of(db: AsyncSession, comparison_ids: Iterable[UUID]) -> dict[UUID, Totals]:
    ids = list(comparison_ids)
    rows = await db.execute(_TOTALS, {"ids": ids}) if ids else ()
    return {row.id: totals_from(row) for row in rows}


def totals_from(row: Any) -> Totals:
    """Of any row that has a comparison's columns of numbers."""
    return Totals(
        status=cast("ComparisonStatus", row.status),
        total_tokens=row.total_tokens,
        total_cost=float(row.total_cost),
        unknown_costs=row.unknown_costs,
        average_response_time=row.completed_ms / row.completed_count if row.completed_count else None,
        response_count=row.response_count,
        completed_count=row.completed_count,
    )


async def _start(db: AsyncSession, started: Mapping[UUID, datetime]) -> None:
    if started:
        await db.execute(_STARTING, [{"its_id": key, "at": at} for key, at in started.items()])


async def _append(db: AsyncSession, unsaved: Sequence[tuple[UUID, Unsaved]]) -> None:
    if unsaved:
        rows = [
            {"response_id": key, "number": each.number, "text": each.text, "reasoning": each.reasoning}
            for key, each in unsaved
        ]
        await db.execute(adding(dialect_of(db), CHUNKS), rows)


async def _end(db: AsyncSession, endings: Sequence[Ending]) -> Sequence[Ending]:
    """Those that are on the record already are passed by: a commit that failed may have been one."""
    if not endings:
        return ()
    ids = [each.identity.response_id for each in endings]
    unfinished = set(await db.scalars(_RUNNING, {"ids": ids}))
    await db.execute(_FORGETTING, {"ids": ids})
    fresh = [each for each in endings if each.identity.response_id in unfinished]
    if not fresh:
        return ()
    await db.execute(_ENDING, [_columns(each) for each in fresh])
    await _add_up(db, fresh)
    await ledger.append(db, [_entry(each, each.account.usage) for each in fresh if each.account.usage])
    return fresh


def _columns(ending: Ending) -> dict[str, Any]:
    closed, account = ending.closed, ending.account
    return {
        "its_id": ending.identity.response_id,
        "status": closed.status,
        "text": ending.text,
        "reasoning": ending.reasoning,
        "error_kind": closed.kind,
        "error_message": closed.message,
        "retry_after": closed.retry_after,
        "metrics": msgspec.to_builtins(account.metrics),
        "cost": account.cost.amount,
        "price": None if account.price is None else msgspec.to_builtins(account.price),
        "retries": msgspec.to_builtins(ending.retries),
        "timeline": ending.timeline,
        "ended_at": ending.ended_at,
    }


async def _add_up(db: AsyncSession, endings: Sequence[Ending]) -> None:
    sums: dict[UUID, dict[str, Any]] = defaultdict(
        lambda: {"tokens": 0, "cost": _NOTHING, "unknown": 0, "ended": 0, "completed": 0, "ms": 0}
    )
    for ending in endings:
        added, account = sums[ending.identity.comparison_id], ending.account
        metrics = account.metrics
        added["tokens"] += metrics.total_tokens or 0
        added["cost"] += account.cost.amount or _NOTHING
        added["unknown"] += int(account.usage is not None and account.cost.amount is None)
        added["ended"] += 1
        if ending.closed.status == "completed":
            added["completed"] += 1
            added["ms"] += round(metrics.response_time_ms or 0)
    await db.execute(_ADDING_UP, [{"its_id": key, **sums[key]} for key in sorted(sums)])


def _document(ending: Ending) -> Document:
    of = ending.identity
    return Document(of.comparison_id, of.response_id, "answer", ending.text)


def _entry(ending: Ending, usage: Usage) -> Entry:
    """One call, one line: a response that is written again is the same line."""
    of, account, metrics = ending.identity, ending.account, ending.account.metrics
    return Entry(
        id=of.response_id,
        at=ending.ended_at,
        user_id=ending.payer.user_id,
        api_key_id=ending.payer.api_key_id,
        comparison_id=of.comparison_id,
        response_id=of.response_id,
        model_id=account.model_id,
        provider=metrics.provider,
        outcome=ending.closed.status,
        error_kind=ending.closed.kind,
        usage=usage,
        cost=account.cost,
        price=account.price,
        timing=Timing(
            queue=metrics.queue_ms,
            connect=metrics.connect_ms,
            first_token=metrics.time_to_first_token_ms,
            first_answer=metrics.time_to_first_answer_ms,
            total=metrics.response_time_ms,
        ),
        tokens_per_second=metrics.tokens_per_second,
    )


async def _close_turns(db: AsyncSession, turn_ends: Sequence[TurnEnd]) -> frozenset[UUID]:
    """Those that somebody has answered."""
    if not turn_ends:
        return frozenset()
    await db.execute(_TURN_ENDING, [{"its_id": each.turn_id, "at": each.at} for each in turn_ends])
    comparisons = {"ids": sorted({each.comparison_id for each in turn_ends})}
    # Whoever is starting the next turn at this moment is waited for, and then seen.
    await db.execute(_LOCKING, comparisons)
    await db.execute(_CLOSING, comparisons)
    return frozenset(await db.scalars(_ANSWERED, {"ids": [each.turn_id for each in turn_ends]}))
