"""How costs grow with lanes and with the rows of the past; a plot of each.

A point is what was found in one window: the curve is the figure, and shows itself how far to trust it.

* Lanes: one comparison, one person who watches, a piece every 20 ms in each lane. CPU of `bakeoff serve` for
  each piece that the model server sent.
* Rows: the costs of a year by model, on SQLite with ever more responses; the median.

Streams are drawn by benchmarks/held.py, watchers by benchmarks/fanout.py, and pages of the history by
benchmarks/history.py: they have them anyway.
"""

import time
from statistics import median
from typing import Final

import msgspec
import uvloop

from backend.kit.db import Database
from benchmarks import reports
from benchmarks.harness.audience import audience, meanwhile
from benchmarks.harness.effort import Effort
from benchmarks.harness.plot import Curve, Plot
from benchmarks.harness.processes import server
from benchmarks.harness.report import Line, Report
from benchmarks.pasts.million import Year
from benchmarks.served import upstream
from benchmarks.served.bakeoff import bakeoff

PACED: Final = "up/swift@ttft:0@pace:20@tokens:10000"
COSTS: Final = "costs by model, a year"

Points = tuple[tuple[float, float], ...]


def run(effort: Effort) -> Report:
    found = (
        _drawn("lanes", "CPU of a piece, by lanes of one comparison", "µs", "paced", _by_lanes(effort)),
        _drawn("responses", "A report, by responses in the database", "ms", COSTS, _by_rows(effort)),
    )
    return Report(tuple(line for lines, _ in found for line in lines), plots=tuple(plot for _, plot in found))


def _drawn(across: str, title: str, unit: str, curve: str, points: Points) -> tuple[list[Line], Plot]:
    lines = [
        Line("curves", f"{title}: {curve}", f"{step:,.0f} {across}", (value,), f" {unit}")
        for step, value in points
    ]
    return lines, Plot(f"curve-{across}", title, across, unit, (Curve(curve, points),))


def _by_lanes(effort: Effort) -> Points:
    figures = []
    with server(*upstream.PROGRAM) as simulator, bakeoff({"up": simulator.url}, [PACED]) as serving:
        with audience(serving, [PACED], 1):
            pass  # until all is imported and connected
        for lanes in effort.lanes_by_step:
            with audience(serving, [PACED] * lanes, 1):
                passed = meanwhile(serving, effort.stream_milliseconds / 100, simulator)
            figures.append((lanes, passed.cpu / max(1, passed.chunks) * 1e6))
    return tuple(figures)


def _by_rows(effort: Effort) -> Points:
    with reports.YEAR.opened(effort.past) as (years, _):
        return tuple((year.responses, uvloop.run(_costs(year.urls[0], year.known, effort))) for year in years)


async def _costs(url: str, year: Year, effort: Effort) -> float:
    """Milliseconds of a report, encoded and all."""
    ask = reports.questions(year)[COSTS]
    database = Database.open(url)
    delays = []
    try:
        for _ in range(effort.pages):
            began = time.perf_counter()
            async with database.reading() as db:
                msgspec.json.encode(await ask(db))
            delays.append((time.perf_counter() - began) * 1000)
    finally:
        await database.close()
    return median(delays)
