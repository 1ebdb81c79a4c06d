"""The whole path of an answer: model server, `bakeoff serve`, its SQLite file, somebody in the room.

Everything is a process of its own: two model servers, Bakeoff, and those who watch, one for every comparison,
who keep all they hear; what was heard is held against what is in the database, text by text.

* First word: from its write at the model server, which says when that was, to its reading at the end; by a
  raw socket straight from there, and as a frame of the room, by turns. One lane alone; comparisons of four
  lanes while 50 others of four lanes get a piece every 80 ms, and while 500 streams get one every second.
  What is added is the difference of the percentiles.
* CPU: of Bakeoff's process, all its threads, for each piece that the model server sent, 50 comparisons of one
  lane: whole answers of 400 pieces as fast as they come, their ends included (requests are sent before), and
  paced, a piece every 20 ms. Beside it, in the same rounds, what reading alone costs a client process: with
  OpenAI's SDK as documented, and with our adapters (see benchmarks/providers.py).
* Commits: transactions in a second, by Bakeoff's own count, while so many streams run, less those of silence.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any

from benchmarks.harness.audience import audience, flooded, meanwhile
from benchmarks.harness.effort import Effort
from benchmarks.harness.processes import Running, load, rounds_of, server
from benchmarks.harness.report import Bar, Line, Report, under
from benchmarks.served import upstream, upstream_clock
from benchmarks.served.bakeoff import Serving, bakeoff

CLOCK = "clock/clock"
PACED = "up/swift@ttft:0@pace:20@tokens:10000"
MANY_PACED = "up/swift@ttft:0@pace:80@tokens:10000"
"""Four lanes of each comparison say as much as one that is paced as above: of all 50, 2,500 a second."""
SLOW = "up/swift@ttft:0@pace:1000@tokens:2000"
PAUSE = 40  # ms for each comparison, until all requests are sent
LONG = 300  # seconds, on a machine that has other things to do
BAKEOFF = "Bakeoff"
SDK, ADAPTERS = "OpenAI's SDK, reading alone", "our adapters, reading alone"
ALONE = {"sdk": SDK, "bakeoff": ADAPTERS}
FLOODED_BAR, PACED_BAR = (20, 1 / 3), (120, 2 / 3)
MOST_COMMITS = 12
FEW = 5  # streams

Samples = Sequence[float]


@dataclass
class _Texts:
    """That were delivered, and held against those in the database."""

    streams: int = 0
    wrong: int = 0
    early: int = 0
    """Floods that began before the last request was sent."""

    def count(self, found: dict[str, Any]) -> None:
        self.streams += found["streams"]
        self.wrong += found["wrong"]
        self.early += found.get("early", False)

    def notes(self) -> tuple[str, ...]:
        return (f"Floods that began before the last request was sent: {self.early}.",) if self.early else ()


@dataclass
class _Costs:
    """Microseconds of CPU, by who, round by round."""

    flooded: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    paced: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def run(effort: Effort) -> Report:
    texts = _Texts()
    whole = f"up/swift@ttft:{PAUSE * effort.comparisons}@pace:0@tokens:{effort.stream_pieces}"
    models = (CLOCK, PACED, MANY_PACED, SLOW, whole)
    with server(*upstream.PROGRAM) as simulator, server(*upstream_clock.PROGRAM) as clock:
        upstreams = {"up": simulator.url, "clock": clock.url}
        with bakeoff(upstreams, models) as serving:
            lines = _words_and_commits(serving, clock, effort, texts)
            lines += _costs(serving, simulator, whole, effort, texts)
    same = Line("comparisons", "texts other than stored", f"{texts.streams} streams", (texts.wrong,))
    return Report((*lines, same.against(Bar("none", texts.wrong == 0))), texts.notes())


def _words_and_commits(serving: Serving, clock: Running, effort: Effort, texts: _Texts) -> list[Line]:
    """Commits of very many streams are counted by benchmarks/held.py."""
    lines = _added("first word, one stream", _words(serving, clock, 1, effort), 1.5, None)
    many, lanes = effort.comparisons, effort.lanes
    idle = meanwhile(serving, _window(effort))
    without = idle.commits / idle.seconds
    with audience(serving, [PACED], FEW) as others:
        lines.append(_commits(serving, FEW, without, effort))
    texts.count(others.found)
    with audience(serving, [MANY_PACED] * lanes, many) as others:
        lines.append(_commits(serving, many * lanes, without, effort))
        what = f"first word, among {many} x {lanes} paced lanes"
        lines += _added(what, _words(serving, clock, lanes, effort), 3, 10)
    texts.count(others.found)
    with audience(serving, [SLOW] * lanes, effort.held_streams // lanes) as others:
        what = f"first word, {effort.held_streams} streams held"
        lines += _added(what, _words(serving, clock, lanes, effort), 5, 50)
    texts.count(others.found)
    return lines


def _words(serving: Serving, clock: Running, lanes: int, effort: Effort) -> dict[str, Any]:
    rounds, repeats = effort.stream_rounds, effort.first_words
    return load("first_word", serving.url, clock.url, CLOCK, lanes, rounds, repeats, patience=LONG)


def _added(what: str, words: dict[str, Any], p50_bar: float, p99_bar: float | None) -> list[Line]:
    """And how long it took from the command to the model server, with the commit that lies between."""
    asked = tuple(median(asked for asked, _ in each) for each in words["room"])
    lines = [Line("comparisons", f"{what}: from command to model server, p50", BAKEOFF, asked, " ms")]
    for percent, bar in ((50, p50_bar), (99, p99_bar)):
        direct, room = (
            tuple(_percentile([heard for _, heard in each], percent) for each in words[way])
            for way in ("direct", "room")
        )
        added = tuple(max(0.0, mine - bare) for mine, bare in zip(room, direct, strict=True))
        line = Line("comparisons", f"{what}, p{percent} added", BAKEOFF, added, " ms")
        lines += [
            Line("comparisons", f"{what}, p{percent}", "read directly", direct, " ms"),
            line if bar is None else line.against(under(bar, line.value, " ms")),
        ]
    return lines


def _percentile(samples: Samples, percent: int) -> float:
    return quantiles(samples, n=100, method="inclusive")[percent - 1]


def _commits(serving: Serving, streams: int, without: float, effort: Effort) -> Line:
    rounds = [meanwhile(serving, _window(effort)) for _ in range(effort.stream_rounds)]
    rates = tuple(max(0.0, each.commits / each.seconds - without) for each in rounds)
    line = Line("comparisons", "commits/s", f"{streams} streams", rates)
    return line.against(Bar(f"at most {MOST_COMMITS}", line.value <= MOST_COMMITS))


def _window(effort: Effort) -> float:
    """Long enough for many commits."""
    return effort.stream_milliseconds / 100


def _costs(serving: Serving, simulator: Running, whole: str, effort: Effort, texts: _Texts) -> list[Line]:
    costs = _Costs()
    texts.count(flooded(serving, [whole], 2))  # until all is imported and connected
    with _reading_alone(simulator, effort) as measured:
        for _ in range(effort.stream_rounds):
            found = flooded(serving, [whole], effort.comparisons)
            texts.count(found)
            costs.flooded[BAKEOFF].append(found["server_cpu"] / found["done"] * 1e6)
            with audience(serving, [PACED], effort.comparisons) as others:
                passed = meanwhile(serving, _window(effort), simulator)
            texts.count(others.found)
            costs.paced[BAKEOFF].append(passed.cpu / passed.chunks * 1e6)
            alone = measured()
            for way, of in (("flooded", costs.flooded), ("paced", costs.paced)):
                for reader, name in ALONE.items():
                    window = alone[way][reader]
                    of[name].append(window["own_cpu"] / window["done"] * 1e6)
    return [
        *_cost_lines("flooded, CPU per piece", costs.flooded, *FLOODED_BAR),
        *_cost_lines("paced, CPU per piece", costs.paced, *PACED_BAR),
    ]


def _reading_alone(simulator: Running, effort: Effort) -> AbstractContextManager[Callable[[], Any]]:
    plan = (effort.comparisons, effort.stream_pieces, effort.stream_milliseconds, 1)
    ways = "flooded,paced"
    return rounds_of("streams", "chat", simulator.url, simulator.pid, ways, ",".join(ALONE), *plan)


def _cost_lines(what: str, costs: dict[str, list[float]], most: float, share: float) -> list[Line]:
    lines = {name: Line("comparisons", what, name, tuple(rounds), " µs") for name, rounds in costs.items()}
    ours, sdk = lines[BAKEOFF], lines[SDK]
    part = ours.value / sdk.value
    words = f"at most {share:.2g} of the SDK's ({part:.2g})"
    return [
        ours.against(under(most, ours.value, " µs")),
        *(line for line in lines.values() if line not in (ours, sdk)),
        sdk.against(Bar(words, part <= share)),
    ]
