"""Many streams at once, read in one way after another, and what a piece of an answer costs this process.

`python -m benchmarks.load.streams DIALECT URL SERVER_PID STREAMS SECONDS ROUNDS`
"""

import asyncio
import gc
import json
import sys
from collections import defaultdict
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from typing import Any

import uvloop

from benchmarks.load.window import Window, measure
from benchmarks.readers import bakeoff, bare, official
from benchmarks.readers.reading import Connect, Read

READERS: dict[str, dict[str, Connect]] = {
    "chat": {
        "Bakeoff": bakeoff.connecting("chat"),
        "SDK": official.openai_chat,
        "floor": bare.connecting(bare.CHAT),
    },
    "responses": {
        "Bakeoff": bakeoff.connecting("responses"),
        "SDK": official.openai_responses,
        "floor": bare.connecting(bare.RESPONSES),
    },
    "messages": {
        "Bakeoff": bakeoff.connecting("messages"),
        "SDK": official.anthropic_messages,
        "floor": bare.connecting(bare.MESSAGES),
    },
}


@dataclass(frozen=True, slots=True)
class Way:
    """What the streams are like."""

    pieces: int  # of one answer
    gap: int = 0  # ms between them; 0: as fast as the server can

    @property
    def model(self) -> str:
        return f"swift@ttft:0@pace:{self.gap}@tokens:{self.pieces}"


WAYS = {"flooded": Way(4000), "paced": Way(4000, gap=20), "requests": Way(1)}


class Tally:
    """Counts what one stream after another says."""

    def __init__(self) -> None:
        self.pieces = 0

    def heard(self, _text: str) -> None:
        self.pieces += 1


async def keep_reading(read: Read, way: Way, tally: Tally, delay: float) -> None:
    """Nobody may be cheap by reading less."""
    await asyncio.sleep(delay)
    expected = 0
    while True:
        await read(way.model, tally.heard)
        expected += way.pieces
        if tally.pieces != expected:
            raise ValueError(f"{tally.pieces} pieces instead of {expected}")


async def cost(read: Read, way: Way, server: int, streams: int, seconds: float) -> Window:
    """The streams begin evenly spread over one gap, so that their pieces come one by one."""
    tallies = [Tally() for _ in range(streams)]
    # One that fails would make the others look cheap: the group fails with it.
    async with asyncio.TaskGroup() as group:
        reading = [
            group.create_task(keep_reading(read, way, tally, number * way.gap / 1000 / streams))
            for number, tally in enumerate(tallies)
        ]
        while not all(tally.pieces for tally in tallies):
            await asyncio.sleep(0.01)
        await asyncio.sleep(seconds / 4)
        gc.collect()  # what the reader before has left behind
        window = await measure(server, seconds, lambda: sum(tally.pieces for tally in tallies))
        for task in reading:
            task.cancel()
    return window


async def main(
    dialect: str, url: str, server: int, streams: int, seconds: float, rounds: int
) -> dict[str, dict[str, list[dict[str, Any]]]]:
    windows: dict[str, dict[str, list[dict[str, Any]]]] = {way: defaultdict(list) for way in WAYS}
    async with AsyncExitStack() as stack:
        readers = {
            name: await stack.enter_async_context(connect(url)) for name, connect in READERS[dialect].items()
        }
        for read in readers.values():
            await read(WAYS["requests"].model, Tally().heard)
            await cost(read, WAYS["requests"], server, streams, seconds / 2)
        for _ in range(rounds):
            for name, way in WAYS.items():
                for reader, read in readers.items():
                    windows[name][reader].append(asdict(await cost(read, way, server, streams, seconds)))
    return windows


if __name__ == "__main__":
    dialect, url, server, streams, seconds, rounds = sys.argv[1:]
    print(json.dumps(uvloop.run(main(dialect, url, int(server), int(streams), float(seconds), int(rounds)))))
