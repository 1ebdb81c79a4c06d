"""Full collections wait for a quiet moment, but not for ever."""

import asyncio
import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from backend.server.garbage import NEVER, OVERDUE, collected_when_quiet, none_while_starting

pytestmark = pytest.mark.anyio


class Ring:
    """Only a collection takes it away."""

    gone = 0

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        Ring.gone += 1


@pytest.fixture
def full() -> Iterator[list[int]]:
    """One entry for each full collection."""
    seen: list[int] = []

    def count(phase: str, info: dict[str, int]) -> None:
        if phase == "stop" and info["generation"] == 2:
            seen.append(info["collected"])

    before = gc.get_threshold()
    gc.callbacks.append(count)
    yield seen
    gc.callbacks.remove(count)
    assert gc.get_threshold() == before


def grow_old(times: int = 1) -> None:
    for _ in range(times):
        gc.collect(1)


async def while_looked_at(times: int = 20) -> None:
    for _ in range(times):
        await asyncio.sleep(0.002)


async def until(what: list[int], amount: int) -> None:
    async with asyncio.timeout(20):
        while len(what) < amount:  # noqa: ASYNC110 - the collector tells nobody
            await asyncio.sleep(0.002)


async def test_while_somebody_waits_nothing_old_is_collected_and_in_the_next_quiet_moment_it_is(
    full: list[int],
):
    busy = True
    async with collected_when_quiet(lambda: busy, every=0.001):
        full.clear()
        gone, ring = Ring.gone, Ring()
        grow_old(2)
        del ring
        await while_looked_at()
        assert (full, Ring.gone) == ([], gone)
        busy = False
        await until(full, 1)
        assert Ring.gone == gone + 1


async def test_in_silence_nothing_is_collected(full: list[int]):
    async with collected_when_quiet(lambda: False, every=0.001):
        grow_old()
        await until(full, 1)
        await while_looked_at(3)
        full.clear()
        before = gc.get_stats()[1]["collections"]
        await while_looked_at(10)
        assert len(full) <= gc.get_stats()[1]["collections"] - before


async def test_after_so_much_has_happened_no_quiet_moment_is_waited_for(full: list[int]):
    async with collected_when_quiet(lambda: True, every=0.001):
        full.clear()
        grow_old(OVERDUE + 1)
        await until(full, 1)


async def test_python_does_not_begin_one_by_itself_and_does_again_afterwards(full: list[int]):
    async with collected_when_quiet(lambda: True):
        assert gc.get_threshold()[2] == NEVER
    assert gc.get_threshold()[2] != NEVER


async def test_there_is_none_while_the_server_starts_and_then_there_is(full: list[int]):
    none_while_starting()
    try:
        assert not gc.isenabled()
        async with collected_when_quiet(lambda: True):
            assert gc.isenabled()
        assert full == []
    finally:
        gc.enable()


@pytest.mark.parametrize("ending", ["", "none_while_ending()"])
def test_who_ends_does_not_go_through_everything_once_more(ending: str) -> None:
    code = f"""
import sys
from backend.server.garbage import none_while_ending

class Ring:
    def __init__(self):
        self.itself, self.write = self, sys.stdout.write
    def __del__(self):
        self.write("looked at")

Ring()
{ending}
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ("" if ending else "looked at")
