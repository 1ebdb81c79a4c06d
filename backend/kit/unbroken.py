"""A database session whose statements run to their end when the task that awaits them is cancelled.

Knows nothing of pools and pragmas; kit/db hands it out.
"""

import asyncio
import functools
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from backend.kit.unavailable import DatabaseUnavailable, reason_for

T = TypeVar("T")


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Await work that must not stop half way; a cancellation is raised once it has ended."""
    task = asyncio.create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError as cancellation:
            cancelled = cancellation
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # looked at, or asyncio reports it as never retrieved
    raise cancelled


def _unbroken(method: Any) -> Any:
    @functools.wraps(method)
    async def run(db: "UnbrokenSession", *args: Any, **options: Any) -> Any:
        db.refuse_after_an_outage()
        return await to_the_end(db.guarded(method(db, *args, **options)))

    return run


def _clean_up(method: Any) -> Any:
    @functools.wraps(method)
    async def run(db: "UnbrokenSession", *args: Any, **options: Any) -> Any:
        return await to_the_end(db.guarded(method(db, *args, **options)))

    return run


class UnbrokenSession(AsyncSession):
    """Cancelling an aiosqlite await leaves the statement running in its thread, and SQLAlchemy throws the
    connection of a cancelled statement away. Here a statement ends first, then its task is cancelled: the
    connection is idle and known when the next one gets it. Statements through `db.connection()` and
    savepoints are not covered, they cost the connection.
    """

    def __init__(self, engine: AsyncEngine, *, writing: bool) -> None:
        super().__init__(engine, expire_on_commit=False)
        self._writing = writing
        self._failed: str | None = None

    def refuse_after_an_outage(self) -> None:
        """SQLite rolls back by itself when the disk is full: a statement after that would commit alone."""
        if self._failed is not None:
            raise DatabaseUnavailable(self._failed)

    async def guarded(self, statement: Awaitable[T]) -> T:
        try:
            result = await statement
        except (SQLAlchemyError, OSError) as error:
            reason = reason_for(error, writing=self._writing)
            if reason is None:
                raise
            self._failed = reason
            raise DatabaseUnavailable(reason) from error
        return result

    commit = _unbroken(AsyncSession.commit)
    connection = _unbroken(AsyncSession.connection)
    delete = _unbroken(AsyncSession.delete)
    delete_all = _unbroken(AsyncSession.delete_all)
    execute = _unbroken(AsyncSession.execute)
    flush = _unbroken(AsyncSession.flush)
    get = _unbroken(AsyncSession.get)
    get_one = _unbroken(AsyncSession.get_one)
    merge = _unbroken(AsyncSession.merge)
    merge_all = _unbroken(AsyncSession.merge_all)
    refresh = _unbroken(AsyncSession.refresh)
    reset = _clean_up(AsyncSession.reset)
    rollback = _clean_up(AsyncSession.rollback)
    run_sync = _unbroken(AsyncSession.run_sync)
    scalar = _unbroken(AsyncSession.scalar)
    stream = _unbroken(AsyncSession.stream)
    close = _clean_up(AsyncSession.close)
    invalidate = _clean_up(AsyncSession.invalidate)

    async def leave(self) -> None:
        """Roll back what is open and give the connection back, or throw it away when that fails."""
        try:
            await self.close()
        except (SQLAlchemyError, DatabaseUnavailable):
            await self.invalidate()
