"""What was spent from one day to another: the total, its parts, and the same for the days before."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Literal, TypeAlias, TypeVar, assert_never
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts import users
from backend.kit.errors import FieldProblem, Invalid
from backend.usage import repository
from backend.usage.counting import Sums
from backend.usage.periods import Span

Key = TypeVar("Key", str, UUID)

Group: TypeAlias = Literal["day", "model", "provider", "user", "comparison"]

Titles: TypeAlias = Callable[[AsyncSession, Collection[UUID]], Awaitable[Mapping[UUID, str]]]
"""Of comparisons, as far as who asks may see them."""

MOST_LINES: Final = 1000
MOST_DAYS: Final = 3660
USUAL_DAYS: Final = 30
_EARLIEST: Final = date(2000, 1, 1)
_LATEST: Final = date(2999, 12, 31)


@dataclass(frozen=True, slots=True)
class Line:
    key: str
    label: str
    sums: Sums
    previous_cost: Decimal


@dataclass(frozen=True, slots=True)
class Costs:
    span: Span
    group: Group
    total: Sums
    previous: Sums
    lines: Sequence[Line]
    others: Sums | None
    """What is not among the lines, because they would be too many."""


def span_of(first: date | None, last: date | None, today: date) -> Span:
    """The last thirty days, if nothing else is said. Raises Invalid."""
    if last is None:
        last = today if first is None else max(first, today)
    _refuse_outside("to", last)
    if first is None:
        first = max(last - timedelta(days=USUAL_DAYS - 1), _EARLIEST)
    _refuse_outside("from", first)
    if last < first:
        raise _invalid("to", "It is before `from`.")
    span = Span(first, last)
    if span.days > MOST_DAYS:
        raise _invalid("from", f"At most {MOST_DAYS} days at once.")
    return span


async def costs(db: AsyncSession, payer: UUID, span: Span, group: Group, titles: Titles) -> Costs:
    total = await repository.total(db, payer, span)
    previous = await repository.total(db, payer, span.before())
    lines = await _lines(db, payer, span, group, titles)
    if group != "day":
        lines = sorted(lines, key=lambda line: (-line.sums.cost, -line.sums.requests, line.key))[:MOST_LINES]
    return Costs(span, group, total, previous, lines, _rest(total, lines))


async def _lines(db: AsyncSession, payer: UUID, span: Span, group: Group, titles: Titles) -> Sequence[Line]:
    match group:
        case "day":
            return await _days(db, payer, span)
        case "model":
            now, then = [await repository.by_model(db, payer, each) for each in (span, span.before())]
            return [_line(key, key, now, then) for key in now]
        case "provider":
            now, then = [await repository.by_provider(db, payer, each) for each in (span, span.before())]
            return [_line(key, key, now, then) for key in now]
        case "user":
            return await _users(db, payer, span)
        case "comparison":
            return await _comparisons(db, payer, span, titles)
        case _:
            assert_never(group)


async def _days(db: AsyncSession, payer: UUID, span: Span) -> Sequence[Line]:
    """Each of them, also those without anything; beside it the day as long before as the span is long."""
    now = await repository.by_day(db, payer, span)
    then = await repository.by_day(db, payer, span.before())
    lines = []
    for number in range(span.days):
        day = span.first + timedelta(days=number)
        before = then.get(day - timedelta(days=span.days), Sums())
        lines.append(Line(day.isoformat(), day.isoformat(), now.get(day, Sums()), before.cost))
    return lines


async def _users(db: AsyncSession, payer: UUID, span: Span) -> Sequence[Line]:
    now = await repository.by_user(db, payer, span)
    then = await repository.by_user(db, payer, span.before())
    shown = sorted(now, key=lambda user_id: now[user_id].cost, reverse=True)[:MOST_LINES]
    emails = await users.emails(db, shown)
    return [_line(user_id, emails.get(user_id, str(user_id)), now, then) for user_id in shown]


async def _comparisons(db: AsyncSession, payer: UUID, span: Span, titles: Titles) -> Sequence[Line]:
    dearest = await repository.dearest_comparisons(db, payer, span)
    now, then = await repository.by_comparison(db, payer, (span, span.before()), dearest)
    named = await titles(db, dearest)
    return [_line(key, named.get(key, str(key)), now, then) for key in now]


def _line(key: Key, label: str, now: Mapping[Key, Sums], then: Mapping[Key, Sums]) -> Line:
    before = then.get(key)
    return Line(str(key), label, now[key], before.cost if before else Decimal(0))


def _rest(total: Sums, lines: Sequence[Line]) -> Sums | None:
    listed = Sums()
    for line in lines:
        listed.add(line.sums)
    rest = Sums(
        requests=total.requests - listed.requests,
        completed=total.completed - listed.completed,
        input_tokens=total.input_tokens - listed.input_tokens,
        output_tokens=total.output_tokens - listed.output_tokens,
        cost=total.cost - listed.cost,
        unknown_costs=total.unknown_costs - listed.unknown_costs,
    )
    return rest if rest.requests else None


def _refuse_outside(field: str, day: date) -> None:
    if not _EARLIEST <= day <= _LATEST:
        raise _invalid(field, f"It has to be between {_EARLIEST} and {_LATEST}.")


def _invalid(field: str, message: str) -> Invalid:
    return Invalid([FieldProblem(field=field, message=message)])
