"""Streams through a gateway, whose words are the times at which they left their model server.

`python -m benchmarks.load.gateway first|paced|held`, and on its input the plan as JSON. However a gateway
wraps what it passes on, and however much of it in one go, the words are found in the bytes as they come.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import Callable, Mapping
from statistics import quantiles
from typing import Any, Self, cast
from urllib.parse import urlsplit

import msgspec
import psutil
import uvloop

from benchmarks.harness.usage import cpu_seconds, resident_bytes
from benchmarks.load.window import fail_on_any_error

_WORD = re.compile(rb"(\d{9,}) ")
_PAIR = re.compile(rb"(\d{9,}) (\d{9,})")
_LONGEST = 64  # bytes: a word may come in two reads
_END_OF_BODY = b"0\r\n\r\n"
AT_ONCE = 10


class Plan(msgspec.Struct):
    url: str
    path: str
    headers: dict[str, str]
    body: Any
    pid: int | None
    """Of the gateway: with all that it started, it is looked at."""
    streams: int
    seconds: float
    repeats: int


class Stream(asyncio.Protocol):
    """One request on a connection of its own."""

    def __init__(self, hear: Callable[[int, int], None]) -> None:
        self._hear = hear
        self._rest = b""
        self._head = b""
        self._transport: asyncio.WriteTransport
        self._leaving = False
        self.spoke = asyncio.get_running_loop().create_future()
        self.ended = asyncio.get_running_loop().create_future()
        self.pair: tuple[int, int, int] | None = None
        """When the request was at the model server, when its word left and was here."""

    @classmethod
    async def connected(cls, url: str, hear: Callable[[int, int], None]) -> Self:
        host, _, port = urlsplit(url).netloc.partition(":")
        loop = asyncio.get_running_loop()
        _, stream = await loop.create_connection(lambda: cls(hear), host, int(port))
        return stream

    def ask(self, request: bytes) -> None:
        self._transport.write(request)

    def leave(self) -> None:
        self._leaving = True
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)
        if not self.spoke.done():
            self.spoke.set_exception(ConnectionError(f"no word in {self._head[:300]!r}"))
        elif not self._leaving and self.pair is None:
            raise ConnectionError("a gateway broke off a stream") from exc

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        data = self._rest + data
        if not self.spoke.done():
            self._head += data
            if self.pair is None and (pair := _PAIR.search(data)):
                self.pair = int(pair[1]), int(pair[2]), now
        end = 0
        for word in _WORD.finditer(data):
            end = word.end()
            self._hear(int(word[1]), now)
        if end and not self.spoke.done():
            self.spoke.set_result(None)
        self._rest = data[max(end, len(data) - _LONGEST) :]
        if data.endswith(_END_OF_BODY) and not self.ended.done():
            self.ended.set_result(None)


def request_of(plan: Plan) -> bytes:
    content = msgspec.json.encode(plan.body)
    own = {"host": urlsplit(plan.url).netloc, "content-type": "application/json", **plan.headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in own.items())
    return f"POST {plan.path} HTTP/1.1\r\n{head}content-length: {len(content)}\r\n\r\n".encode() + content


async def first(plan: Plan) -> dict[str, Any]:
    """One stream after another: milliseconds from question to model server, and from there to here."""
    request, delays = request_of(plan), []
    for _ in range(plan.repeats):
        stream = await Stream.connected(plan.url, _ignore)
        asked_at = time.monotonic_ns()
        stream.ask(request)
        await stream.spoke
        await stream.ended
        stream.leave()
        assert stream.pair
        received_at, sent_at, heard_at = stream.pair
        delays.append(((received_at - asked_at) / 1e6, (heard_at - sent_at) / 1e6))
    return {"delays": delays}


async def paced(plan: Plan) -> dict[str, Any]:
    """What the words of many streams cost the gateway, and how late they are here."""
    delays: list[float] = []

    def hear(sent: int, now: int) -> None:
        delays.append((now - sent) / 1e6)

    streams = await _spoken(plan, hear)
    delays.clear()
    began, cpu = time.perf_counter(), _cpu(plan.pid)
    await asyncio.sleep(plan.seconds)
    measured = {
        "words": len(delays),
        "cpu": _cpu(plan.pid) - cpu,
        "seconds": time.perf_counter() - began,
        **_percentiles(delays),
    }
    for stream in streams:
        stream.leave()
    return measured


async def held(plan: Plan) -> dict[str, Any]:
    before = _memory(plan.pid)
    began = time.perf_counter()
    streams = await _spoken(plan, _ignore)
    opened = time.perf_counter() - began
    await asyncio.sleep(plan.seconds)
    measured = {"before": before, "after": _memory(plan.pid), "opened": opened}
    for stream in streams:
        stream.leave()
    return measured


async def _spoken(plan: Plan, hear: Callable[[int, int], None]) -> list[Stream]:
    """All of them have said something; a few at a time are asked."""
    request, few = request_of(plan), asyncio.Semaphore(AT_ONCE)

    async def open_one() -> Stream:
        async with few:
            stream = await Stream.connected(plan.url, hear)
            stream.ask(request)
            await stream.spoke
            return stream

    return list(await asyncio.gather(*(open_one() for _ in range(plan.streams))))


def _family(pid: int | None) -> list[int]:
    if pid is None:
        return []
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def _cpu(pid: int | None) -> float:
    return sum(map(cpu_seconds, _family(pid)))


def _memory(pid: int | None) -> int:
    return sum(map(resident_bytes, _family(pid)))


def _percentiles(delays: list[float]) -> Mapping[str, float]:
    found = quantiles(delays, n=100, method="inclusive")
    return {"p50": found[49], "p99": found[98]}


def _ignore(_sent: int, _now: int) -> None:
    pass


async def main(way: str, plan: Plan) -> None:
    fail_on_any_error()
    print(json.dumps(await {"first": first, "paced": paced, "held": held}[way](plan)))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)))
