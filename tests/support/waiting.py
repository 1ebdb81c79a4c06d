"""For what happens without a word to anybody."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

PATIENCE: Final = 20.0
"""Seconds after which it will not come any more: no promise of ours is as long, on no machine."""


async def eventually(come: Callable[[], bool | Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            there = come()
            if there if isinstance(there, bool) else await there:
                return
            await asyncio.sleep(0.005)
