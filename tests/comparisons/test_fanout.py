"""All lanes at once."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from backend.comparisons.fanout import fan_out
from backend.providers.answering import Piece
from backend.providers.chat import Text
from tests.comparisons.actors import Book, StandIn, acting


async def test_every_lane_speaks_before_any_has_ended() -> None:
    together = asyncio.Barrier(24)

    async def waits_for_all(of: StandIn) -> AsyncGenerator[Sequence[Piece], None]:
        await together.wait()
        yield [Text("Here.", 0.0), of.end()]

    lanes, book, admitted = [acting(waits_for_all) for _ in range(24)], Book(), asyncio.Event()
    admitted.set()
    async with asyncio.timeout(10):
        await fan_out(lanes, admitted, book.emit)
    assert {book.end_of(lane).status for lane in lanes} == {"completed"}


async def test_nobody_is_asked_before_the_turn_is_admitted() -> None:
    asked = 0

    async def counts(of: StandIn) -> AsyncGenerator[Sequence[Piece], None]:
        nonlocal asked
        asked += 1
        yield [of.end()]

    lanes, book, admitted = [acting(counts) for _ in range(3)], Book(), asyncio.Event()
    running = asyncio.create_task(fan_out(lanes, admitted, book.emit))
    for _ in range(5):
        await asyncio.sleep(0)
    assert (asked, book.events) == (0, {})
    admitted.set()
    await running
    assert asked == 3


async def test_who_is_cancelled_leaves_no_call_behind() -> None:
    left, speaking = asyncio.Event(), asyncio.Event()

    async def waits(_of: StandIn) -> AsyncGenerator[Sequence[Piece], None]:
        try:
            yield [Text("Be", 0.0)]
            speaking.set()
            await asyncio.Event().wait()
        finally:
            left.set()

    admitted = asyncio.Event()
    admitted.set()
    running = asyncio.create_task(fan_out([acting(waits)], admitted, Book().emit))
    await speaking.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    async with asyncio.timeout(10):
        await left.wait()
