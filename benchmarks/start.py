"""The start: from the command `bakeoff serve` to the first answered request, everything installed.

The first start finds an empty folder, creates the database and runs the migrations; the second one finds it
up to date. Five rounds, each in a new folder, after one start that is not counted.
"""

import tempfile
import time
import urllib.request

from benchmarks.harness.effort import Effort
from benchmarks.harness.processes import BAKEOFF, server
from benchmarks.harness.report import Line, Report, under

SECONDS = 2


def run(effort: Effort) -> Report:
    first: list[float] = []
    second: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        seconds_to_answer(folder)
    for _ in range(effort.rounds):
        with tempfile.TemporaryDirectory() as folder:
            first.append(seconds_to_answer(folder))
            second.append(seconds_to_answer(folder))
    lines = [
        Line("start", what, "bakeoff serve", tuple(rounds), " s")
        for what, rounds in (("first start, with migrations", first), ("second start", second))
    ]
    return Report(tuple(line.against(under(SECONDS, line.value, " s")) for line in lines))


def seconds_to_answer(data: str) -> float:
    began = time.perf_counter()
    with server(*BAKEOFF, "serve", "--port", "0", "--data-dir", data) as running:
        with urllib.request.urlopen(f"{running.url}/health", timeout=5) as answer:  # noqa: S310 - our own
            answer.read()
        return time.perf_counter() - began
