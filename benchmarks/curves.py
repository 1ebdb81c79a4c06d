"""How costs grow: with lanes, with watchers, with streams and with the rows of the past; a plot of each.

A point is what was found in one window: the curve is the figure, and shows itself how far to trust it.

* Lanes: one comparison, one person who watches, a piece every 20 ms in each lane. CPU of `bakeoff serve` for
  each piece that the model server sent.
* Watchers: one real room on the native server (see benchmarks/fanout.py), *flooded* and *paced*. CPU for each
  event that reaches one watcher.
* Streams: comparisons of four lanes (one has only one), a piece every 200 ms, one person for each. CPU
  for each frame that was sent, and resident memory above that of the server before them, by streams; below 64
  it says nothing.
* Rows: the costs of a year by model, on SQLite with ever more responses; the median. What a million of them
  take is in benchmarks/reports.py, and how pages of the history grow in benchmarks/history.py: they fill as
  many anyway.
"""

import resource
import tempfile
import time
from statistics import median
from typing import Final

import msgspec
import uvloop

from backend.kit.db import Database
from backend.kit.migrating import migrate
from benchmarks import reports
from benchmarks.harness.audience import audience, meanwhile
from benchmarks.harness.effort import Effort
from benchmarks.harness.plot import Curve, Plot
from benchmarks.harness.processes import launched, listening, load, server
from benchmarks.harness.report import Line, Report
from benchmarks.harness.usage import resident_bytes
from benchmarks.load.million import fill, now
from benchmarks.served import upstream, upstream_clock
from benchmarks.served.bakeoff import bakeoff

PACED: Final = "up/swift@ttft:0@pace:20@tokens:10000"
SLOW: Final = "clock/clock@every:200"
A_SECOND: Final = 5
"""Pieces of a slow stream."""
LANES: Final = 4
SINGLE: Final = 16
"""Streams, up to which memory is that of the allocator's last block."""
ROOM: Final = ("-m", "benchmarks.served.room_program", "native")
COSTS: Final = "costs by model, a year"
WAYS: Final = {"flood": "flooded", "pace": "paced"}
LONG: Final = 120

Points = dict[str, list[tuple[float, float]]]
"""By curve."""


def run(effort: Effort) -> Report:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # inherited by what is started here
    streams, memory = _by_streams(effort)
    found = (
        _drawn("lanes", "CPU of a piece, by lanes of one comparison", "lanes", "µs", _by_lanes(effort)),
        _drawn(
            "watchers", "CPU of a delivery, by watchers of one room", "watchers", "µs", _by_watchers(effort)
        ),
        _drawn("streams", "CPU of a piece, by slow streams held", "streams", "µs", streams),
        _drawn("memory", "Memory of a stream, by slow streams held", "streams", "kB", memory),
        _drawn("rows", "A report, by responses in the database", "responses", "ms", _by_rows(effort)),
    )
    return Report(tuple(line for lines, _ in found for line in lines), plots=tuple(plot for _, plot in found))


def _drawn(name: str, title: str, across: str, unit: str, points: Points) -> tuple[list[Line], Plot]:
    lines = [
        Line("curves", f"{title}: {curve}", f"{step:,.0f} {across}", (value,), f" {unit}")
        for curve, figures in points.items()
        for step, value in figures
    ]
    curves = tuple(Curve(curve, tuple(figures)) for curve, figures in points.items())
    return lines, Plot(f"curve-{name}", title, across, unit, curves)


def _by_lanes(effort: Effort) -> Points:
    figures = []
    with server(*upstream.PROGRAM) as simulator, bakeoff({"up": simulator.url}, [PACED]) as serving:
        with audience(serving, [PACED], 1):
            pass  # until all is imported and connected
        for lanes in effort.lanes_by_step:
            with audience(serving, [PACED] * lanes, 1):
                passed = meanwhile(serving, _window(effort), simulator)
            figures.append((lanes, _cost(passed.cpu, passed.chunks)))
    return {"paced": figures}


def _by_watchers(effort: Effort) -> Points:
    points: Points = {name: [] for name in WAYS.values()}
    with launched(*ROOM) as process:
        room = listening(process)
        for watchers in effort.watchers_by_step:
            for way, name in WAYS.items():
                done = load("fanout", way, room.url, watchers, effort.seconds, patience=LONG)
                points[name].append((watchers, _cost(done["cpu"], done["events"] * watchers)))
    return points


def _by_streams(effort: Effort) -> tuple[Points, Points]:
    costs, memory = [], []
    with server(*upstream_clock.PROGRAM) as clock, bakeoff({"clock": clock.url}, [SLOW]) as serving:
        with audience(serving, [SLOW] * LANES, 2):
            pass  # until all is imported and connected
        before = resident_bytes(serving.pid)
        for streams in effort.streams_by_step:
            lanes = min(LANES, streams)
            with audience(serving, [SLOW] * lanes, streams // lanes):
                passed = meanwhile(serving, _window(effort))
                held = max(0, resident_bytes(serving.pid) - before)
            costs.append((streams, _cost(passed.cpu, passed.seconds * streams * A_SECOND)))
            if streams > SINGLE or streams == effort.streams_by_step[-1]:
                memory.append((streams, held / streams / 1000))
    return {"a piece every 200 ms": costs}, {"with whoever watches it": memory}


def _by_rows(effort: Effort) -> Points:
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        for rows in effort.rows_by_step:
            url = f"sqlite:///{folder}/{rows}.db"
            migrate(url)
            figures.append((rows, uvloop.run(_costs(url, rows, effort))))
    return {COSTS: figures}


async def _costs(url: str, rows: int, effort: Effort) -> float:
    """Milliseconds of a report, encoded and all."""
    year = await fill([url], rows, now())
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


def _window(effort: Effort) -> float:
    """Long enough for many commits."""
    return 1.5 * effort.stream_milliseconds / 100


def _cost(cpu: float, done: float) -> float:
    """Microseconds, of seconds of CPU and what was done in them."""
    return cpu / max(1, done) * 1e6
