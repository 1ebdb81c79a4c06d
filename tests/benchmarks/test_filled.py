"""What takes minutes to fill is filled once, and is the same in every run that finds it."""

import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
import uvloop
from sqlalchemy import text

from backend.kit.db import Database
from benchmarks.pasts import filled
from benchmarks.pasts.filled import Filled
from tests.support import postgres

SIZES = (1, 3)
WITHOUT = ("PostgreSQL was not measured: PostgreSQL's programs are not on this machine.",)
COUNT = text("SELECT count(*) FROM notes")


class Note(msgspec.Struct):
    said: str


class Writer:
    """Fills databases with a table of its own, and counts how often it was asked to."""

    def __init__(self) -> None:
        self.times = 0

    async def fill(self, urls: Sequence[str], size: int) -> Note:
        self.times += 1
        for url in urls:
            await write(url, "CREATE TABLE notes (number integer)", *["INSERT INTO notes VALUES (1)"] * size)
        return Note(f"{size} notes")


async def write(url: str, *statements: str) -> None:
    database = Database.open(url)
    try:
        async with database.transaction() as db:
            for statement in statements:
                await db.execute(text(statement))
    finally:
        await database.close()


async def counted(url: str) -> int:
    database = Database.open(url)
    try:
        async with database.reading() as db:
            return await db.scalar(COUNT) or 0
    finally:
        await database.close()


def counts(notes: Filled[Note], to_write: Sequence[int] = ()) -> list[tuple[str, list[int]]]:
    with notes.opened(SIZES, to_write) as (databases, missing):
        assert missing == (() if len(databases[0].urls) == 2 else WITHOUT)
        found = [(each.known.said, [uvloop.run(counted(url)) for url in each.urls]) for each in databases]
        for each in databases:
            if each.responses in to_write:
                for url in each.urls:
                    uvloop.run(write(url, "DELETE FROM notes"))
                    assert uvloop.run(counted(url)) == 0
    return found


def test_databases_are_filled_once_and_what_is_written_into_a_copy_is_gone(kept: Path) -> None:
    writer = Writer()
    notes = Filled("notes", writer.fill, Note)
    expected = [("1 notes", [1, 1]), ("3 notes", [3, 3])]
    assert counts(notes, to_write=[3]) == expected
    assert counts(Filled("notes", writer.fill, Note)) == expected
    assert writer.times == len(SIZES)
    assert [path.name for path in kept.iterdir()] == ["notes-1-3"]


@pytest.fixture
def without_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Path:
        raise RuntimeError("PostgreSQL's programs are not on this machine.\nInstall them")

    monkeypatch.setattr(postgres, "programs", none)
    monkeypatch.setattr(filled, "programs", none)


@pytest.mark.usefixtures("without_postgresql")
def test_they_are_filled_anew_when_what_fills_them_is_another_or_was_broken_off(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Writer()
    notes = Filled("notes", writer.fill, Note)
    notes.prepare(SIZES)
    with sqlite3.connect(kept / "notes-1-3" / "responses_3.db") as old:
        old.execute("DELETE FROM notes")
    old.close()
    monkeypatch.setattr(filled, "_FILLED_BY", ("benchmarks/pasts",))
    assert counts(notes) == [("1 notes", [1]), ("3 notes", [3])]
    assert writer.times == 2 * len(SIZES)
    (kept / "notes-1-3" / "digest.txt").unlink()
    notes.prepare(SIZES)
    assert writer.times == 3 * len(SIZES)


@pytest.mark.usefixtures("without_postgresql")
def test_without_postgresql_it_is_said_why_and_sqlite_is_measured_alone(kept: Path) -> None:
    with Filled("notes", Writer().fill, Note).opened(SIZES) as (databases, missing):
        assert missing == WITHOUT
        assert [len(each.urls) for each in databases] == [1, 1]
    assert not (kept / "notes-1-3" / "postgresql").exists()


@pytest.mark.usefixtures("without_postgresql")
@pytest.mark.usefixtures("kept")
def test_when_postgresql_comes_later_they_are_filled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer()
    notes = Filled("notes", writer.fill, Note)
    notes.prepare(SIZES)
    monkeypatch.undo()
    assert counts(notes) == [("1 notes", [1, 1]), ("3 notes", [3, 3])]
    assert writer.times == 2 * len(SIZES)


@pytest.mark.usefixtures("without_postgresql")
def test_they_are_among_temporary_files_where_postgresql_cannot_enter_the_project(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filled, "enterable", lambda _folder: False)
    monkeypatch.setattr(tempfile, "tempdir", str(kept.parent))
    assert counts(Filled("notes", Writer().fill, Note)) == [("1 notes", [1]), ("3 notes", [3])]
    assert not kept.exists()
    assert [path.name[:15] for path in kept.parent.iterdir()] == ["bakeoff-filled-"]
