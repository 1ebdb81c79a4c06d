"""Where the time of the hot path goes: Bakeoff's own process, sampled while answers stream, by its parts.

50 comparisons of one lane, each with somebody who watches: *paced*, a piece every 20 ms, and *flooded*, whole
answers as fast as they come once all have been asked. First the CPU of a piece with nobody looking, once (in
rounds, and beside others, it is measured by `comparisons`). Then
py-spy looks a hundred times a second, without stopping it, at every thread that is at work, and each sight
belongs to the part of the innermost function that is of any: what a library or the kernel does for a part
is that part's, and what nobody asked for is the event loop's. A thread that waits for work is not at work,
whatever its lock looks like. py-spy comes from PyPI and is no dependency; without it, the costs stand alone.
"""

import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

from benchmarks.harness.audience import audience, chunks_sent, flooded, meanwhile
from benchmarks.harness.effort import Effort
from benchmarks.harness.processes import Running, server
from benchmarks.harness.report import Line, Report
from benchmarks.harness.throwaway import NotInstalledError, from_pypi
from benchmarks.served import upstream
from benchmarks.served.bakeoff import Serving, bakeoff

_SPY: Final = "py-spy==0.4.3"
_RATE: Final = 100
LOOK_AGAIN: Final = 0.02
PACED: Final = "up/swift@ttft:0@pace:20@tokens:100000"
PAUSE: Final = 50  # ms for each comparison, until all have been asked
LONGER: Final = 12
"""Times the pieces of a flood, so that there is something to look at."""
BIGGEST: Final = 3
"""So many are explained."""


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    pattern: str
    """Of its functions and their files."""
    why: str
    """What there is to be done."""


PARTS: Final = (
    Part(
        "database",
        r"sqlite3|/aiosqlite/|/sqlalchemy/|/asyncpg/|backend/kit/(db|sqlite|unavailable)\.py",
        "ten commits a second at most, for all streams together",
    ),
    Part(
        "writing what is new",
        r"backend/(comparisons/(writing|batch|repository)|usage/.*)\.py",
        "the statements of these commits",
    ),
    Part(
        "reading upstream",
        r"/aiohttp/|backend/providers/transport\.py",
        "chunked HTTP taken apart, and the task that waits for it woken once for each read",
    ),
    Part(
        "decoding",
        r"backend/providers/((sse|decoding|dialects|chat)\.py|openai/|anthropic/)",
        "each event split off and made a struct of the few fields that are used; nothing is decoded twice",
    ),
    Part("exchange", r"backend/providers/", "clocks and moments of each read"),
    Part(
        "lane", r"backend/comparisons/(lane|fanout|conductor|contestants)\.py", "one hand-over for each read"
    ),
    Part(
        "recorder",
        r"backend/comparisons/",
        "pieces gathered into frames and kept for the next commit; what has ended, counted and searched",
    ),
    Part("encoding", r"backend/rooms/frames\.py|/msgspec/", "each event once, whoever hears it"),
    Part("room", r"backend/rooms/", "each event applied, numbered and kept for those who come back"),
    Part(
        "socket send",
        r"backend/server/",
        "one system call for each frame and watcher, which is nearly all of it",
    ),
)
LOOP: Final = Part(
    "event loop",
    "",
    "the wait for sockets and one system call to read each piece that comes alone",
)
WAITING: Final = re.compile(
    r"^(_worker .*concurrent/futures/thread|_connection_worker_thread .*aiosqlite/core)"
)
"""The innermost functions of threads that have nothing to do."""
TORN: Final = 0.1
"""Of all lines, at most."""
_SAMPLE: Final = re.compile(r"^(.*) (\d+)$")


Look: TypeAlias = tuple[float, list[str]]
"""Seconds of CPU for each piece, and stacks that were seen."""


def prepare(effort: Effort) -> None:
    if effort.profiled:
        _spy([])


def run(effort: Effort) -> Report:
    lines: list[Line] = []
    notes: list[str] = []
    spy = _spy(notes) if effort.profiled else None
    short, long = (_flood(effort, pieces) for pieces in (effort.stream_pieces, LONGER * effort.stream_pieces))
    models = [PACED, short, long]
    with server(*upstream.PROGRAM) as simulator, bakeoff({"up": simulator.url}, models) as serving:
        looks = {
            "paced": _paced(serving, simulator, spy, effort),
            "flooded": _flooded(serving, simulator, spy, effort, short, long),
        }
    for way, (seconds, stacks) in looks.items():
        seen = by_part(stacks)
        lines += _lines(way, seconds, seen, effort)
        if seen:
            notes.append(explained(way, seen))
        elif spy:
            notes.append(
                f"hot_path, {way}: py-spy saw nothing; it may not be allowed to look at processes here."
            )
    return Report(tuple(lines), tuple(notes))


def _flood(effort: Effort, pieces: int) -> str:
    return f"up/swift@ttft:{PAUSE * effort.comparisons}@pace:0@tokens:{pieces}"


def _paced(serving: Serving, simulator: Running, spy: Path | None, effort: Effort) -> Look:
    with audience(serving, [PACED], effort.comparisons):
        seconds = effort.stream_milliseconds / 100
        passed = meanwhile(serving, seconds, simulator)
        stacks = _sampled(spy, serving, effort.profiled) if spy else []
    return passed.cpu / max(1, passed.chunks), stacks


def _flooded(
    serving: Serving, simulator: Running, spy: Path | None, effort: Effort, short: str, long: str
) -> Look:
    found = flooded(serving, [short], effort.comparisons)
    stacks: list[str] = []
    if spy:
        with ThreadPoolExecutor(1) as pool:
            before = chunks_sent(simulator)
            running = pool.submit(flooded, serving, [long], effort.comparisons)
            while chunks_sent(simulator) == before and not running.done():
                time.sleep(LOOK_AGAIN)
            stacks = _sampled(spy, serving, effort.profiled)
            running.result()
    return found["server_cpu"] / found["done"], stacks


def _spy(notes: list[str]) -> Path | None:
    try:
        return from_pypi(_SPY) / "py-spy"
    except NotInstalledError as missing:
        notes.append(f"hot_path: {_SPY} could not be installed, so there are no shares: {missing}.")
        return None


def _sampled(spy: Path, serving: Serving, seconds: float) -> list[str]:
    with TemporaryDirectory() as folder:
        found = Path(folder) / "stacks"
        looking = f"--pid {serving.pid} --rate {_RATE} --duration {seconds:.0f} --format raw --nonblocking"
        process = subprocess.Popen(
            [str(spy), "record", *looking.split(), "--full-filenames", "--output", str(found)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(seconds * 10 + 60)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)  # it writes what it has
            process.wait(60)
        return found.read_text(encoding="utf-8").splitlines() if found.exists() else []


def _lines(way: str, seconds: float, seen: Counter[str], effort: Effort) -> list[Line]:
    of = f"{effort.comparisons} streams"
    cost = Line("hot_path", f"{way}, CPU per piece", of, (seconds * 1e6,), " µs")
    total = seen.total()
    return [cost] + [
        Line(
            "hot_path",
            f"{way}, CPU per piece: {part}",
            f"{count / total:.0%}",
            (cost.value * count / total,),
            " µs",
        )
        for part, count in seen.most_common()
    ]


def by_part(stacks: Sequence[str]) -> Counter[str]:
    """`stacks` as py-spy writes them: frames from the outside in, and how often they were seen. It looks
    without holding the process up, so a name may be torn, and a line with it; hardly any are.
    """
    seen: Counter[str] = Counter()
    samples = [_SAMPLE.match(line) for line in stacks]
    if samples.count(None) > len(stacks) * TORN:
        raise ValueError(f"not a stack: {stacks[samples.index(None)]!r}")
    for sample in filter(None, samples):
        frames = sample[1].split(";")
        if not WAITING.match(frames[-1]):
            seen[_part_of(frames)] += int(sample[2])
    return seen


def _part_of(frames: list[str]) -> str:
    for frame in reversed(frames):
        for part in PARTS:
            if re.search(part.pattern, frame):
                return part.name
    return LOOP.name


def explained(way: str, seen: Counter[str]) -> str:
    whys = {part.name: part.why for part in (*PARTS, LOOP)}
    biggest = [
        f"{part} {count / seen.total():.0%} ({whys[part]})" for part, count in seen.most_common(BIGGEST)
    ]
    return f"Where most of the hot path's CPU goes, {way}: {'; '.join(biggest)}."
