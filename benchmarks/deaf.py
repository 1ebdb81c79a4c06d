"""One member of a room reads nothing while two megabytes go through it: what the others notice of it.

A room of five on the native server gets messages of 20 kB, two megabytes a second, with and without a sixth
who reads nothing, by turns, in short rounds; a delay is from the publisher's write to a member's last byte.
The sixth is closed once a megabyte waits for him, which is shown by tests/server/test_slow_readers.py.
"""

from benchmarks.harness.effort import Effort
from benchmarks.harness.processes import load, server
from benchmarks.harness.report import Bar, Line, Report
from benchmarks.served.kinds import PROGRAM

MEMBERS = 5
ROUNDS = 2
"""Times as many as elsewhere: what the machine does in one of them is not ours."""
SECONDS = 1.0
AT_MOST = 1.1  # of the delay without


def run(effort: Effort) -> Report:
    with server(*PROGRAM, "native") as room:
        plan = (MEMBERS, min(SECONDS, effort.crowd_seconds))
        rounds = [load("deaf", room.url, *plan) for _ in range(ROUNDS * effort.rounds)]
    without, beside = (
        Line("deaf", "delay p99", f"{way} one who reads nothing", tuple(each[way] for each in rounds), " ms")
        for way in ("without", "with")
    )
    ratio = beside.value / without.value
    return Report((without, beside.against(Bar(f"at most {AT_MOST} x ({ratio:.2f})", ratio <= AT_MOST))))
