"""Opens WebSockets and holds them in silence until the input ends.

`python -m benchmarks.load.silence URL COUNT`
"""

import asyncio
import sys

import uvloop

from benchmarks.load.websocket import Client, connect
from benchmarks.load.window import fail_on_any_error

AT_ONCE = 50


async def main(url: str, count: int) -> None:
    fail_on_any_error()
    clients: list[Client] = []
    while len(clients) < count:
        some = min(AT_ONCE, count - len(clients))
        clients += await asyncio.gather(*(connect(Client, url) for _ in range(some)))
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2])))
