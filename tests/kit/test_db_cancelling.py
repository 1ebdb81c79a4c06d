"""A task may be cancelled at any await: nothing is doubled, no connection is lost, the next writer works."""

import asyncio
from collections.abc import Callable, Coroutine, Generator, Sequence
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.pool import QueuePool

from backend.kit.db import Database
from backend.kit.unbroken import UnbrokenSession, to_the_end
from tests.support.notes import Notes, add


def _pools(database: Database) -> list[QueuePool]:
    pools = [engine.sync_engine.pool for engine in (database._writer, database._reader)]
    return [pool for pool in pools if isinstance(pool, QueuePool)]


def _assert_nothing_is_out(database: Database) -> None:
    assert [pool.checkedout() for pool in _pools(database)] == [0, 0]
    assert not database._writer_turns._free.locked()
    assert not database._reader_turns._free.locked()


async def _connections(database: Database) -> list[int]:
    """Which connections there are: one that was thrown away and replaced would show."""
    seen = []
    async with database.transaction() as db:
        raw = await (await db.connection()).get_raw_connection()
        seen.append(id(raw.driver_connection))
    return seen


class CancelledAtAwait:
    """Runs work and cancels its task when it has suspended for the n-th time; `turns` of the loop later."""

    def __init__(self, work: Coroutine[Any, Any, None], n: int, turns: Sequence[int]) -> None:
        self._work = work
        self._n = n
        self._turns = turns
        self.suspended = 0

    def __await__(self) -> Generator[Any, Any, None]:
        inner = self._work.__await__()
        advance = partial(inner.send, None)
        while True:
            try:
                future = advance()
            except StopIteration:
                return
            self.suspended += 1
            if self.suspended == self._n:
                self._cancel_later()
            try:
                yield future
            except asyncio.CancelledError as error:
                advance = partial(inner.throw, error)
            else:
                advance = partial(inner.send, None)

    def _cancel_later(self) -> None:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None

        def cancel_after(turns: int) -> None:
            if turns == 0:
                task.cancel()
            else:
                loop.call_soon(cancel_after, turns - 1)

        for turns in self._turns:
            loop.call_soon(cancel_after, turns)


async def _awaits(work: CancelledAtAwait) -> None:
    await work


async def _cancel_at_every_await(
    database: Database, work: Callable[[str], Coroutine[Any, Any, None]], turns: Sequence[int]
) -> int:
    """Return how many awaits the work has."""
    n = 0
    while True:
        n += 1
        one = CancelledAtAwait(work(f"{n:03}"), n, turns)
        task = asyncio.create_task(_awaits(one))
        await asyncio.wait([task])
        _assert_nothing_is_out(database)
        if one.suspended < n:
            task.result()
            return n - 1


# At once; in the middle of a statement; again while the end of the statement is awaited.
@pytest.mark.parametrize("turns", [(0,), (1,), (5,), (25,), (0, 2, 4)], ids=str)
async def test_cancelling_a_writer_at_every_await(notes: Notes, turns: Sequence[int]) -> None:
    kept = await _connections(notes.database)

    async def write(name: str) -> None:
        async with notes.database.transaction() as db:
            await add(db, f"{name} first")
            await db.execute(text("SELECT count(*) FROM note"))
            await add(db, f"{name} second")

    awaits = await _cancel_at_every_await(notes.database, write, turns)
    assert awaits >= 6  # begin, three statements, commit, leave
    texts = await notes.texts()
    whole = {f"{n:03} {half}" for n in range(1, awaits + 2) for half in ("first", "second")}
    names = {name[:3] for name in texts}
    # The last awaits come after the commit; a write that was cancelled earlier left nothing, not even a half.
    assert set(texts) <= whole
    assert len(texts) == 2 * len(names)
    assert f"{awaits + 1:03}" in names
    assert "001" not in names or turns == (25,)
    assert await _connections(notes.database) == kept
    await notes.write("the next writer")


@pytest.mark.parametrize("turns", [(0,), (5,), (0, 2)], ids=str)
async def test_cancelling_a_reader_at_every_await(notes: Notes, turns: Sequence[int]) -> None:
    async def read(_name: str) -> None:
        await notes.texts()

    assert await _cancel_at_every_await(notes.database, read, turns) >= 2
    assert await notes.texts() == []


async def test_a_cancelled_statement_ends_before_the_next_writer_begins(notes: Notes) -> None:
    slow = """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT max(i) FROM n
    """
    started = asyncio.Event()

    async def write() -> None:
        async with notes.database.transaction() as db:
            await add(db, "cancelled")
            started.set()
            await db.execute(text(slow))

    task = asyncio.create_task(write())
    await started.wait()
    task.cancel()
    await notes.write("the next writer")
    await asyncio.wait([task])
    assert task.cancelled()
    assert await notes.texts() == ["the next writer"]
    _assert_nothing_is_out(notes.database)


async def test_cancelling_those_who_wait_for_their_turn(notes: Notes) -> None:
    async with notes.database.transaction() as db:
        waiting = [asyncio.create_task(notes.write(f"waiting {n}")) for n in range(20)]
        await add(db, "first")
        for task in waiting[::2]:
            task.cancel()
    await asyncio.wait(waiting)
    texts = await notes.texts()
    assert {f"waiting {n}" for n in range(1, 20, 2)} < set(texts)
    if notes.database.name == "sqlite":
        assert len(texts) == 11
    _assert_nothing_is_out(notes.database)


async def test_a_timeout_around_a_transaction_is_a_timeout(notes: Notes) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0), notes.database.transaction() as db:
            await add(db, "one")
    assert await notes.texts() == []


async def test_work_that_fails_after_a_cancellation_leaves_no_stray_error() -> None:
    begun, finish = asyncio.Event(), asyncio.Event()

    async def fail() -> None:
        begun.set()
        await finish.wait()
        raise LookupError

    task = asyncio.create_task(to_the_end(fail()))
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    finish.set()
    await asyncio.wait([task])
    assert task.cancelled()


def test_every_statement_of_a_session_is_covered() -> None:
    """A method that SQLAlchemy adds or changes must not slip through."""
    direct = {
        name
        for name, method in vars(AsyncSession).items()
        if "greenlet_spawn" in getattr(getattr(method, "__code__", None), "co_names", ())
    }
    assert {"execute", "commit", "flush"} <= direct
    assert direct - {"stream_scalars", "scalars"} <= set(vars(UnbrokenSession))
