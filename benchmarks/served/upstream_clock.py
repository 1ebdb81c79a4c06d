"""A model server whose one word is the time: when the request was there, and when the word left.

`python -m benchmarks.served.upstream_clock`; Chat Completions, in streams, and nothing else. The clock is the
monotonic one, which all processes of a machine share. The model `clock@every:500` goes on until its reader
has enough: every 500 ms a word, the time at which it left; `clock@every:500@words:20` ends after so many.
"""

import asyncio
import re
import signal
import time
from typing import cast

import uvloop

PROGRAM = ("-m", "benchmarks.served.upstream_clock")
THINKING = 0.010  # seconds between the headers and the word, as with a real model
CLOSING = 0.002  # until the rest: the word comes alone
LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)
EVERY = re.compile(rb'"model": ?"[^"]*@every:(\d+)(?:@words:(\d+))?"')
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
START = b'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"clock","choices":[{"index":0,'
WORD = START + b'"delta":{"content":"%d %d"},"finish_reason":null}]}\n\n'
BEAT = START + b'"delta":{"content":"%d "},"finish_reason":null}]}\n\n'
LAST = START + b'"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
END = b"0\r\n\r\n"


class Clock(asyncio.Protocol):
    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._received = b""
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if found and length and len(body) >= int(length[1]):
            self._received = b""
            self._transport.write(HEAD)
            if every := EVERY.search(body):
                words = int(every[2]) if every[2] else -1
                self._beat(int(every[1]) / 1000, self._loop.time(), words)
            else:
                self._loop.call_later(THINKING, self._say, time.monotonic_ns())

    def _say(self, asked_at: int) -> None:
        self._write(WORD % (asked_at, time.monotonic_ns()))
        self._loop.call_later(CLOSING, self._end)

    def _beat(self, every: float, due: float, words: int) -> None:
        if self._transport.is_closing():
            return
        if words == 0:
            self._end()
            return
        self._write(BEAT % time.monotonic_ns())
        self._loop.call_at(due + every, self._beat, every, due + every, words - 1)

    def _end(self) -> None:
        self._write(LAST)
        self._transport.write(END)

    def _write(self, data: bytes) -> None:
        self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))


async def main() -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(Clock, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    print(f"http://{host}:{port}", flush=True)
    await ended.wait()
    server.close()


if __name__ == "__main__":
    uvloop.run(main())
