"""Slow streams at once, up to very many, each with a piece every half second.

Comparisons have four lanes (a single stream has one), and somebody watches each. By streams, two curves: the
CPU of `bakeoff serve` for each piece, and what its resident memory grew by for each stream, those who watch
and their sockets included, after streams of the same kind had come and gone; below 64 that only says how
large the allocator's blocks are. A point is what was found in one window.

Of very many also how memory grows while they speak, and that no lane starves: each piece says when it left
its model server, so it is known by how much the time between two frames of a lane was longer than that
between their pieces, and how long a piece was on its way.
"""

import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.harness.audience import Meanwhile, audience, meanwhile
from benchmarks.harness.effort import Effort
from benchmarks.harness.plot import Curve, Plot
from benchmarks.harness.processes import server
from benchmarks.harness.report import Bar, Line, Report, under
from benchmarks.harness.usage import resident_bytes
from benchmarks.served import upstream_clock
from benchmarks.served.bakeoff import Serving, bakeoff

SLOW: Final = "clock/clock@every:500"
A_SECOND: Final = 2
"""Pieces of a slow stream."""
LANES: Final = 4
FEW: Final = 64
"""Streams, below which memory is that of the allocator's last block."""
KILOBYTE: Final = 1000
LATEST: Final = 100  # ms
SETTLE: Final = 2.0


@dataclass(frozen=True, slots=True)
class Step:
    streams: int
    memory: int
    """Bytes, once all of them speak."""
    grown: int
    """Bytes, until they are stopped."""
    windows: Sequence[Meanwhile]
    found: dict[str, Any]

    @property
    def cost(self) -> float:
        """Microseconds of a piece."""
        cpu, seconds = sum(each.cpu for each in self.windows), sum(each.seconds for each in self.windows)
        return cpu / (seconds * self.streams * A_SECOND) * 1e6


def run(effort: Effort) -> Report:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # inherited by what is started here
    with server(*upstream_clock.PROGRAM) as clock, bakeoff({"clock": clock.url}, [SLOW]) as serving:
        with audience(serving, [SLOW] * LANES, 2):
            time.sleep(_window(effort))
        before = resident_bytes(serving.pid)
        steps = [_step(serving, streams, effort) for streams in effort.streams_by_step]
    cost = tuple((step.streams, step.cost) for step in steps)
    memory = tuple((step.streams, max(0, step.memory - before) / step.streams / KILOBYTE) for step in steps)
    worth = tuple(point for point in memory if point[0] >= FEW) or memory[-1:]
    plots = (
        Plot("held-cost", "CPU of a piece, by slow streams held", "streams", "µs", (Curve("a piece", cost),)),
        Plot("held-memory", "Memory, by slow streams held", "streams", "kB", (Curve("a stream", worth),)),
    )
    lines = [Line("held", "CPU of a piece", f"{streams} streams", (each,), " µs") for streams, each in cost]
    lines += [Line("held", "memory of each", f"{streams} streams", (each,), " kB") for streams, each in worth]
    return Report((*lines, *_of_very_many(steps[-1])), plots=plots)


def _step(serving: Serving, streams: int, effort: Effort) -> Step:
    lanes = min(LANES, streams)
    with audience(serving, [SLOW] * lanes, streams // lanes) as held:
        time.sleep(_window(effort))
        full = resident_bytes(serving.pid)
        most = streams == effort.streams_by_step[-1]
        windows = [meanwhile(serving, _window(effort)) for _ in range(effort.rounds if most else 1)]
        grown = resident_bytes(serving.pid) - full
    return Step(streams, full, grown, windows, held.found)


def _window(effort: Effort) -> float:
    return min(SETTLE, effort.silence)


def _of_very_many(step: Step) -> list[Line]:
    def line(what: str, *figures: float, unit: str = "") -> Line:
        return Line("held", what, f"{step.streams} streams", figures, unit)

    found, passed = step.found, sum(each.seconds for each in step.windows)
    stretched = line("frames further apart than their pieces by, p99", found["stretched_p99"], unit=" ms")
    return [
        line("growth of the memory of each", max(0, step.grown) / step.streams / passed, unit=" B/s"),
        stretched.against(under(LATEST, stretched.value, " ms")),
        line("the same, at most", found["stretched_most"], unit=" ms"),
        line("piece to frame, p50", found["delay_p50"], unit=" ms"),
        line("piece to frame, p99", found["delay_p99"], unit=" ms"),
        line("CPU", *(100 * each.cpu / each.seconds for each in step.windows), unit=" %"),
        line("commits/s", *(each.commits / each.seconds for each in step.windows)),
        line("texts other than stored", found["wrong"]).against(Bar("none", found["wrong"] == 0)),
    ]
