"""Watchers of one room who only read. Its server is told to publish, and asked what that cost:

`python -m benchmarks.load.fanout flood|pace URL WATCHERS SECONDS`
"""

import asyncio
import json
import sys

import uvloop

from benchmarks.load.websocket import READY, Client, connect, text_frame
from benchmarks.load.window import fail_on_any_error

LONGEST_COMMAND = 200


class Watching(Client):
    """The room's own words come before and after the greeting, perhaps together with it."""

    def data_received(self, data: bytes) -> None:
        if not self.ready.done():
            self._greeting += data
            if READY in self._greeting:
                self.ready.set_result(None)


class Asking(Client):
    answer: "asyncio.Future[bytes]"

    def frames_arrived(self, data: bytes) -> None:
        self.answer.set_result(data)


async def run(way: str, url: str, watchers: int, seconds: float) -> dict[str, float]:
    fail_on_any_error()
    for _ in range(watchers):
        await connect(Watching, url, "read")
    asking = await connect(Asking, url)
    assert isinstance(asking, Asking)
    # Who came last was told to the others by then.
    await asyncio.sleep(0.2)
    asking.answer = asyncio.get_running_loop().create_future()
    asking.transport.write(text_frame(f"{way} {seconds}".ljust(LONGEST_COMMAND).encode()))
    answer = await asking.answer
    measured: dict[str, float] = json.loads(answer[answer.index(b"{") :])
    return measured


def main() -> None:
    way, url, watchers, seconds = sys.argv[1:]
    print(json.dumps(uvloop.run(run(way, url, int(watchers), float(seconds)))))


if __name__ == "__main__":
    main()
