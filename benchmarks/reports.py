"""Reports over a year of use (see benchmarks/pasts/million.py), and what the ledger costs whoever writes it.

*A year*: 52 weeks that begin and end somewhere in a month, asked through `backend.usage` and encoded as
the API does, without HTTP. *Append*: fifty responses that ended at once, of ten people and eight models, in a
transaction of their own, onto that year.
PostgreSQL is the one that the test suite starts.
"""

import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta
from random import Random
from statistics import quantiles
from uuid import UUID

import msgspec
import uvloop
from sqlalchemy.ext.asyncio import AsyncSession

from backend.catalogue.prices import Cost
from backend.kit.db import Database
from backend.kit.ids import new_id
from backend.providers.usage import Usage
from backend.usage import budgets, ledger
from backend.usage.answers import cost_report, latency_report
from backend.usage.costs import Group, costs
from backend.usage.entry import EVERYONE, Entry, Timing
from backend.usage.history import output_tokens
from backend.usage.latency import latency
from backend.usage.periods import Span
from benchmarks.harness.effort import Effort
from benchmarks.harness.report import Line, Report, under
from benchmarks.pasts.filled import Filled
from benchmarks.pasts.million import MODELS, UNTIL, Year, fill

_BAR = 50
YEAR = Filled("reports", fill, Year)
_GROUPS: tuple[Group, ...] = ("day", "model", "provider", "user", "comparison")
_ENDED_AT_ONCE = 50

Asked = Callable[[AsyncSession], Awaitable[object]]


def prepare(effort: Effort) -> None:
    YEAR.prepare(effort.past)


def run(effort: Effort) -> Report:
    with YEAR.opened(effort.past, to_write=effort.past[-1:]) as (years, notes):
        year = years[-1]
        lines = [line for url in year.urls for line in uvloop.run(_measure(url, year.known, effort))]
    note = f"reports: {year.known.responses:,} responses in {year.known.comparisons:,} comparisons."
    return Report(tuple(lines), (note, *notes))


async def _measure(url: str, year: Year, effort: Effort) -> list[Line]:
    database = Database.open(url)
    try:
        lines = []
        for what, ask in questions(year).items():
            p99 = await _slow(database, ask, effort.pages)
            line = Line("reports", f"{what}, p99", database.name, (p99,), " ms")
            lines.append(line.against(under(_BAR, p99, " ms")))
        return [*lines, await _appending(database, effort)]
    finally:
        await database.close()


def questions(year: Year) -> dict[str, Asked]:
    whole, month = Span(year.first, year.last), Span(year.last - timedelta(days=29), year.last)
    most = year.people[0]
    return {
        **{f"costs by {group}, a year": _costs(EVERYONE, whole, group) for group in _GROUPS},
        "costs by comparison, 30 days": _costs(EVERYONE, month, "comparison"),
        "costs by model, a year, one user": _costs(most, whole, "model"),
        "costs by comparison, a year, one user": _costs(most, whole, "comparison"),
        "latency, a year": _latency(EVERYONE, whole),
        "latency, a year, one user": _latency(most, whole),
        "length of one user's answers": lambda db: output_tokens(db, most, MODELS),
    }


def _costs(payer: UUID, span: Span, group: Group) -> Asked:
    async def ask(db: AsyncSession) -> bytes:
        standing = await budgets.check(db, payer, UNTIL)
        return msgspec.json.encode(cost_report(await costs(db, payer, span, group, _titles), standing))

    return ask


def _latency(payer: UUID, span: Span) -> Asked:
    async def ask(db: AsyncSession) -> bytes:
        return msgspec.json.encode(latency_report(span, await latency(db, payer, span)))

    return ask


async def _titles(_db: AsyncSession, _ids: Collection[UUID]) -> Mapping[UUID, str]:
    return {}


async def _slow(database: Database, ask: Asked, times: int) -> float:
    delays = []
    for number in range(times + 3):
        began = time.perf_counter()
        async with database.reading() as db:
            await ask(db)
        if number >= 3:  # by then statements are known
            delays.append((time.perf_counter() - began) * 1000)
    return quantiles(delays, n=100, method="inclusive")[98]


async def _appending(database: Database, effort: Effort) -> Line:
    random = Random(7)
    people = [new_id() for _ in range(10)]
    delays = []
    for _ in range(effort.pages):
        entries = [_ended(random, random.choice(people)) for _ in range(_ENDED_AT_ONCE)]
        began = time.perf_counter()
        async with database.transaction() as db:
            await ledger.append(db, entries)
        delays.append((time.perf_counter() - began) * 1000)
    return Line("reports", f"append {_ENDED_AT_ONCE} entries", database.name, tuple(delays), " ms")


def _ended(random: Random, person: UUID) -> Entry:
    model = random.choice(MODELS[:8])
    return Entry(
        id=new_id(),
        at=UNTIL,
        user_id=person,
        comparison_id=new_id(),
        response_id=new_id(),
        model_id=model,
        provider=model.partition("/")[0],
        outcome="completed",
        usage=Usage(input=200, output=random.randint(1, 2000)),
        cost=Cost(None, "unknown"),
        timing=Timing(
            queue=0.0, first_token=random.lognormvariate(6, 0.4), total=random.lognormvariate(8, 0.4)
        ),
        tokens_per_second=random.lognormvariate(4, 0.3),
    )
