"""Very many slow streams at once, each with a piece every half second, and one person for each comparison.

Memory is what Bakeoff's resident memory grew by for each of them, those who watch and their sockets
included, after streams of the same kind had come and gone; then, how it grows while they speak. No lane may
starve: each piece says when it left its model server, so it is known by how much the time between two frames
of a lane was longer than that between their pieces, and how long a piece was on its way.
"""

import resource
import time

from benchmarks.harness.audience import audience, meanwhile
from benchmarks.harness.effort import Effort
from benchmarks.harness.processes import server
from benchmarks.harness.report import Bar, Line, Report, under
from benchmarks.harness.usage import resident_bytes
from benchmarks.served import upstream_clock
from benchmarks.served.bakeoff import bakeoff

SLOW = "clock/clock@every:500"
KILOBYTE = 1000
LATEST = 100  # ms
SETTLE = 2.0


def run(effort: Effort) -> Report:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # inherited by what is started here
    streams, lanes = effort.most_streams, effort.lanes
    seconds = min(SETTLE, effort.silence)
    with server(*upstream_clock.PROGRAM) as clock, bakeoff({"clock": clock.url}, [SLOW]) as serving:
        with audience(serving, [SLOW] * lanes, 2):
            time.sleep(seconds)
        before = resident_bytes(serving.pid)
        with audience(serving, [SLOW] * lanes, streams // lanes) as held:
            time.sleep(seconds)
            full = resident_bytes(serving.pid)
            rounds = [meanwhile(serving, seconds) for _ in range(effort.rounds)]
            later = resident_bytes(serving.pid)
    found, passed = held.found, sum(each.seconds for each in rounds)

    def line(what: str, *figures: float, unit: str = "") -> Line:
        return Line("held", what, f"{streams} streams", tuple(max(0.0, figure) for figure in figures), unit)

    stretched = line("frames further apart than their pieces by, p99", found["stretched_p99"], unit=" ms")
    return Report(
        (
            line("memory per stream", (full - before) / streams / KILOBYTE, unit=" kB"),
            line("its growth per stream", (later - full) / streams / passed, unit=" B/s"),
            stretched.against(under(LATEST, stretched.value, " ms")),
            line("the same, at most", found["stretched_most"], unit=" ms"),
            line("piece to frame, p50", found["delay_p50"], unit=" ms"),
            line("piece to frame, p99", found["delay_p99"], unit=" ms"),
            line("CPU", *(100 * each.cpu / each.seconds for each in rounds), unit=" %"),
            line("commits/s", *(each.commits / each.seconds for each in rounds)),
            line("texts other than stored", found["wrong"]).against(Bar("none", found["wrong"] == 0)),
        )
    )
