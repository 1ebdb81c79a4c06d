"""Very many slow streams at once, each with a piece every half second, and one person for each comparison.

Memory is what Bakeoff's resident memory grew by for each of them, those who watch and their sockets included,
after streams of the same kind had come and gone; then, how it grows while they speak. A lane must not starve:
the time between two frames of one lane, less the half second, is the delay of all that lies between.
"""

import resource
import time

from benchmarks.harness.audience import audience, meanwhile
from benchmarks.harness.effort import Effort
from benchmarks.harness.processes import server
from benchmarks.harness.report import Bar, Line, Report, under
from benchmarks.harness.usage import resident_bytes
from benchmarks.served import upstream
from benchmarks.served.bakeoff import bakeoff

GAP = 500  # ms
SLOW = f"up/swift@ttft:0@pace:{GAP}@tokens:2000"
KILOBYTE = 1000
LATEST = 100  # ms
SETTLE = 2.0


def run(effort: Effort) -> Report:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # inherited by what is started here
    streams, lanes = effort.most_streams, effort.lanes
    seconds = min(SETTLE, effort.silence)
    with server(*upstream.PROGRAM) as simulator, bakeoff({"up": simulator.url}, [SLOW]) as serving:
        with audience(serving, [SLOW] * lanes, 2):
            time.sleep(seconds)
        before = resident_bytes(serving.pid)
        with audience(serving, [SLOW] * lanes, streams // lanes) as held:
            time.sleep(seconds)
            full = resident_bytes(serving.pid)
            rounds = [meanwhile(serving, simulator, seconds) for _ in range(effort.rounds)]
            later = resident_bytes(serving.pid)
    found, passed = held.found, sum(each.seconds for each in rounds)
    of = f"{streams} streams"
    gap = Line("held", "gap of frames beyond the upstream's, p99", of, (found["gap_p99"] - GAP,), " ms")
    wrong = Line("held", "texts other than stored", of, (found["wrong"],))
    return Report(
        (
            Line("held", "memory per stream", of, ((full - before) / streams / KILOBYTE,), " kB"),
            Line("held", "and its growth", of, ((later - full) / streams / passed,), " B/s"),
            gap.against(under(LATEST, gap.value, " ms")),
            Line("held", "longest gap beyond the upstream's", of, (found["gap_max"] - GAP,), " ms"),
            Line("held", "CPU", of, tuple(100 * each.cpu / each.seconds for each in rounds), " %"),
            Line("held", "pieces/s", of, tuple(each.chunks / each.seconds for each in rounds)),
            Line("held", "commits/s", of, tuple(each.commits / each.seconds for each in rounds)),
            wrong.against(Bar("none", found["wrong"] == 0)),
        )
    )
