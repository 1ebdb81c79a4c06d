"""A process that is killed while it writes loses nothing that it acknowledged."""

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

WRITER = """
import asyncio, sys
from backend.kit.db import Database
from tests.support.notes import Notes

async def main():
    notes = Notes(Database.open(sys.argv[1]))
    await notes.create()
    first = await notes.count()

    async def write(writer):
        for number in range(1_000_000):
            text = f"{first} {writer} {number}"
            await notes.write(text)
            print(text, flush=True)

    await asyncio.gather(*(write(writer) for writer in range(5)))

asyncio.run(main())
"""


def test_kill_9_in_the_middle_of_writes_loses_nothing_acknowledged(sqlite_url: str, tmp_path: Path) -> None:
    acknowledged: list[str] = []
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, sqlite_url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        acknowledged += [process.stdout.readline().strip() for _ in range(random.randint(1, 120))]
        process.kill()
        # What was printed between the last line read and the kill counts too, except a line cut in half.
        rest, errors = process.communicate()
        assert errors == ""
        acknowledged += rest.split("\n")[:-1]
        with closing(sqlite3.connect(tmp_path / "bakeoff.db")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            kept = {text for (text,) in connection.execute("SELECT text FROM note")}
        assert set(acknowledged) <= kept
        assert len(acknowledged) == len(set(acknowledged))
