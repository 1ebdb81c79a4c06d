"""How late the frames of a paced stream come to somebody in the room while nobody signs in, and while many do
at once, each from an address of their own. `python -m benchmarks.load.logins URL MODEL PACE_MS PEOPLE ROUNDS`
"""

import asyncio
import json
import sys
import time
from itertools import pairwise
from typing import Any, Final

import aiohttp
import uvloop

from benchmarks.load.guests import PASSWORD, guests
from benchmarks.load.listener import Listener, decode
from benchmarks.load.window import fail_on_any_error

_CALM: Final = 1.0  # seconds, and so long after the logins too
_AT_ONCE: Final = 8


class _Watcher:
    """Keeps when frames came."""

    def __init__(self) -> None:
        self.came: list[int] = []
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def hear(self, frame: bytes, now: int) -> None:
        said = decode(frame)
        if said.type == "joined":
            self.joined.set_result(None)
        elif said.type == "model_chunk":
            self.came.append(now)
            if not self.begun.done():
                self.begun.set_result(None)
        elif said.type in {"error", "comparison_complete", "comparison_error"}:
            raise RuntimeError(f"the stream did not go on: {frame!r}")

    def latest(self, since: int, pace: float) -> float:
        """Milliseconds that a frame came later than one pace after the one before."""
        came = [moment for moment in self.came if moment >= since]
        gaps = [(later - earlier) / 1e6 for earlier, later in pairwise(came)]
        return max(0.0, max(gaps) - pace)


async def main(url: str, model: str, pace: float, people: int, rounds: int) -> dict[str, list[float]]:
    fail_on_any_error()
    found: dict[str, list[float]] = {"calm": [], "busy": [], "seconds": []}
    connector = aiohttp.TCPConnector(limit=0)
    async with guests(url, 1) as (guest,), aiohttp.ClientSession(url, connector=connector) as http:
        await _register(http, people)
        watcher = _Watcher()
        listener = await Listener.connected(url, guest.token, watcher.hear)
        session_id = await guest.comparison([model])
        listener.say("join_session", id=1, sessionId=session_id)
        await watcher.joined
        listener.say("start_comparison", id=2, sessionId=session_id)
        await watcher.begun
        for _ in range(rounds):
            since = time.monotonic_ns()
            await asyncio.sleep(_CALM)
            found["calm"].append(watcher.latest(since, pace))
            since = time.monotonic_ns()
            await asyncio.gather(*(_log_in(http, number) for number in range(people)))
            found["seconds"].append((time.monotonic_ns() - since) / 1e9)
            await asyncio.sleep(_CALM)
            found["busy"].append(watcher.latest(since, pace))
        listener.leave()
        await guest.ask(f"/api/comparisons/{session_id}/stop")
    return found


async def _register(http: aiohttp.ClientSession, people: int) -> None:
    some = asyncio.Semaphore(_AT_ONCE)

    async def register(number: int) -> None:
        async with some:
            await _ask(http, "/auth/register", number)

    await asyncio.gather(*map(register, range(people)))


async def _log_in(http: aiohttp.ClientSession, number: int) -> None:
    await _ask(http, "/auth/login", number)


async def _ask(http: aiohttp.ClientSession, path: str, number: int) -> dict[str, Any]:
    who = {"email": f"p{number}@example.org", "password": PASSWORD}
    elsewhere = {"x-forwarded-for": f"192.0.2.{number}"}
    async with http.post(path, json=who, headers=elsewhere) as answer:
        content: dict[str, Any] = await answer.json()
    if answer.status >= 300:
        raise RuntimeError(f"{answer.status} {content}")
    return content


if __name__ == "__main__":
    _, url, model, *numbers = sys.argv
    pace, people, rounds = map(int, numbers)
    print(json.dumps(uvloop.run(main(url, model, pace, people, rounds))))
