"""The history page with a long past: pages, filters and searches, among few responses and among very many.

Databases are filled with 1,000 responses, with ten, a hundred and a thousand times as many, nine in ten of
one person (see benchmarks/pasts/past.py), on SQLite and on PostgreSQL (the one that the test suite starts);
once, for they come out the same (see benchmarks/pasts/filled.py). Asked are whole pages of 20 as the
route makes them, encoded, one after another in one process; the figure is the 99th percentile of many. Among
the most responses everything is asked; among fewer what is drawn as a curve, half as often. A page of what is
rare may be short and have a next one: then its figure is what one page costs.
"""

import time
from collections.abc import Awaitable, Callable
from random import Random
from statistics import quantiles
from uuid import UUID

import msgspec
import uvloop

from backend.accounts.callers import Caller
from backend.comparisons import tags
from backend.comparisons.history import Filters
from backend.comparisons.history_routes import list_page
from backend.kit.db import Database
from benchmarks.harness.effort import Effort
from benchmarks.harness.plot import Curve, Plot
from benchmarks.harness.report import Line, Report, under
from benchmarks.pasts.filled import Filled
from benchmarks.pasts.past import Past, write_past
from benchmarks.pasts.scribe import COMMON_TAG, HALF, MODELS, NEEDLE, RARE_TAG

_BAR = 50.0  # ms
_PASTS = Filled("history", write_past, Past)
DRAWN = ("first page", "anywhere deep", "search, in every second answer")

Ask = Callable[[Random], Awaitable[object]]
Found = dict[str, float]


def prepare(effort: Effort) -> None:
    _PASTS.prepare(effort.past)


def run(effort: Effort) -> Report:
    found: dict[str, list[Found]] = {}
    with _PASTS.opened(effort.past) as (pasts, notes):
        for past in pasts:
            everything = past.responses == effort.past[-1]
            for url in past.urls:
                name, milliseconds = uvloop.run(_measured(url, past.known, effort, everything=everything))
                found.setdefault(name, []).append(milliseconds)
    lines = [line for name, each in found.items() for line in _lines(name, effort, each)]
    return Report(tuple(lines), notes, tuple(_plot(name, effort, each) for name, each in found.items()))


def _lines(name: str, effort: Effort, found: list[Found]) -> list[Line]:
    """The bar is held against the largest."""
    lines = []
    for what in found[-1]:
        for size, milliseconds in zip(effort.past, found, strict=True):
            if what not in milliseconds:
                continue
            of = f"{name}, {size:,} responses"
            line = Line("history", f"{what}, p99", of, (milliseconds[what],), " ms")
            lines.append(line.against(under(_BAR, line.value, " ms")) if size == effort.past[-1] else line)
    return lines


def _plot(name: str, effort: Effort, found: list[Found]) -> Plot:
    curves = (
        Curve(what, tuple(zip(effort.past, (each[what] for each in found), strict=True))) for what in DRAWN
    )
    title = f"A page of the history on {name}, 99th percentile"
    return Plot(f"history-{name}", title, "responses in the database", "ms", tuple(curves))


async def _measured(url: str, past: Past, effort: Effort, *, everything: bool) -> tuple[str, Found]:
    database = Database.open(url)
    try:
        asked = questions(database, past)
        if everything:
            return database.name, {what: await _p99(ask, effort.pages) for what, ask in asked.items()}
        pages = max(2, effort.pages // 2)
        return database.name, {what: await _p99(asked[what], pages) for what in DRAWN}
    finally:
        await database.close()


async def _p99(ask: Ask, pages: int) -> float:
    random = Random(3)
    for _ in range(pages // 20 + 1):
        await ask(random)
    delays = []
    for _ in range(pages):
        began = time.perf_counter()
        msgspec.json.encode(await ask(random))
        delays.append((time.perf_counter() - began) * 1000)
    return quantiles(delays, n=100, method="inclusive")[98]


def questions(database: Database, past: Past) -> dict[str, Ask]:
    owner, newcomer = (Caller(key, "", "member", "token") for key in (past.owner, past.newcomer))

    def page(
        caller: Caller = owner, q: str = "", offset: int = 0, *, deep: bool = False, **filters: object
    ) -> Ask:
        async def ask(random: Random) -> object:
            after: UUID | None = random.choice(past.comparisons) if deep else None
            async with database.reading() as db:
                return await list_page(db, caller, Filters(**filters), q, after, 20, offset)  # type: ignore[arg-type]

        return ask

    async def all_tags(_random: Random) -> object:
        async with database.reading() as db:
            return await tags.counted(db, owner)

    often, sometimes = past.words[0], past.words[2000]
    return {
        "first page": page(),
        "first page of a newcomer": page(newcomer),
        "anywhere deep": page(deep=True),
        "10,000 skipped": page(offset=10_000),
        "by model": page(model=MODELS[0]),
        "by a tag of many": page(tag=COMMON_TAG, deep=True),
        "by a tag of five": page(tag=RARE_TAG),
        "what failed": page(status="failed"),
        "by an unknown model": page(model="lab/nothing"),
        "all tags": all_tags,
        "search, in every second answer": page(q=f'"{HALF}"'),
        "search, the same as a beginning": page(q=HALF),
        "search, two that are frequent": page(q=f"{HALF} {often}"),
        "search, a phrase": page(q=f'"{often} {past.words[1]}"'),
        "search, a phrase that is hardly there": page(q=f'"{often} {sometimes}"'),
        "search, one letter": page(q="a"),
        "search, in five answers": page(q=NEEDLE),
        "search, nowhere": page(q="nowhere"),
        "search of a newcomer": page(newcomer, q=HALF),
        "search, frequent, with a rare tag": page(q=HALF, tag=RARE_TAG),
    }
