"""GET one path over and over on kept connections, one request at a time on each.

`python -m benchmarks.load.http URL SERVER_PID CONNECTIONS SECONDS`
"""

import asyncio
import json
import re
import sys
from dataclasses import asdict
from typing import cast
from urllib.parse import urlsplit

import uvloop

from benchmarks.load.window import fail_on_any_error, measure

CONTENT_LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)


class Asker(asyncio.Protocol):
    """Every answer of one path is equally long, so only the first one is parsed."""

    def __init__(self, request: bytes) -> None:
        self.answers = 0
        self._request = request
        self._received = b""
        self._expected = 0
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self._received:
            data = self._received + data
        if len(data) == self._expected:
            self._received = b""
            self.answers += 1
            self._transport.write(self._request)
        elif self._expected == 0 and (head := data.find(b"\r\n\r\n")) >= 0:
            self._expected = head + 4 + self._body_length(data[:head])
            self._received = b""
            self.data_received(data)
        else:
            assert self._expected == 0 or len(data) < self._expected, "answers differ in length"
            self._received = data

    def connection_lost(self, exc: Exception | None) -> None:
        raise ConnectionError("the server closed a connection") from exc

    def _body_length(self, head: bytes) -> int:
        length = CONTENT_LENGTH.search(head)
        assert head.startswith(b"HTTP/1.1 200 "), head
        assert length, head
        return int(length[1])


async def main(url: str, server: int, connections: int, seconds: float) -> None:
    address = urlsplit(url)
    request = f"GET {address.path} HTTP/1.1\r\nhost: {address.netloc}\r\naccept: */*\r\n\r\n".encode()
    host, _, port = address.netloc.partition(":")
    fail_on_any_error()
    loop = asyncio.get_running_loop()
    askers: list[Asker] = []
    for _ in range(connections):
        _, asker = await loop.create_connection(lambda: Asker(request), host, int(port))
        askers.append(asker)
    await asyncio.sleep(seconds / 5)  # until all of them are in full swing
    window = await measure(server, seconds, lambda: sum(asker.answers for asker in askers))
    print(json.dumps(asdict(window)))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
