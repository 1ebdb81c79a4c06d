"""From the moment a model server writes its first word to the moment somebody has it: read directly, and as a
frame of a room, by turns. `python -m benchmarks.load.first_word URL CLOCK_URL MODEL LANES ROUNDS REPEATS`
"""

import asyncio
import json
import sys
import time
from collections import defaultdict
from contextlib import AsyncExitStack

import uvloop

from benchmarks.load.first_piece import Delays, raw_socket
from benchmarks.load.guests import Guest, guests
from benchmarks.load.listener import Listener, decode
from benchmarks.load.window import fail_on_any_error

ENDED = frozenset({"comparison_complete", "comparison_error", "error"})


class Asker:
    """In the room of a new comparison each time, before anything is asked."""

    def __init__(self, guest: Guest, model: str, lanes: int) -> None:
        self.listener: Listener
        self._guest = guest
        self._models = [model] * lanes
        self._words: list[tuple[str, int]] = []
        self._ended: asyncio.Future[None]

    def hear(self, frame: bytes, now: int) -> None:
        said = decode(frame)
        if said.type == "model_chunk":
            self._words.append((said.chunk, now))
        elif said.type == "joined" or said.type in ENDED:
            self._ended.set_result(None)

    async def timed(self) -> list[Delays]:
        session_id = await self._guest.comparison(self._models)
        await self._said("join_session", session_id)
        self._words.clear()
        asked_at = time.monotonic_ns()
        await self._said("start_comparison", session_id)
        if len(self._words) != len(self._models):
            raise RuntimeError(f"{len(self._words)} words of {len(self._models)} models")
        self.listener.say("leave_session", id=2, sessionId=session_id)
        return [_delays(asked_at, word, now) for word, now in self._words]

    async def _said(self, command: str, session_id: str) -> None:
        self._ended = asyncio.get_running_loop().create_future()
        self.listener.say(command, id=1, sessionId=session_id)
        await self._ended


async def main(
    url: str, clock: str, model: str, lanes: int, rounds: int, repeats: int
) -> dict[str, list[list[Delays]]]:
    fail_on_any_error()
    async with guests(url, 1) as (guest,), AsyncExitStack() as stack:
        raw = [await stack.enter_async_context(raw_socket(clock)) for _ in range(lanes)]
        asker = Asker(guest, model, lanes)
        asker.listener = await Listener.connected(url, guest.token, asker.hear)
        await asker.timed()  # until all is imported and connected
        found: dict[str, list[list[Delays]]] = defaultdict(list)
        for _ in range(rounds):
            delays: dict[str, list[Delays]] = defaultdict(list)
            for _ in range(repeats):
                delays["direct"] += await asyncio.gather(*(timed() for timed in raw))
                delays["room"] += await asker.timed()
            for way, each in delays.items():
                found[way].append(each)
        asker.listener.leave()
    return found


def _delays(asked_at: int, word: str, heard_at: int) -> Delays:
    received_at, sent_at = map(int, word.split())
    return (received_at - asked_at) / 1e6, (heard_at - sent_at) / 1e6


if __name__ == "__main__":
    url, clock, model, *numbers = sys.argv[1:]
    print(json.dumps(uvloop.run(main(url, clock, model, *map(int, numbers)))))
