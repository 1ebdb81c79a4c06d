"""Streams of model servers: our adapters, the vendors' SDKs as documented, and the floor, beside each other.

The upstream is the simulator in a process of its own. For each wire format one client process with uvloop
reads in all three ways by turns, 50 streams at once, in three rounds after a warm-up; a figure is the CPU
time of the client process, of all its threads, divided by what was done, the ratio is of medians. The floor
is aiohttp, a split at line ends and msgspec: it knows no errors, no usage, no clocks.

* flooded: whole answers of 400 pieces, as fast as they come (an eighth of it for the SDKs, which would take
  a minute). All requests are sent before the first piece, and what they cost is not in the figure.
* paced: a piece every 20 ms, 0.2 s from the midst of the answers.
* requests: answers of one piece, two by each stream, one after another, on connections that are open.

What a reader adds to the first piece is measured with another upstream, whose one piece is the time at which
the request was there and the time at which the piece left: one stream at a time, by turns, 15 times in each
of three rounds, alone and among 50 paced streams in the same process. There the floor is a raw socket: its
request is ready before it is asked, and it looks for the piece in the bytes as they come.
"""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import TypeAlias

from benchmarks.harness.effort import Effort
from benchmarks.harness.processes import Running, load, rounds_of, server
from benchmarks.harness.report import Bar, Line, Report, at_least, side_by_side
from benchmarks.served import upstream, upstream_clock

READERS = {"bakeoff": "Bakeoff", "sdk": "vendor's SDK", "floor": "floor"}
DIALECTS = {"chat": "Chat Completions", "responses": "Responses", "messages": "Messages"}
WAYS = {
    "flooded": "flooded, CPU per piece",
    "paced": "paced, CPU per piece",
    "requests": "CPU per request",
}
BETTER_BY = {"flooded": 8, "paced": 3, "requests": 2}
BARRED = frozenset({"chat", "responses"})  # whose SDK the bars were set by: OpenAI's
AT_MOST_ADDED = 0.3  # ms
MOMENTS = ("from the question to its server", "from the first piece to its reader")

Window: TypeAlias = Mapping[str, float]
Windows: TypeAlias = Mapping[str, Mapping[str, Sequence[Window]]]
"""By way, by reader."""


def run(effort: Effort) -> Report:
    with server(*upstream.PROGRAM) as simulator:
        found: dict[str, Windows] = {
            dialect: _streams(dialect, simulator, effort) for dialect in effort.dialects
        }
        with server(*upstream_clock.PROGRAM) as clock:
            first = load(
                "first_piece",
                clock.url,
                simulator.url,
                effort.stream_rounds,
                effort.first_pieces,
                effort.streams,
            )
    lines = [line for dialect, windows in found.items() for line in _costs(dialect, windows)]
    return Report((*lines, *_delays(first)), (_busy(found["chat"]),))


def _streams(dialect: str, simulator: Running, effort: Effort) -> Windows:
    found: dict[str, dict[str, list[Window]]] = {way: {reader: [] for reader in READERS} for way in WAYS}
    plan = (effort.streams, effort.stream_pieces, effort.stream_milliseconds, effort.stream_requests)
    upstream_at = (simulator.url, simulator.pid)
    with rounds_of("streams", dialect, *upstream_at, ",".join(WAYS), ",".join(READERS), *plan) as measured:
        for _ in range(effort.stream_rounds):
            for way, windows in measured().items():
                for reader, window in windows.items():
                    found[way][reader].append(window)
    return found


def _costs(dialect: str, windows: Windows) -> list[Line]:
    lines = []
    for way, what in WAYS.items():
        costs = {
            name: [window["own_cpu"] / max(1, window["done"]) * 1e6 for window in windows[way][reader]]
            for reader, name in READERS.items()
        }
        ours, sdk, floor = side_by_side(
            "providers",
            f"{DIALECTS[dialect]}, {what}",
            costs,
            " µs",
            first=READERS["bakeoff"],
            more_is_better=False,
        )
        if dialect in BARRED:
            assert sdk.first_better_by is not None
            sdk = sdk.against(at_least(BETTER_BY[way], sdk.first_better_by, " x"))
        lines += [ours, sdk, floor]
    return lines


def _delays(first: Mapping[str, Mapping[str, Sequence[tuple[float, float]]]]) -> list[Line]:
    lines = []
    for company, delays in first.items():
        for moment, what in enumerate(MOMENTS):
            rounds = {name: [each[moment] for each in delays[reader]] for reader, name in READERS.items()}
            ours, *others = side_by_side(
                "providers",
                f"{company}, {what}, p50",
                rounds,
                " ms",
                first=READERS["bakeoff"],
                more_is_better=False,
            )
            if moment == 1:
                ours = ours.against(_added(ours, others[-1]))
            lines += [ours, *others]
    return lines


def _added(ours: Line, floor: Line) -> Bar:
    added = median(mine - bare for mine, bare in zip(ours.rounds, floor.rounds, strict=True))
    return Bar(f"at most {AT_MOST_ADDED:g} ms over the floor", added <= AT_MOST_ADDED)


def _busy(windows: Windows) -> str:
    """A client that waits for a flood is woken more often than it need be."""
    shares = [
        f"{name} {median(window['own_cpu'] / window['seconds'] for window in windows['flooded'][reader]):.0%}"
        for reader, name in READERS.items()
    ]
    return f"Flooded with Chat Completions, a client was busy so much of the time: {', '.join(shares)}."
