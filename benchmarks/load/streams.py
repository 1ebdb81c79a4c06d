"""Many streams at once, read in one way after another, and what that costs this process.

`python -m benchmarks.load.streams DIALECT URL SERVER_PID ROUNDS STREAMS FLOODED_PIECES PACED_PIECES REQUESTS`
"""

import asyncio
import gc
import json
import math
import sys
import time
from collections import defaultdict
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from typing import Any

import uvloop

from benchmarks.harness.usage import cpu_seconds
from benchmarks.load.window import Window
from benchmarks.readers import bakeoff, bare, official
from benchmarks.readers.reading import Connect, Read

READERS: dict[str, dict[str, Connect]] = {
    "chat": {
        "bakeoff": bakeoff.connecting("chat"),
        "sdk": official.openai_chat,
        "floor": bare.connecting(bare.CHAT),
    },
    "responses": {
        "bakeoff": bakeoff.connecting("responses"),
        "sdk": official.openai_responses,
        "floor": bare.connecting(bare.RESPONSES),
    },
    "messages": {
        "bakeoff": bakeoff.connecting("messages"),
        "sdk": official.anthropic_messages,
        "floor": bare.connecting(bare.MESSAGES),
    },
}
GAP = 20  # ms
MARGIN = 1.5


@dataclass(frozen=True, slots=True)
class Way:
    """What the answers are like, and how many each stream asks for, one after another."""

    pieces: int
    answers: int = 1
    gap: int = 0
    """ms between pieces; 0: as fast as the server can."""

    def model(self, pause: int) -> str:
        """`pause`: ms before the first piece."""
        return f"swift@ttft:{pause}@pace:{self.gap}@tokens:{self.pieces}"


class Gauge:
    """Counts pieces. What they cost is measured from the start, or from the first of them."""

    def __init__(self, server: int) -> None:
        self.pieces = 0
        self._server = server
        self._start: tuple[float, float, float] | None = None

    def start(self) -> None:
        self._start = self._moment()

    def heard(self, _text: str) -> None:
        if self._start is None:
            self.start()
        self.pieces += 1

    def window(self, done: int) -> Window:
        assert self._start is not None
        began, server_cpu, own_cpu = self._start
        now, server_cpu_now, own_cpu_now = self._moment()
        return Window(done, now - began, server_cpu_now - server_cpu, own_cpu_now - own_cpu)

    def _moment(self) -> tuple[float, float, float]:
        return time.perf_counter(), cpu_seconds(self._server), time.process_time()


async def ask(read: Read, way: Way, gauge: Gauge, delay: float, pause: int) -> None:
    await asyncio.sleep(delay)
    for _ in range(way.answers):
        await read(way.model(pause), gauge.heard)


async def measured(read: Read, way: Way, server: int, streams: int, pause: int = 0) -> Window:
    """With a pause, all requests are sent before the first piece comes, and the pieces are measured alone."""
    gauge = Gauge(server)
    gc.collect()  # what the reader before has left behind
    if not pause:
        gauge.start()
    async with asyncio.TaskGroup() as group:
        for number in range(streams):
            # Begun evenly over one gap, so that their pieces come one by one.
            delay = number * way.gap / 1000 / streams
            group.create_task(ask(read, way, gauge, delay, pause))
    expected = streams * way.answers * way.pieces
    window = gauge.window(expected)
    if gauge.pieces != expected:  # nobody may be cheap by reading less
        raise ValueError(f"{gauge.pieces} pieces instead of {expected}")
    return window


async def warmed_up(read: Read, way: Way, server: int, streams: int) -> int:
    """All is imported, connected and compiled; the pause it needs to send so many requests, in ms."""
    await measured(read, Way(1), server, 1)
    await measured(read, Way(1), server, streams)
    window = await measured(read, way, server, streams)
    return math.ceil(MARGIN * 1000 * window.seconds / way.answers) + GAP


async def main(
    dialect: str, url: str, server: int, rounds: int, streams: int, ways: dict[str, Way]
) -> dict[str, dict[str, list[dict[str, Any]]]]:
    windows: dict[str, dict[str, list[dict[str, Any]]]] = {way: defaultdict(list) for way in ways}
    async with AsyncExitStack() as stack:
        readers = {
            name: await stack.enter_async_context(connect(url)) for name, connect in READERS[dialect].items()
        }
        pauses = {
            name: await warmed_up(read, ways["requests"], server, streams) for name, read in readers.items()
        }
        for _ in range(rounds):
            for name, way in ways.items():
                for reader, read in readers.items():
                    pause = 0 if name == "requests" else pauses[reader]
                    window = await measured(read, way, server, streams, pause)
                    windows[name][reader].append(asdict(window))
    return windows


if __name__ == "__main__":
    dialect, url, *numbers = sys.argv[1:]
    server, rounds, streams, flooded, paced, requests = map(int, numbers)
    ways = {
        "flooded": Way(flooded),
        "paced": Way(paced, gap=GAP),
        "requests": Way(1, answers=requests),
    }
    print(json.dumps(uvloop.run(main(dialect, url, server, rounds, streams, ways))))
