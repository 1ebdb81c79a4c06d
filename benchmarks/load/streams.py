"""Many streams at once, read in one way after another, and what that costs this process.

`python -m benchmarks.load.streams DIALECT URL SERVER_PID WAYS READERS STREAMS PIECES MILLISECONDS REQUESTS`,
with commas in WAYS and READERS, says `warm` when all are, does all of it once for each line of its input, and
prints a line each time.
"""

import asyncio
import gc
import json
import math
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pkgutil import resolve_name
from typing import Any, TypeAlias

import uvloop

from backend.providers.endpoints import Dialect
from benchmarks.harness.usage import cpu_seconds
from benchmarks.load.window import Window, errors_only, measure
from benchmarks.readers import bakeoff, bare
from benchmarks.readers.reading import Connect, Read

# Imported only where it is measured: it takes seconds.
SDKS: dict[Dialect, str] = {
    "chat": "benchmarks.readers.openai_sdk:chat",
    "responses": "benchmarks.readers.openai_sdk:responses",
    "messages": "benchmarks.readers.anthropic_sdk:messages",
}
FLOORS: dict[Dialect, bare.Wire] = {"chat": bare.CHAT, "responses": bare.RESPONSES, "messages": bare.MESSAGES}
ENDLESS = 4000  # pieces; at 20 ms each
GAP = 20  # ms
MARGIN = 1.5
SETTLE = 0.05
FLOODED_SHARE = {"sdk": 1 / 8}  # of the pieces, for who would take a minute over all of them

Windows: TypeAlias = dict[str, dict[str, dict[str, Any]]]
"""By way, by reader."""


@dataclass(frozen=True, slots=True)
class Plan:
    streams: int
    pieces: int  # of one flooded answer
    milliseconds: int  # of pieces that come paced
    requests: int  # one after another, by each stream


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

    def window(self, expected: int) -> Window:
        assert self._start is not None
        began, server_cpu, own_cpu = self._start
        now, server_cpu_now, own_cpu_now = self._moment()
        if self.pieces != expected:  # nobody may be cheap by reading less
            raise ValueError(f"{self.pieces} pieces instead of {expected}")
        return Window(self.pieces, now - began, server_cpu_now - server_cpu, own_cpu_now - own_cpu)

    def _moment(self) -> tuple[float, float, float]:
        return time.perf_counter(), cpu_seconds(self._server), time.process_time()


class Load:
    """One way to read, under a plan."""

    def __init__(self, read: Read, server: int, plan: Plan, share: float) -> None:
        self._read = read
        self._server = server
        self._plan = plan
        self._pieces = math.ceil(plan.pieces * share)
        self._pause = 0

    async def warm_up(self) -> None:
        """All is imported, connected and compiled, and known how long so many requests take."""
        await self._read(_model(1), Gauge(self._server).heard)
        window = await self.requests()
        self._pause = math.ceil(MARGIN * 1000 * window.seconds / self._plan.requests) + GAP

    async def flooded(self) -> Window:
        """Whole answers. The server pauses until all requests are sent: pieces are measured alone."""
        gauge = Gauge(self._server)
        async with asyncio.TaskGroup() as group:
            for _ in range(self._plan.streams):
                group.create_task(self._read(_model(self._pieces, pause=self._pause), gauge.heard))
        return gauge.window(self._plan.streams * self._pieces)

    async def paced(self) -> Window:
        """From the midst of answers, begun evenly over one gap, so that their pieces come one by one."""
        gauges = [Gauge(self._server) for _ in range(self._plan.streams)]
        async with asyncio.TaskGroup() as group:
            reading = [
                group.create_task(self._speak_paced(gauge, number * GAP / 1000 / len(gauges)))
                for number, gauge in enumerate(gauges)
            ]
            while not all(gauge.pieces for gauge in gauges):  # noqa: ASYNC110 - an event would cost each piece
                await asyncio.sleep(SETTLE)
            await asyncio.sleep(SETTLE)
            seconds = self._plan.milliseconds / 1000
            window = await measure(self._server, seconds, lambda: sum(gauge.pieces for gauge in gauges))
            for task in reading:
                task.cancel()
        return window

    async def requests(self) -> Window:
        """On connections that are open."""
        await self._ask_all(1, Gauge(self._server))
        gauge = Gauge(self._server)
        gauge.start()
        await self._ask_all(self._plan.requests, gauge)
        return gauge.window(self._plan.streams * self._plan.requests)

    async def _speak_paced(self, gauge: Gauge, delay: float) -> None:
        await asyncio.sleep(delay)
        await self._read(_model(ENDLESS, gap=GAP), gauge.heard)

    async def _ask_all(self, times: int, gauge: Gauge) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(self._plan.streams):
                group.create_task(self._ask(times, gauge))

    async def _ask(self, times: int, gauge: Gauge) -> None:
        for _ in range(times):
            await self._read(_model(1), gauge.heard)


def readers(dialect: Dialect) -> dict[str, Connect]:
    return {
        "bakeoff": bakeoff.connecting(dialect),
        "sdk": resolve_name(SDKS[dialect]),
        "floor": bare.connecting(FLOORS[dialect]),
    }


async def main(
    dialect: Dialect, url: str, server: int, ways: Sequence[str], names: Sequence[str], plan: Plan
) -> None:
    known = readers(dialect)
    async with AsyncExitStack() as stack:
        loads: dict[str, Load] = {}
        for name in names:
            read = await stack.enter_async_context(known[name](url))
            loads[name] = Load(read, server, plan, FLOODED_SHARE.get(name, 1))
            await loads[name].warm_up()
        print("warm", flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            windows: Windows = {
                way: {name: await _window(load, way) for name, load in loads.items()} for way in ways
            }
            print(json.dumps(windows), flush=True)


async def _window(load: Load, way: str) -> dict[str, Any]:
    gc.collect()  # what the reader before has left behind
    return asdict(await getattr(load, way)())


def _model(pieces: int, *, pause: int = 0, gap: int = 0) -> str:
    return f"swift@ttft:{pause}@pace:{gap}@tokens:{pieces}"


if __name__ == "__main__":
    _, dialect, url, server, ways, names, *numbers = sys.argv
    assert dialect in SDKS
    errors_only()
    plan = Plan(*map(int, numbers))
    uvloop.run(main(dialect, url, int(server), ways.split(","), names.split(","), plan))
