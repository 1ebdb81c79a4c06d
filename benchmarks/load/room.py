"""One room: subscribers that count what arrives, and one publisher.

It floods the room, takes turns with the subscribers or speaks every 20 ms:
`python -m benchmarks.load.room flood|turns|paced URL SERVER_PID SUBSCRIBERS SECONDS`
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict
from statistics import quantiles

import uvloop

from benchmarks.load.websocket import Client, connect, size_on_arrival, text_frame
from benchmarks.load.window import Window, fail_on_any_error, measure

PAYLOAD = 200  # bytes: an event with a piece of a model's answer in it
FRAME = size_on_arrival(PAYLOAD)
FLOODING, TAKING_TURNS = 32, 1  # messages the publisher is ahead of what the first subscriber has read
EVERY = 0.020
STAMP = 20  # digits


class Counting(Client):
    """All frames are equally long, so the bytes tell their number."""

    arrived = 0

    def frames_arrived(self, data: bytes) -> None:
        self.arrived += len(data)


class Leading(Counting):
    """For every message that this subscriber gets, the publisher sends another one."""

    publisher: Client
    ahead = FLOODING
    sent = 0
    message = text_frame(b"m" * PAYLOAD)

    def frames_arrived(self, data: bytes) -> None:
        super().frames_arrived(data)
        self.keep_full()

    def keep_full(self) -> None:
        missing = self.arrived // FRAME + self.ahead - self.sent
        self.sent += missing
        self.publisher.transport.write(self.message * missing)


class Timing(Counting):
    """The messages carry the time they were sent at. Frames of 20 ms apart come whole."""

    def __init__(self, host: str, path: str) -> None:
        super().__init__(host, path)
        self.delays: list[int] = []

    def frames_arrived(self, data: bytes) -> None:
        now = time.perf_counter_ns()
        super().frames_arrived(data)
        for start in range(4, len(data), FRAME):
            self.delays.append(now - int(data[start : start + STAMP]))


async def flood(
    url: str, server: int, subscribers: int, seconds: float, ahead: int = FLOODING
) -> dict[str, float]:
    fail_on_any_error()
    publisher = await connect(Client, url)
    leading = await connect(Leading, url, "read")
    assert isinstance(leading, Leading)
    others = [await connect(Counting, url, "read") for _ in range(subscribers - 1)]
    everyone = [client for client in (leading, *others) if isinstance(client, Counting)]
    leading.publisher, leading.ahead = publisher, ahead
    leading.keep_full()
    await asyncio.sleep(seconds / 5)
    return asdict(await _deliveries(server, seconds, everyone))


async def turns(url: str, server: int, subscribers: int, seconds: float) -> dict[str, float]:
    """Nothing can be sent together: the dearest way to deliver."""
    return await flood(url, server, subscribers, seconds, TAKING_TURNS)


async def paced(url: str, server: int, subscribers: int, seconds: float) -> dict[str, float]:
    fail_on_any_error()
    publisher = await connect(Client, url)
    everyone = [await connect(Timing, url, "read") for _ in range(subscribers)]
    timing = [client for client in everyone if isinstance(client, Timing)]
    speaking = asyncio.create_task(_speak(publisher))
    await asyncio.sleep(seconds / 5)
    for client in timing:
        client.delays.clear()
    window = await _deliveries(server, seconds, timing)
    speaking.cancel()
    delays = [delay / 1e6 for client in timing for delay in client.delays]
    percentiles = quantiles(delays, n=100, method="inclusive")
    return {**asdict(window), "p50_ms": percentiles[49], "p99_ms": percentiles[98]}


async def _speak(publisher: Client) -> None:
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        stamp = str(time.perf_counter_ns()).rjust(STAMP).ljust(PAYLOAD)
        publisher.transport.write(text_frame(stamp.encode()))
        due += EVERY
        await asyncio.sleep(due - loop.time())


async def _deliveries(server: int, seconds: float, subscribers: list[Counting] | list[Timing]) -> Window:
    return await measure(
        server, seconds, lambda: sum(subscriber.arrived for subscriber in subscribers) // FRAME
    )


def main() -> None:
    way, url, server, subscribers, seconds = sys.argv[1:]
    run = {"flood": flood, "turns": turns, "paced": paced}[way]
    print(json.dumps(uvloop.run(run(url, int(server), int(subscribers), float(seconds)))))


if __name__ == "__main__":
    main()
