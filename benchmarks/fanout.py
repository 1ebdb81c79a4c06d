"""One real room, its events numbered, logged, encoded and sent: what one event costs the server.

Beside `rooms`, which measures the sockets alone, this is the whole of it: the state is changed, the event
encoded once and kept for those who come back. With nobody, one and many watching; *flooded*, where the next
32 are published as soon as nobody is far behind, and *paced*, one every 2 ms. CPU of all its threads.
"""

from collections import defaultdict
from contextlib import ExitStack

from benchmarks.harness.effort import Effort
from benchmarks.harness.processes import launched, listening, load
from benchmarks.harness.report import Line, Report, side_by_side

PROGRAM = ("-m", "benchmarks.served.room_program")
KINDS = {"native": "native", "portable": "portable (granian)"}
WAYS = {"flood": "flooded", "pace": "paced"}


def run(effort: Effort) -> Report:
    costs: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stack:
        processes = {name: stack.enter_context(launched(*PROGRAM, kind)) for kind, name in KINDS.items()}
        servers = {name: listening(process) for name, process in processes.items()}
        for _ in range(effort.rounds):
            for way, named in WAYS.items():
                for watchers in (0, 1, effort.subscribers):
                    for name, server in servers.items():
                        done = load("fanout", way, server.url, watchers, effort.seconds)
                        cost = done["cpu"] / done["events"] * 1e6
                        costs[f"{named}, CPU per event, {watchers} watching"][name].append(cost)
    return Report(tuple(_lines(costs)))


def _lines(costs: dict[str, dict[str, list[float]]]) -> list[Line]:
    return [
        line
        for what, figures in costs.items()
        for line in side_by_side("fanout", what, figures, unit=" µs", more_is_better=False)
    ]
