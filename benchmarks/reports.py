"""Reports over a year of use (see benchmarks/load/million.py), and what the ledger costs whoever writes it.

*A year*: 52 weeks that begin and end somewhere in a month, asked through `backend.usage` and encoded as
the API does, without HTTP. *Append*: fifty responses that ended at once, of ten people and eight models, in a
transaction of their own, onto that year.
PostgreSQL is the one that the test suite starts.
"""

import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import quantiles
from tempfile import TemporaryDirectory
from uuid import UUID

import msgspec
import uvloop
from sqlalchemy.ext.asyncio import AsyncSession

from backend.catalogue.prices import Cost
from backend.kit.db import Database
from backend.kit.ids import new_id
from backend.kit.migrating import migrate
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
from benchmarks.load.million import MODELS, Filled, fill, now
from tests.support.postgres import running_postgres

_BAR = 50
_GROUPS: tuple[Group, ...] = ("day", "model", "provider", "user", "comparison")
_ENDED_AT_ONCE = 50

Asked = Callable[[AsyncSession], Awaitable[object]]


def run(effort: Effort) -> Report:
    with TemporaryDirectory() as folder:
        urls = [f"sqlite:///{Path(folder) / 'reports.db'}"]
        try:
            with running_postgres() as server:
                return _report([*urls, server.url(server.create())], effort)
        except (RuntimeError, LookupError) as missing:  # no programs, or not the user they run as
            without = _report(urls, effort)
            note = f"PostgreSQL was not measured: {str(missing).splitlines()[0]}"
            return Report(without.lines, (*without.notes, note))


def _report(urls: list[str], effort: Effort) -> Report:
    for url in urls:
        migrate(url)
    filled = uvloop.run(fill(urls, effort.past[-1], now()))
    lines = [line for url in urls for line in uvloop.run(_measure(url, filled, effort))]
    note = f"reports: {filled.responses:,} responses in {filled.comparisons:,} comparisons."
    return Report(tuple(lines), (note,))


async def _measure(url: str, filled: Filled, effort: Effort) -> list[Line]:
    database = Database.open(url)
    try:
        lines = []
        for what, ask in questions(filled).items():
            p99 = await _slow(database, ask, effort.pages)
            line = Line("reports", f"{what}, p99", database.name, (p99,), " ms")
            lines.append(line.against(under(_BAR, p99, " ms")))
        return [*lines, await _appending(database, effort)]
    finally:
        await database.close()


def questions(filled: Filled) -> dict[str, Asked]:
    year, month = Span(filled.first, filled.last), Span(filled.last - timedelta(days=29), filled.last)
    most = filled.people[0]
    return {
        **{f"costs by {group}, a year": _costs(EVERYONE, year, group) for group in _GROUPS},
        "costs by comparison, 30 days": _costs(EVERYONE, month, "comparison"),
        "costs by model, a year, one user": _costs(most, year, "model"),
        "costs by comparison, a year, one user": _costs(most, year, "comparison"),
        "latency, a year": _latency(EVERYONE, year),
        "latency, a year, one user": _latency(most, year),
        "length of one user's answers": lambda db: output_tokens(db, most, MODELS),
    }


def _costs(payer: UUID, span: Span, group: Group) -> Asked:
    async def ask(db: AsyncSession) -> bytes:
        standing = await budgets.check(db, payer, now())
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
        at=now(),
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
