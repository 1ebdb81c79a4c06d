"""One room: 50 subscribers on WebSockets and one publisher, whose messages of 200 bytes go to all of them.

The same endpoint runs on three servers: native (uWebSockets' topics), portable on granian, and the portable
server's socket code on uvicorn. Subscribers and publisher share one process of their own that looks at
nothing but sizes and times. Three ways to publish, each for 0.5 s after a warm-up:

* flooded: the publisher is always 32 messages ahead, so a server may send several in one go;
* in turns: the next message only when the first subscriber has the last one, so every delivery is a system
  call;
* paced: one message every 20 ms; the delay is from the publisher's write to each subscriber's read.

Three rounds, in each every server in turn; ratios are of medians. "Per core" is per second of the CPU time
of all threads of the server, read from /proc.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.harness.effort import Effort
from benchmarks.harness.processes import load
from benchmarks.harness.report import Line, Report, at_least, side_by_side
from benchmarks.served.kinds import all_kinds

PER_CORE = 150_000
BETTER_BY = 5
WAYS = ("flood", "turns", "paced")

Measured = Mapping[str, float]
Rounds = dict[str, dict[str, list[Measured]]]  # by way, by server


def run(effort: Effort) -> Report:
    rounds: Rounds = {way: defaultdict(list) for way in WAYS}
    with all_kinds() as servers:
        for _ in range(effort.rounds):
            for way in WAYS:
                for name, server in servers.items():
                    measured = load("room", way, server.url, server.pid, effort.subscribers, effort.seconds)
                    rounds[way][name].append(measured)
    return Report(tuple(_lines(rounds)))


def _lines(rounds: Rounds) -> list[Line]:
    def lines(what: str, way: str, figure: Callable[[Measured], float], **more: Any) -> list[Line]:
        figures = {name: [figure(each) for each in measured] for name, measured in rounds[way].items()}
        return side_by_side("rooms", what, figures, **more)

    per_core = lines("flooded, deliveries/s per core", "flood", _per_core, more_is_better=True)
    native = per_core[0]
    per_core[0] = native.against(at_least(PER_CORE, native.value, ""))
    return [
        *lines("flooded, deliveries/s", "flood", _rate, more_is_better=True, at_least_better_by=BETTER_BY),
        *per_core,
        *lines("in turns, deliveries/s per core", "turns", _per_core, more_is_better=True),
        *lines("paced, CPU per delivery", "paced", _cost, unit=" µs", more_is_better=False),
        *lines("paced, delay p50", "paced", lambda each: each["p50_ms"], unit=" ms", more_is_better=False),
        *lines("paced, delay p99", "paced", lambda each: each["p99_ms"], unit=" ms", more_is_better=False),
    ]


def _rate(measured: Measured) -> float:
    return measured["done"] / measured["seconds"]


def _per_core(measured: Measured) -> float:
    return measured["done"] / measured["server_cpu"]


def _cost(measured: Measured) -> float:
    return measured["server_cpu"] / measured["done"] * 1e6
