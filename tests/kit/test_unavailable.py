"""What means "not now", and what comes back by itself."""

import os
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.kit.db import Database
from backend.kit.unavailable import DatabaseUnavailable, reason_for
from tests.support.notes import Notes
from tests.support.postgres import Postgres, running_postgres


async def _reason(database: Database) -> str:
    with pytest.raises(DatabaseUnavailable) as outage:
        await database.ping()
    return outage.value.reason


async def test_a_server_that_is_not_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening
        database = Database.open(
            f"postgresql://me:hunter2@127.0.0.1:{taken.getsockname()[1]}/name?sslmode=disable"
        )
        assert await _reason(database) == "connection refused"
        await database.close()


async def test_a_database_that_does_not_exist(postgres: Postgres) -> None:
    database = Database.open(postgres.url("nowhere"))
    assert await _reason(database) == "no such database"
    await database.close()


async def test_a_server_that_restarts_needs_no_restart_here() -> None:
    with running_postgres() as server:
        notes = Notes(Database.open(server.url("postgres")))
        await notes.create()
        await notes.write("before")
        server.stop()
        with pytest.raises(DatabaseUnavailable):
            await notes.write("meanwhile")
        with pytest.raises(DatabaseUnavailable):
            await notes.texts()
        server.start()
        await notes.write("after")
        assert await notes.texts() == ["after", "before"]
        await notes.database.close()


async def test_a_connection_that_the_server_closes_inside_a_transaction(postgres_url: str) -> None:
    notes = Notes(Database.open(postgres_url))
    await notes.create()
    with pytest.raises(DatabaseUnavailable) as outage:
        async with notes.database.transaction() as db:
            await db.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    # Which of the two is seen first is the network's choice.
    assert outage.value.reason in {"the server is starting or stopping", "connection lost"}
    await notes.write("after")
    await notes.database.close()


@pytest.mark.parametrize(
    ("sqlstate", "reason"),
    [
        ("53100", "disk full"),
        ("53300", "too many connections"),
        ("57014", "a statement took too long"),
        ("55P03", "a lock was not free in time"),
        ("25006", "read-only"),
        ("58030", "disk error"),
    ],
)
async def test_what_the_server_reports_is_put_in_our_words(
    postgres: Postgres, sqlstate: str, reason: str
) -> None:
    database = Database.open(postgres.url("postgres"))
    with pytest.raises(DatabaseUnavailable) as outage:
        async with database.transaction() as db:
            await db.execute(
                text(f"DO $$ BEGIN RAISE EXCEPTION 'hunter2' USING ERRCODE = '{sqlstate}'; END $$")
            )
    assert outage.value.reason == reason
    assert "hunter2" not in str(outage.value)
    await database.close()


async def test_a_mistake_in_a_statement_is_not_an_outage(database: Database) -> None:
    with pytest.raises(DBAPIError):
        async with database.transaction() as db:
            await db.execute(text("SELECT nothing FROM nowhere"))
    assert reason_for(LookupError(), writing=True) is None


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'nowhere' / 'bakeoff.db'}")
    assert await _reason(database) == "cannot open the file"
    (tmp_path / "nowhere").mkdir()
    assert await database.ping() > 0
    await database.close()


async def test_a_file_that_is_not_a_database(tmp_path: Path) -> None:
    (tmp_path / "bakeoff.db").write_text("not a database" * 100)
    database = Database.open(f"sqlite:///{tmp_path / 'bakeoff.db'}")
    assert await _reason(database) == "the file is not a database"
    await database.close()


async def test_a_file_that_another_process_holds_is_named_as_that(sqlite_url: str, tmp_path: Path) -> None:
    notes = Notes(Database.open(sqlite_url))
    await notes.create()
    async with notes.database.transaction() as db:
        await db.execute(text("PRAGMA busy_timeout = 20"))
    with closing(sqlite3.connect(tmp_path / "bakeoff.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailable, match="locked by another process"):
            await notes.write("one")
        assert await notes.texts() == []
    await notes.write("two")
    await notes.database.close()


async def test_a_program_that_goes_on_after_an_outage_commits_nothing(sqlite_url: str) -> None:
    """SQLite rolls back by itself when the disk is full; what is written after that would stand alone."""
    notes = Notes(Database.open(sqlite_url))
    await notes.create()
    with pytest.raises(DatabaseUnavailable, match="disk full"):
        async with notes.database.transaction() as db:
            insert = text("INSERT INTO note (id, text) VALUES (:id, :text)")
            await db.execute(insert, {"id": "1", "text": "first"})
            pages = await db.scalar(text("PRAGMA page_count"))
            await db.execute(text(f"PRAGMA max_page_count = {pages}"))
            with pytest.raises(DatabaseUnavailable):
                await db.execute(insert, {"id": "2", "text": "x" * 1_000_000})
            with pytest.raises(DatabaseUnavailable):
                await db.execute(insert, {"id": "3", "text": "third"})
    assert await notes.texts() == []
    async with notes.database.transaction() as db:
        await db.execute(text("PRAGMA max_page_count = 1000000"))
    await notes.write("fourth")
    await notes.database.close()


def test_a_reason_never_names_a_system_error_in_its_own_words() -> None:
    assert reason_for(OSError(os.strerror(113)), writing=True) == "cannot connect"
    assert reason_for(ConnectionRefusedError(), writing=True) == "connection refused"
    assert reason_for(TimeoutError(), writing=True) == "no answer in time"


async def test_what_the_database_refuses_is_told_once_with_its_reason(sqlite_url: str) -> None:
    refused: list[str] = []
    database = Database.open(sqlite_url, refused=refused.append)
    notes = Notes(database)
    await notes.create()
    assert refused == []
    async with database.transaction() as db:
        await db.execute(text("PRAGMA query_only = ON"))
    with pytest.raises(DatabaseUnavailable):
        await notes.write("one")
    assert refused == ["read-only"]
    await database.close()
    with pytest.raises(DatabaseUnavailable):
        await notes.texts()
    assert refused == ["read-only", "closed"]
