"""An event loop for which waiting takes no time: when nothing is to be done, it is later at once."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _NeverWaits(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0 if timeout is not None else None)
        if not ready and timeout:
            self.skipped += timeout
        return ready


class HastyLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._skipping = _NeverWaits()
        super().__init__(self._skipping)

    def time(self) -> float:
        return super().time() + self._skipping.skipped


def hastily(coroutine: Coroutine[Any, Any, None]) -> None:
    """For what waits for timers and for nothing else."""
    with asyncio.Runner(loop_factory=HastyLoop) as runner:
        runner.run(coroutine)
