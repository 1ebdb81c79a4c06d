"""Empties the trash at the start and once a day, a little at a time, so that writers get their turns."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Self

import structlog

from backend.attachments.shelf import Shelf
from backend.comparisons.trash import purge_expired
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.errors import AppError
from backend.kit.unavailable import DatabaseUnavailable

log = structlog.get_logger()

_A_DAY: Final = timedelta(days=1)


class Purger:
    """Works while it is entered."""

    def __init__(
        self,
        database: Database,
        shelf: Shelf,
        now: Callable[[], datetime] = clock.now,
        every: timedelta = _A_DAY,
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._now = now
        self._every = every
        self._task: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        return self._task is not None and not self._task.done()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._work(), name="purger")
        self._task.add_done_callback(_ended)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def purge(self) -> int:
        """All that is due."""
        purged = 0
        while True:
            async with self._database.transaction() as db:
                some = await purge_expired(db, self._now())
            if not some:
                await self._shelf.sweep(self._now())  # also what only those had that have gone now
                return purged
            purged += some

    async def _work(self) -> None:
        while True:
            try:
                purged = await self.purge()
                if purged:
                    log.info("trash.purged", comparisons=purged)
            except DatabaseUnavailable as error:
                log.warning("trash.not_purged", reason=error.reason)
            except AppError as error:
                log.warning("trash.not_purged", reason=error.code)
            await asyncio.sleep(self._every.total_seconds())


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("purger.crashed", exc_info=error)
