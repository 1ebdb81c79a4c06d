"""When the disk is full, writes fail, reads go on, and room is all it takes to recover."""

import json
import subprocess
import sys

import pytest
from sqlalchemy import text

from backend.kit.db import Database
from backend.kit.unavailable import DatabaseUnavailable
from tests.support.notes import Notes

# The operating system itself refuses to let the files of a process grow: real failing writes, no root needed.
# A process of its own, because the limit would hold for everything that the test run writes.
LIMITED = """
import asyncio, json, resource, sys
from backend.kit.db import Database
from backend.kit.unavailable import DatabaseUnavailable
from tests.support.notes import Notes

def allow(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

async def main():
    notes = Notes(Database.open(sys.argv[1]))
    await notes.create()
    await notes.write("before")
    allow(400_000)
    reasons, kept = [], 0
    for number in range(100):
        try:
            await notes.write(f"{number} " + "x" * 20_000)
            kept += 1
        except DatabaseUnavailable as outage:
            reasons.append(outage.reason)
    read_meanwhile = await notes.count()
    allow(resource.RLIM_INFINITY)
    await notes.write("after")
    result = {"reasons": reasons, "kept": kept, "read": read_meanwhile, "count": await notes.count()}
    await notes.database.close()
    print(json.dumps(result))

asyncio.run(main())
"""


def test_a_disk_that_takes_no_more(sqlite_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, sqlite_url], check=True, capture_output=True, text=True
    )
    assert done.stderr == ""
    result = json.loads(done.stdout)
    assert set(result["reasons"]) == {"disk error"}  # ENOSPC would read "disk full", see below
    assert 0 < result["kept"] < 100
    assert result["read"] == 1 + result["kept"]
    assert result["count"] == 2 + result["kept"]


async def test_what_sqlite_calls_full(sqlite_url: str) -> None:
    notes = Notes(Database.open(sqlite_url))
    await notes.create()
    async with notes.database.transaction() as db:
        pages = await db.scalar(text("PRAGMA page_count"))
        await db.execute(text(f"PRAGMA max_page_count = {pages + 2}"))
    with pytest.raises(DatabaseUnavailable) as outage:
        await notes.write("x" * 100_000)
    assert outage.value.reason == "disk full"
    assert await notes.texts() == []
    await notes.write("a short one still fits")
    async with notes.database.transaction() as db:
        await db.execute(text("PRAGMA max_page_count = 1000000"))
    await notes.write("y" * 100_000)
    assert await notes.count() == 2
    await notes.database.close()


async def test_a_writer_that_may_not_write(sqlite_url: str) -> None:
    """An outage, not a mistake of the program."""
    notes = Notes(Database.open(sqlite_url))
    await notes.create()
    async with notes.database.transaction() as db:
        await db.execute(text("PRAGMA query_only = ON"))
    with pytest.raises(DatabaseUnavailable, match="read-only"):
        await notes.write("one")
    assert await notes.texts() == []
    await notes.database.close()
