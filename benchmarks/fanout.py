"""One real room, its events numbered, logged, encoded and sent: what one event costs the server, by watchers.

Beside `rooms`, which measures the sockets alone and beside other servers, this is the whole of it: the state
is changed, the event encoded once and kept for those who come back. On the native server, with nobody and
with more and more watching; *flooded*, where the next 32 are published as soon as nobody is far behind, and
*paced*, one every 2 ms. CPU of all its threads. A point is what was found in one window: the curve is the
figure, of an event that reaches one watcher.
"""

from typing import Final

from benchmarks.harness.effort import Effort
from benchmarks.harness.plot import Curve, Plot
from benchmarks.harness.processes import launched, listening, load
from benchmarks.harness.report import Line, Report

PROGRAM: Final = ("-m", "benchmarks.served.room_program", "native")
WAYS: Final = {"flood": "flooded", "pace": "paced"}
LONG: Final = 120


def run(effort: Effort) -> Report:
    costs: dict[str, dict[int, float]] = {way: {} for way in WAYS.values()}
    with launched(*PROGRAM) as process:
        room = listening(process)
        for watchers in (0, *effort.watchers_by_step):
            for way, name in WAYS.items():
                done = load("fanout", way, room.url, watchers, effort.seconds, patience=LONG)
                costs[name][watchers] = done["cpu"] / max(1, done["events"]) * 1e6
    lines = [
        Line("fanout", f"{way}, CPU per event", f"{watchers:,} watching", (cost,), " µs")
        for way, by_watchers in costs.items()
        for watchers, cost in by_watchers.items()
    ]
    curves = (Curve(way, _of_a_delivery(by_watchers)) for way, by_watchers in costs.items())
    title = "CPU of a delivery, by watchers of one room"
    return Report(tuple(lines), plots=(Plot("fanout", title, "watchers", "µs", tuple(curves)),))


def _of_a_delivery(by_watchers: dict[int, float]) -> tuple[tuple[float, float], ...]:
    return tuple((watchers, cost / watchers) for watchers, cost in by_watchers.items() if watchers)
