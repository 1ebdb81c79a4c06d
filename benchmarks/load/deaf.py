"""One room that gets two megabytes a second: members that note how late each message is, without and
then with one more that reads nothing.

`python -m benchmarks.load.deaf URL MEMBERS SECONDS`
"""

import asyncio
import gc
import json
import socket
import sys
import time
from collections.abc import Sequence
from statistics import quantiles
from urllib.parse import urlsplit

import uvloop

from benchmarks.load.websocket import Client, connect, size_on_arrival, text_frame
from benchmarks.load.window import fail_on_any_error

PAYLOAD = 20_000  # bytes
EVERY = 0.010
STAMP = 20  # digits
FRAME = size_on_arrival(PAYLOAD)
HEAD = FRAME - PAYLOAD
SMALL = 16 * 1024  # a receive buffer that leaves what is not read with the server


class Member(Client):
    """The messages begin with the time at which they were sent; a delay ends with the last byte."""

    def __init__(self, host: str, path: str) -> None:
        super().__init__(host, path)
        self.delays: list[int] = []
        self._rest = b""

    def frames_arrived(self, data: bytes) -> None:
        now = time.perf_counter_ns()
        data = self._rest + data
        whole = len(data) // FRAME * FRAME
        for start in range(HEAD, whole, FRAME):
            self.delays.append(now - int(data[start : start + STAMP]))
        self._rest = data[whole:]


class Deaf(Client):
    def connection_lost(self, _exc: Exception | None) -> None:
        """As it is meant to be."""


async def main(url: str, members: int, seconds: float) -> dict[str, float]:
    """Over before the server asks by a ping whether anybody is there."""
    fail_on_any_error()
    publisher = await connect(Client, url)
    clients = [await connect(Member, url, "read") for _ in range(members)]
    everyone = [client for client in clients if isinstance(client, Member)]
    await _heard(publisher, everyone, seconds / 5)
    without = await _heard(publisher, everyone, seconds)
    (await _deaf(url)).transport.pause_reading()  # type: ignore[attr-defined]
    return {"without": without, "with": await _heard(publisher, everyone, seconds)}


async def _heard(publisher: Client, everyone: Sequence[Member], seconds: float) -> float:
    """Milliseconds, the 99th percentile."""
    for member in everyone:
        member.delays.clear()
    gc.enable()
    gc.collect()
    gc.disable()  # a pause here is none of theirs
    due = time.monotonic()
    for _ in range(round(seconds / EVERY)):
        stamp = str(time.perf_counter_ns()).rjust(STAMP).ljust(PAYLOAD)
        publisher.transport.write(text_frame(stamp.encode()))
        due += EVERY
        await asyncio.sleep(due - time.monotonic())
    await asyncio.sleep(0.2)
    delays = [delay / 1e6 for member in everyone for delay in member.delays]
    return quantiles(delays, n=100, method="inclusive")[98]


async def _deaf(url: str) -> Deaf:
    address = urlsplit(url).netloc
    host, _, port = address.partition(":")
    loop = asyncio.get_running_loop()
    unread = socket.socket()
    unread.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    unread.setblocking(False)  # noqa: FBT003 - its only parameter
    await loop.sock_connect(unread, (host, int(port)))
    _, client = await loop.create_connection(lambda: Deaf(address, "/ws?read"), sock=unread)
    await client.ready
    return client


if __name__ == "__main__":
    _, url, members, seconds = sys.argv
    print(json.dumps(uvloop.run(main(url, int(members), float(seconds)))))
