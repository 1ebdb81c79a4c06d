"""Rooms full of members who note how late each word of a model is. All of them speak until it is over.

`python -m benchmarks.load.crowd URL MODEL ROOMS MEMBERS SECONDS WINDOWS`
"""

import asyncio
import gc
import json
import sys
import time
from itertools import pairwise
from statistics import quantiles

import uvloop

from benchmarks.load.guests import Guest, guests
from benchmarks.load.listener import Listener, decode
from benchmarks.load.window import fail_on_any_error

SETTLE = 0.5  # seconds, after the last has come


class Member:
    """Words are the times at which they were written."""

    def __init__(self) -> None:
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.words: list[tuple[int, int]] = []
        """When it was written, when it was here."""

    def hear(self, frame: bytes, now: int) -> None:
        said = decode(frame)
        if said.type == "model_chunk":
            self.words += [(int(word), now) for word in said.chunk.split()]
        elif said.type == "joined":
            self.joined.set_result(None)
        elif said.type in {"error", "model_error", "session_closed"}:
            raise RuntimeError(frame.decode())


async def main(
    url: str, model: str, rooms: int, size: int, seconds: float, windows: int
) -> list[dict[str, float]]:
    fail_on_any_error()
    async with guests(url, rooms) as people:
        keys = [await _room(owner, people[place - 1], model) for place, owner in enumerate(people)]
        crowds = [
            [await _enter(url, (owner, people[place - 1])[number % 2], key) for number in range(size)]
            for place, (owner, key) in enumerate(zip(people, keys, strict=True))
        ]
        for owner, key in zip(people, keys, strict=True):
            await owner.ask(f"/api/comparisons/{key}/start")
        gc.collect()
        gc.disable()  # a pause here is none of theirs
        while not all(member.words for crowd in crowds for member, _ in crowd):  # noqa: ASYNC110 - no event
            await asyncio.sleep(SETTLE)
        moments = [time.monotonic_ns()]
        for _ in range(windows):
            await asyncio.sleep(seconds)
            moments.append(time.monotonic_ns())
        for owner, key in zip(people, keys, strict=True):
            await owner.ask(f"/api/comparisons/{key}/stop")
        await asyncio.sleep(SETTLE)
        for crowd in crowds:
            for _, listener in crowd:
                listener.leave()
    members = [[member for member, _ in crowd] for crowd in crowds]
    return [_measured(members, since, until) for since, until in pairwise(moments)]


def _measured(crowds: list[list[Member]], since: int, until: int) -> dict[str, float]:
    delays: list[float] = []
    lost = 0
    for crowd in crowds:
        heard = [{sent for sent, _ in member.words if since < sent < until} for member in crowd]
        lost += sum(len(set.union(*heard) - own) for own in heard)
        for member in crowd:
            delays += [(at - sent) / 1e6 for sent, at in member.words if since < sent < until]
    percentiles = quantiles(delays, n=100, method="inclusive")
    return {
        "p50": percentiles[49],
        "p99": percentiles[98],
        "rate": len(delays) / (until - since) * 1e9,
        "lost": lost,
    }


async def _room(owner: Guest, friend: Guest, model: str) -> str:
    key = await owner.comparison([model])
    if friend is not owner:
        await owner.ask(f"/api/comparisons/{key}/shares", email=friend.email, level="viewer")
    return key


async def _enter(url: str, who: Guest, key: str) -> tuple[Member, Listener]:
    member = Member()
    listener = await Listener.connected(url, who.token, member.hear)
    listener.say("join_session", id=1, sessionId=key)
    await member.joined
    return member, listener


if __name__ == "__main__":
    _, url, model, rooms, size, seconds, windows = sys.argv
    print(json.dumps(uvloop.run(main(url, model, int(rooms), int(size), float(seconds), int(windows)))))
