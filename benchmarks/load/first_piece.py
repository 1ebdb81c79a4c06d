"""What lies between a question and its server, and between its first piece and who reads it.

One stream at a time, read in one way after another; then the same among other streams in this process.
`python -m benchmarks.load.first_piece CLOCK_URL SIMULATOR_URL ROUNDS REPEATS STREAMS`
"""

import asyncio
import json
import re
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from statistics import median
from typing import TypeAlias, cast
from urllib.parse import urlsplit

import uvloop

from benchmarks.load.window import fail_on_any_error
from benchmarks.readers import bakeoff, bare, openai_sdk
from benchmarks.readers.reading import Read

CLOCK = "clock"
NEIGHBOUR = "swift@ttft:0@pace:20@tokens:4000"
GAP = 0.020
SETTLE = 0.2
PIECE = re.compile(rb'"content":"(\d+ \d+)"')
END_OF_BODY = b"0\r\n\r\n"

Delays: TypeAlias = tuple[float, float]
"""Milliseconds from the question to its server, and from the server's first piece to its reader."""
Timed: TypeAlias = Callable[[], Awaitable[Delays]]
Medians: TypeAlias = dict[str, list[Delays]]


class RawSocket(asyncio.Protocol):
    """Sends a request that is ready, and looks at the bytes as they come: nobody can be earlier."""

    def __init__(self, url: str) -> None:
        content = bare.body(bare.CHAT, CLOCK)
        headers = {**bare.HEADERS, "host": urlsplit(url).netloc, "content-length": str(len(content))}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._request = f"POST {bare.CHAT.path} HTTP/1.1\r\n{head}\r\n".encode() + content
        self._transport: asyncio.WriteTransport
        self._received = b""
        self._heard_at = 0
        self._ended: asyncio.Future[None]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        self._received += data
        if not self._heard_at and PIECE.search(data):
            self._heard_at = now
        if self._received.endswith(END_OF_BODY):
            self._ended.set_result(None)

    async def timed(self) -> Delays:
        self._received, self._heard_at = b"", 0
        self._ended = asyncio.get_running_loop().create_future()
        asked_at = time.monotonic_ns()
        self._transport.write(self._request)
        await self._ended
        piece = PIECE.search(self._received)
        assert piece, self._received
        return _delays(asked_at, piece[1].decode(), self._heard_at)

    def close(self) -> None:
        self._transport.close()


@asynccontextmanager
async def raw_socket(url: str) -> AsyncIterator[Timed]:
    host, _, port = urlsplit(url).netloc.partition(":")
    _, raw = await asyncio.get_running_loop().create_connection(lambda: RawSocket(url), host, int(port))
    try:
        yield raw.timed
    finally:
        raw.close()


def through(read: Read) -> Timed:
    async def timed() -> Delays:
        heard: list[tuple[str, int]] = []
        asked_at = time.monotonic_ns()
        await read(CLOCK, lambda text: heard.append((text, time.monotonic_ns())))
        return _delays(asked_at, *heard[0])

    return timed


@asynccontextmanager
async def neighbours(read: Read, streams: int) -> AsyncIterator[None]:
    """They speak every 20 ms, evenly spread, for longer than anything here takes."""

    async def run(delay: float) -> None:
        await asyncio.sleep(delay)
        await read(NEIGHBOUR, _ignore)

    running = [asyncio.create_task(run(number * GAP / streams)) for number in range(streams)]
    await asyncio.sleep(SETTLE)
    try:
        yield
        assert not any(task.done() for task in running), "a neighbour fell silent"
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def medians(ways: Mapping[str, Timed], rounds: int, repeats: int) -> Medians:
    """By turns, so that whatever the machine does meanwhile hits all of them."""
    found: Medians = defaultdict(list)
    for _ in range(rounds):
        delays: Medians = defaultdict(list)
        for _ in range(repeats):
            for name, timed in ways.items():
                delays[name].append(await timed())
        for name, each in delays.items():
            found[name].append((median(delay[0] for delay in each), median(delay[1] for delay in each)))
    return found


async def main(clock: str, simulator: str, rounds: int, repeats: int, streams: int) -> dict[str, Medians]:
    fail_on_any_error()
    ours = bakeoff.connecting("chat")
    async with raw_socket(clock) as raw, ours(clock) as read, openai_sdk.chat(clock) as read_by_sdk:
        ways = {"bakeoff": through(read), "sdk": through(read_by_sdk), "floor": raw}
        await medians(ways, 1, 2)  # until all is imported and connected
        alone = await medians(ways, rounds, repeats)
        async with ours(simulator) as read_others, neighbours(read_others, streams):
            among_others = await medians(ways, rounds, repeats)
    return {"one stream": alone, f"among {streams} streams": among_others}


def _delays(asked_at: int, piece: str, heard_at: int) -> Delays:
    received_at, sent_at = map(int, piece.split())
    return (received_at - asked_at) / 1e6, (heard_at - sent_at) / 1e6


def _ignore(_text: str) -> None:
    pass


if __name__ == "__main__":
    clock, simulator, *numbers = sys.argv[1:]
    print(json.dumps(uvloop.run(main(clock, simulator, *map(int, numbers)))))
