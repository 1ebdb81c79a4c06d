"""Comparisons, each with one person who watches it, from their first word to the last; all texts are kept.

`python -m benchmarks.load.audience hold URL PID DATABASE COMPARISONS MODEL…` says `open` when every lane has
spoken, and stops them all when its input ends. `… flood …` starts all of them at once and hears them out.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from statistics import quantiles
from typing import Any, TypeAlias

import uvloop

from backend.kit.utf16 import units
from benchmarks.harness.usage import cpu_seconds
from benchmarks.load.guests import Guest, guests, stored_texts
from benchmarks.load.listener import Listener, Said, decode
from benchmarks.load.window import Window, fail_on_any_error

SOCKETS_A_PERSON = 90
AT_ONCE = 8
ENDED = frozenset({"comparison_complete", "comparison_error"})
Seat: TypeAlias = tuple[str, Guest, Listener]
"""In which room, who, and with what ears."""
REFUSED = frozenset({"error", "model_error", "model_retry", "session_closed"})


@dataclass(frozen=True, slots=True)
class House:
    url: str
    pid: int
    database: Path


class Stream:
    """One response, as it was delivered."""

    __slots__ = ("chunks", "ended", "length", "times")

    def __init__(self) -> None:
        self.chunks: list[str] = []
        self.length = 0
        self.times: list[int] = []
        """Of its frames, where they are asked for."""
        self.ended = ""

    def hear(self, said: Said, now: int) -> None:
        if said.offset != self.length:
            raise ValueError(f"a chunk begins at {said.offset}, but the text ends at {self.length}")
        self.chunks.append(said.chunk)
        self.length += units(said.chunk)
        self.times.append(now)

    def delays(self) -> list[float]:
        """Milliseconds from the model server to here, of each frame's first word, if words are times."""
        firsts = (int(chunk.split(maxsplit=1)[0]) for chunk in self.chunks)
        return [(heard - sent) / 1e6 for heard, sent in zip(self.times, firsts, strict=True)]


class Audience:
    """Everything that is heard, by whoever hears it."""

    def __init__(self, pid: int) -> None:
        self.streams: dict[str | None, Stream] = {}
        self.frames = 0
        self.silent = 0
        """Streams that were begun and have not spoken."""
        self.begun = 0
        self.over = 0
        self.first: tuple[float, float, float] | None = None
        """When the first chunk came: the time, what the server and this process had used."""
        self.begun_at_first = 0
        self.changed = asyncio.Event()
        self._pid = pid

    def hear(self, frame: bytes, now: int) -> None:
        said = decode(frame)
        if said.type == "model_chunk":
            self.frames += 1
            if self.first is None:
                self.first = self.moment()
                self.begun_at_first = self.begun
            stream = self.streams[said.response_id]
            if not stream.chunks:
                self.silent -= 1
                self.changed.set()
            stream.hear(said, now)
            return
        if said.type in REFUSED:
            raise RuntimeError(frame.decode())
        if said.type == "model_start":
            self.streams[said.response_id] = Stream()
            self.begun += 1
            self.silent += 1
        elif said.type == "model_complete":
            self.streams[said.response_id].ended = said.status
        elif said.type in ENDED:
            self.over += 1
            self.changed.set()

    def moment(self) -> tuple[float, float, float]:
        return time.perf_counter(), cpu_seconds(self._pid), time.process_time()

    async def until_all_speak(self, streams: int) -> None:
        while self.begun < streams or self.silent:
            self.changed.clear()
            await self.changed.wait()

    async def until_all_are_over(self, comparisons: int) -> None:
        while self.over < comparisons:
            self.changed.clear()
            await self.changed.wait()

    def since_the_first(self, pieces: int) -> Window:
        assert self.first is not None
        began, server, own = self.first
        now, server_now, own_now = self.moment()
        return Window(pieces, now - began, server_now - server, own_now - own)

    def other_than_stored(self, database: Path) -> int:
        """Streams whose text is another one in the database."""
        stored = stored_texts(database)
        return sum("".join(stream.chunks) != stored.get(key or "") for key, stream in self.streams.items())


@asynccontextmanager
async def seated(
    house: House, audience: Audience, models: Sequence[str], comparisons: int
) -> AsyncIterator[list[Seat]]:
    """Everybody is in their room, and nothing has begun."""
    async with guests(house.url, -(-comparisons // SOCKETS_A_PERSON)) as people:
        allowed = asyncio.Semaphore(AT_ONCE)

        async def seat(number: int) -> Seat:
            guest = people[number // SOCKETS_A_PERSON]
            async with allowed:
                session_id = await guest.comparison(models)
                joined = asyncio.get_running_loop().create_future()

                def hear(frame: bytes, now: int) -> None:
                    if joined.done():
                        audience.hear(frame, now)
                    elif decode(frame).type == "joined":
                        joined.set_result(None)

                listener = await Listener.connected(house.url, guest.token, hear)
                listener.say("join_session", id=1, sessionId=session_id)
                await joined
            return session_id, guest, listener

        seats = await asyncio.gather(*map(seat, range(comparisons)))
        yield seats
        for _, _, listener in seats:
            listener.leave()


async def hold(house: House, models: Sequence[str], comparisons: int) -> dict[str, Any]:
    audience = Audience(house.pid)
    async with seated(house, audience, models, comparisons) as seats:
        await _all_at(seats, "start")
        await audience.until_all_speak(comparisons * len(models))
        opened = time.monotonic_ns()
        print("open", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        await _all_at(seats, "stop")
        await audience.until_all_are_over(comparisons)
    return {
        "streams": len(audience.streams),
        "units": sum(stream.length for stream in audience.streams.values()),
        "frames": audience.frames,
        "wrong": audience.other_than_stored(house.database),
        **(_delays(audience.streams.values(), opened) if all("@every:" in model for model in models) else {}),
    }


def _delays(streams: Iterable[Stream], opened: int) -> dict[str, float]:
    """Since all of them were there: how late a word came, and how much later than the one before it."""
    delays: list[float] = []
    stretched: list[float] = []
    for stream in streams:
        own = [delay for delay, at in zip(stream.delays(), stream.times, strict=True) if at > opened]
        delays += own
        stretched += [after - before for before, after in pairwise(own)]
    return {
        "delay_p50": _percentile(delays, 50),
        "delay_p99": _percentile(delays, 99),
        "stretched_p99": _percentile(stretched, 99),
        "stretched_most": max(stretched, default=0.0),
    }


def _percentile(samples: Sequence[float], percent: int) -> float:
    return quantiles(samples, n=100, method="inclusive")[percent - 1] if len(samples) > 1 else 0.0


async def flood(house: House, models: Sequence[str], comparisons: int) -> dict[str, Any]:
    """Their upstream pauses until all requests are sent: what these cost is not in the figure."""
    audience = Audience(house.pid)
    async with seated(house, audience, models, comparisons) as seats:
        gc.collect()
        await _all_at(seats, "start")
        await audience.until_all_are_over(comparisons)
        pieces = sum(int(model.rpartition("@tokens:")[2]) for model in models) * comparisons
        window = audience.since_the_first(pieces)
    late = sum(stream.ended != "completed" for stream in audience.streams.values())
    return {
        **asdict(window),
        "early": audience.begun_at_first < len(audience.streams),
        "streams": len(audience.streams),
        "units": sum(stream.length for stream in audience.streams.values()),
        "frames": audience.frames,
        "wrong": audience.other_than_stored(house.database) + late,
    }


async def _all_at(seats: Sequence[Seat], action: str) -> None:
    """A few at the same time, as connections are."""
    await asyncio.gather(*(guest.ask(f"/api/comparisons/{key}/{action}") for key, guest, _ in seats))


async def main(way: str, house: House, comparisons: int, models: Sequence[str]) -> None:
    fail_on_any_error()
    print(json.dumps(await {"hold": hold, "flood": flood}[way](house, models, comparisons)))


if __name__ == "__main__":
    _, way, url, pid, database, comparisons, *models = sys.argv
    uvloop.run(main(way, House(url, int(pid), Path(database)), int(comparisons), models))
