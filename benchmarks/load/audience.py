"""Comparisons, each with one person who watches it, from their first word to the last; all texts are kept.

`python -m benchmarks.load.audience hold URL PID DATABASE COMPARISONS MODEL…` says `open` when every lane has
spoken, and stops them all when its input ends. `… flood …` starts all of them at once and hears them out.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

import uvloop

from backend.kit.utf16 import units
from benchmarks.harness.usage import cpu_seconds
from benchmarks.load.guests import Guest, guests, stored_texts
from benchmarks.load.listener import Listener, Said, decode
from benchmarks.load.window import Window, fail_on_any_error

SOCKETS_A_PERSON = 90
AT_ONCE = 8
ENDED = frozenset({"comparison_complete", "comparison_error"})
REFUSED = frozenset({"error", "model_error", "model_retry", "session_closed"})


@dataclass(frozen=True, slots=True)
class House:
    url: str
    pid: int
    database: Path


class Stream:
    """One response, as it was delivered."""

    __slots__ = ("chunks", "ended", "gaps", "last", "length")

    def __init__(self) -> None:
        self.chunks: list[str] = []
        self.length = 0
        self.last = 0
        self.gaps: list[int] = []
        self.ended = ""

    def hear(self, said: Said, now: int) -> None:
        if said.offset != self.length:
            raise ValueError(f"a chunk begins at {said.offset}, but the text ends at {self.length}")
        self.chunks.append(said.chunk)
        self.length += units(said.chunk)
        if self.last:
            self.gaps.append(now - self.last)
        self.last = now


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
        self.changed = asyncio.Event()
        self._pid = pid

    def hear(self, frame: bytes, now: int) -> None:
        said = decode(frame)
        if said.type == "model_chunk":
            self.frames += 1
            if self.first is None:
                self.first = self.moment()
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
) -> AsyncIterator[list[tuple[str, Guest, Listener]]]:
    """Everybody is in their room, and nothing has begun."""
    async with guests(house.url, -(-comparisons // SOCKETS_A_PERSON)) as people:
        allowed = asyncio.Semaphore(AT_ONCE)

        async def seat(number: int) -> tuple[str, Guest, Listener]:
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
        for session_id, _, listener in seats:
            listener.say("start_comparison", id=2, sessionId=session_id)
            await asyncio.sleep(1 / comparisons)  # so that pieces come one by one
        await audience.until_all_speak(comparisons * len(models))
        for stream in audience.streams.values():
            stream.gaps.clear()
        print("open", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        gaps = [gap / 1e6 for stream in audience.streams.values() for gap in stream.gaps]
        slowest = max(max(stream.gaps, default=0) for stream in audience.streams.values()) / 1e6
        await asyncio.gather(*(guest.ask(f"/api/comparisons/{key}/stop") for key, guest, _ in seats))
        await audience.until_all_are_over(comparisons)
    percentiles = quantiles(gaps, n=100, method="inclusive") if len(gaps) > 1 else gaps * 99
    return {
        "streams": len(audience.streams),
        "units": sum(stream.length for stream in audience.streams.values()),
        "frames": audience.frames,
        "gap_p50": percentiles[49],
        "gap_p99": percentiles[98],
        "gap_max": slowest,
        "wrong": audience.other_than_stored(house.database),
    }


async def flood(house: House, models: Sequence[str], comparisons: int) -> dict[str, Any]:
    """Their upstream pauses until all requests are sent: what these cost is not in the figure."""
    audience = Audience(house.pid)
    async with seated(house, audience, models, comparisons) as seats:
        gc.collect()
        for session_id, _, listener in seats:
            listener.say("start_comparison", id=2, sessionId=session_id)
        await audience.until_all_are_over(comparisons)
        pieces = sum(int(model.rpartition("@tokens:")[2]) for model in models) * comparisons
        window = audience.since_the_first(pieces)
    late = sum(stream.ended != "completed" for stream in audience.streams.values())
    return {
        **asdict(window),
        "streams": len(audience.streams),
        "units": sum(stream.length for stream in audience.streams.values()),
        "frames": audience.frames,
        "wrong": audience.other_than_stored(house.database) + late,
    }


async def main(way: str, house: House, comparisons: int, models: Sequence[str]) -> None:
    fail_on_any_error()
    print(json.dumps(await {"hold": hold, "flood": flood}[way](house, models, comparisons)))


if __name__ == "__main__":
    _, way, url, pid, database, comparisons, *models = sys.argv
    uvloop.run(main(way, House(url, int(pid), Path(database)), int(comparisons), models))
