"""Bakeoff beside gateways that other people make, in front of the same model server, in the same run.

All are asked for the same stream over HTTP, Bakeoff by `POST /api/comparisons/run`, which also makes a
comparison, keeps it in the database, numbers its events and opens its room. The model server's words are the
times at which they left it, so nobody's wrapping or joining of them changes what is found. One client in a
process of its own for all, every stream on a connection of its own, one gateway after another in each round.

* First word: of one stream; from the question to the reader, with the commit by which Bakeoff has the
  question on its record before anybody is asked, and from the model server to the reader. What reading the
  model server directly takes is taken off both.
* Paced: 50 streams with a word every 100 ms, which all of them can follow, after all have spoken; CPU of the
  gateway and all that it started, for each word that was read, and how late words are. They end by
  themselves, because Bakeoff goes on when a reader leaves.
* Held: 500 streams with a word every second; resident memory with them, and without.

Gateways are installed from PyPI and npm, in the versions that are named, when they are first measured. One
that cannot be had, or that does not pass on a stream, is reported as that and not measured.
"""

import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import msgspec
import uvloop

from benchmarks.harness.effort import Effort
from benchmarks.harness.processes import ROOT, Running, server
from benchmarks.harness.report import Line, Report, at_least, side_by_side
from benchmarks.harness.throwaway import NotInstalledError
from benchmarks.load.gateway import Plan
from benchmarks.load.guests import PROMPT, guests
from benchmarks.served import upstream_clock
from benchmarks.served.bakeoff import bakeoff
from benchmarks.served.gateways import GATEWAYS, Asked, Gateway, gateway, refusal

OURS, DIRECT = "Bakeoff", "read directly"
ONE, PACED, HELD = "clock", "clock@every:100@words:80", "clock@every:1000"
MODELS = (ONE, PACED, HELD)
WARM = 2
"""First words that do not count: until all is imported and connected."""
MEGABYTE, KILOBYTE = 1e6, 1e3
PATIENCE = 120  # seconds: a gateway may take a while over very many streams

Rounds = dict[str, list[float]]  # by who


@dataclass(slots=True)
class Found:
    whole: Rounds = field(default_factory=lambda: defaultdict(list))
    back: Rounds = field(default_factory=lambda: defaultdict(list))
    cost: Rounds = field(default_factory=lambda: defaultdict(list))
    late: Rounds = field(default_factory=lambda: defaultdict(list))
    latest: Rounds = field(default_factory=lambda: defaultdict(list))
    memory: Rounds = field(default_factory=lambda: defaultdict(list))
    grown: Rounds = field(default_factory=lambda: defaultdict(list))
    opened: Rounds = field(default_factory=lambda: defaultdict(list))

    def all(self) -> tuple[Rounds, ...]:
        return self.whole, self.back, self.cost, self.late, self.latest, self.memory, self.grown, self.opened


def prepare(effort: Effort) -> None:
    for kind in GATEWAYS:
        with suppress(NotInstalledError):  # which is said when it is to be measured
            if kind.name in effort.peers:
                kind.install()


def run(effort: Effort, gateways: Sequence[Gateway] = GATEWAYS) -> Report:
    notes: list[str] = []
    found = Found()
    chosen = [each for each in gateways if each.name in effort.peers]
    with ExitStack() as stack:
        clock = stack.enter_context(server(*upstream_clock.PROGRAM))
        ways = {OURS: stack.enter_context(_our_own(clock))}
        for kind in chosen:
            if entered := _entered(kind, clock, stack, notes):
                ways[kind.name] = entered
        ways[DIRECT] = Asked(clock.url, "/openai/v1/chat/completions", {}, None)
        for _ in range(effort.stream_rounds):
            for name in tuple(ways):
                with who_can_follow(name, ways, found, notes):
                    _first_and_paced(name, ways[name], effort, found)
        for name in tuple(ways):
            with who_can_follow(name, ways, found, notes):
                _held(name, ways[name], effort, found)
    return Report(tuple(_lines(found, effort)), tuple(notes))


@contextmanager
def who_can_follow(name: str, ways: dict[str, Asked], found: Found, notes: list[str]) -> Iterator[None]:
    """Who cannot is out, with all that was measured before: half a comparison would be none."""
    try:
        yield
    except subprocess.TimeoutExpired as slow:
        if name in {OURS, DIRECT}:
            raise
        del ways[name]
        for rounds in found.all():
            rounds.pop(name, None)
        notes.append(f"{name} was given up: it did not manage its streams within {slow.timeout:.0f} s.")


def _entered(kind: Gateway, clock: Running, stack: ExitStack, notes: list[str]) -> Asked | None:
    named = f"{kind.name} {kind.version}"
    try:
        asked = stack.enter_context(gateway(kind, clock.url, MODELS))
    except NotInstalledError as missing:
        notes.append(f"{named} was not measured: {missing}.")
        return None
    if said := refusal(asked, ONE):
        notes.append(f"{named} was not measured: it passes on no stream here, it answers {said}.")
        return None
    notes.append(f"{named} was measured.")
    return asked


@contextmanager
def _our_own(clock: Running) -> Iterator[Asked]:
    with bakeoff({"clock": clock.url}, [f"clock/{model}" for model in MODELS]) as serving:
        headers = {
            "authorization": f"Bearer {uvloop.run(_token(serving.url))}",
            "accept": "text/event-stream",
        }
        yield Asked(
            serving.url,
            "/api/comparisons/run",
            headers,
            serving.pid,
            lambda model: {"prompt": PROMPT, "modelIds": [f"clock/{model}"]},
        )


async def _token(url: str) -> str:
    async with guests(url, 1) as (guest,):
        return guest.token


def _first_and_paced(name: str, asked: Asked, effort: Effort, found: Found) -> None:
    plan = {"streams": effort.streams, "seconds": effort.stream_milliseconds / 100}
    delays = _load("first", asked, ONE, repeats=WARM + effort.first_words)["delays"][WARM:]
    found.whole[name].append(median(there + back for there, back in delays))
    found.back[name].append(median(back for _, back in delays))
    passed = _load("paced", asked, PACED, **plan)
    found.late[name].append(passed["p50"])
    found.latest[name].append(passed["p99"])
    if asked.pid is not None:
        found.cost[name].append(passed["cpu"] / passed["words"] * 1e6)


def _held(name: str, asked: Asked, effort: Effort, found: Found) -> None:
    if asked.pid is None:
        return
    measured = _load("held", asked, HELD, streams=effort.peer_streams, seconds=min(2.0, effort.silence))
    found.memory[name].append(measured["after"] / MEGABYTE)
    grown = max(0, measured["after"] - measured["before"])
    found.grown[name].append(grown / effort.peer_streams / KILOBYTE)
    found.opened[name].append(measured["opened"])


def _load(
    way: str, asked: Asked, model: str, *, streams: int = 1, seconds: float = 0, repeats: int = 1
) -> dict[str, Any]:
    plan = Plan(
        asked.url, asked.path, dict(asked.headers), asked.body(model), asked.pid, streams, seconds, repeats
    )
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load.gateway", way],
        cwd=ROOT,
        input=msgspec.json.encode(plan),
        stdout=subprocess.PIPE,
        check=True,
        timeout=PATIENCE,
    )
    measured: dict[str, Any] = msgspec.json.decode(done.stdout)
    return measured


def _lines(found: Found, effort: Effort) -> Iterator[Line]:
    paced, held = f"{effort.streams} paced", f"{effort.peer_streams} held"
    yield from _compared("first word, question to reader, p50 added", _added(found.whole), " ms", barred=True)
    yield from _compared("first word, server to reader, p50 added", _added(found.back), " ms", barred=True)
    yield from _compared(f"{paced}, CPU per word", found.cost, " µs", barred=True)
    yield from _compared(f"{paced}, delay of a word, p50", found.late, " ms")
    yield from _compared(f"{paced}, delay of a word, p99", found.latest, " ms")
    yield from _compared(f"{held}, memory", found.memory, " MB")
    yield from _compared(f"{held}, memory of each", found.grown, " kB")
    yield from _compared(f"{held}, until all have spoken", found.opened, " s")


def _added(rounds: Rounds) -> Rounds:
    """Over the same without anybody between, in the same round."""
    bare = rounds[DIRECT]
    least = 0.001  # one that is not slower at all
    return {
        name: [max(least, mine - direct) for mine, direct in zip(figures, bare, strict=True)]
        for name, figures in rounds.items()
        if name != DIRECT
    }


def _compared(what: str, rounds: Mapping[str, list[float]], unit: str, *, barred: bool = False) -> list[Line]:
    ours, *others = side_by_side("peers", what, _never_zero(rounds), unit, first=OURS, more_is_better=False)
    if not barred:
        return [ours, *others]
    return [ours, *(each.against(at_least(1, each.first_better_by or 0, " x")) for each in others)]


def _never_zero(rounds: Mapping[str, list[float]]) -> dict[str, list[float]]:
    return {name: [max(figure, 1e-6) for figure in figures] for name, figures in rounds.items()}
