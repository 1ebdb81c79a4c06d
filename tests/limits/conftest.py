"""A clock that only tests move, and every implementation of the buckets."""

from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest
from limits.aio.storage import MemoryStorage

from backend.limits.buckets import Buckets
from backend.limits.memory import memory_buckets
from backend.limits.windows import MovingWindows


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["our memory", "the library's memory"])
async def buckets(
    request: pytest.FixtureRequest, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Buckets]:
    """The second stands for every storage of the library: ours must need nothing that they have not."""
    if request.param == "our memory":
        yield memory_buckets(clock)
        return
    monkeypatch.setattr("limits.aio.storage.memory.time", SimpleNamespace(time=clock))
    storage = MemoryStorage()
    yield MovingWindows(storage, clock)
    if storage.timer:
        await storage.timer
