"""Transactions through `backend.kit.db`: one row per commit, on SQLite and PostgreSQL.

First one after another, which gives the time of one; then by 20 writers at once. SQLite has its write-ahead
log and `synchronous = NORMAL`, PostgreSQL is the one that the test suite starts, without fsync: neither
waits for the disk, so what is measured is the way there.
"""

import asyncio
import tempfile
import time
from contextlib import ExitStack
from statistics import quantiles

import uvloop
from sqlalchemy import text

from backend.kit.db import Database
from benchmarks.harness.effort import Effort
from benchmarks.harness.report import Line, Report
from benchmarks.pasts.filled import postgres

WRITERS = 20
CREATE = text("CREATE TABLE benchmark (id integer PRIMARY KEY, text varchar NOT NULL)")
INSERT = text("INSERT INTO benchmark (id, text) VALUES (:id, :text)")


def run(effort: Effort) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        lines = uvloop.run(_measure(f"sqlite:///{folder}/benchmark.db", effort))
    with ExitStack() as stack:
        server, notes = postgres(stack)
        if server:
            lines += uvloop.run(_measure(server.url(server.create()), effort))
    return Report(tuple(lines), notes)


async def _measure(url: str, effort: Effort) -> list[Line]:
    database = Database.open(url)
    try:
        async with database.transaction() as db:
            await db.execute(CREATE)
        ids = iter(range(1_000_000))
        for _ in range(effort.commits // 10):
            await _commit(database, next(ids))
        delays = [await _commit(database, next(ids)) for _ in range(effort.commits)]
        began = time.perf_counter()
        await asyncio.gather(
            *(
                _write(database, [next(ids) for _ in range(effort.commits // WRITERS or 1)])
                for _ in range(WRITERS)
            )
        )
        together = WRITERS * (effort.commits // WRITERS or 1) / (time.perf_counter() - began)
    finally:
        await database.close()
    percentiles = quantiles(delays, n=100, method="inclusive")
    return [
        Line("database", "one transaction, p50", database.name, (percentiles[49],), " ms"),
        Line("database", "one transaction, p99", database.name, (percentiles[98],), " ms"),
        Line("database", f"commits/s, {WRITERS} writers at once", database.name, (together,)),
    ]


async def _write(database: Database, ids: list[int]) -> None:
    for number in ids:
        await _commit(database, number)


async def _commit(database: Database, number: int) -> float:
    began = time.perf_counter()
    async with database.transaction() as db:
        await db.execute(INSERT, {"id": number, "text": "x" * 200})
    return (time.perf_counter() - began) * 1000
