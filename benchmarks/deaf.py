"""One member of a room reads nothing while ten megabytes go through it: what the others notice of it.

A room of five on the native server gets messages of 20 kB, two megabytes a second, with and without a sixth
who reads nothing, by turns; a delay is from the publisher's write to a member's last byte. The sixth is
closed once a megabyte waits for him, which is shown by tests/server/test_slow_readers.py.
"""

from benchmarks.harness.effort import Effort
from benchmarks.harness.processes import load, server
from benchmarks.harness.report import Bar, Line, Report
from benchmarks.served.kinds import PROGRAM

MEMBERS = 5
AT_MOST = 1.1  # of the delay without


def run(effort: Effort) -> Report:
    found: dict[str, list[float]] = {"without": [], "with": []}
    with server(*PROGRAM, "native") as room:
        for _ in range(effort.rounds):
            for way, delays in found.items():
                delays.append(load("deaf", room.url, MEMBERS, effort.crowd_seconds, way)["p99"])
    without, beside = (
        Line("deaf", "delay p99", f"{way} one who reads nothing", tuple(delays), " ms")
        for way, delays in found.items()
    )
    ratio = beside.value / without.value
    return Report((without, beside.against(Bar(f"at most {AT_MOST} x ({ratio:.2f})", ratio <= AT_MOST))))
