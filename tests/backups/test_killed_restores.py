"""A restore that is killed leaves the old installation or the new one, and the next one finishes."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from backend.backups import replacing_tables
from backend.kit import database_url
from backend.kit.blobs import digest_of
from backend.kit.database_url import PostgresServer
from tests.backups.houses import SECRET, emails, furnished, made, pictures
from tests.support.bakeoff import refused
from tests.support.commands import bakeoff
from tests.support.environments import clean_environment
from tests.support.nursery import born
from tests.support.postgres import Postgres
from tests.support.statements import rows

NEW, OLD = "ada@example.org", "old@example.org"
FORMERLY = b"the secret of those who were there before"

Moment = Callable[[Path], bool]

MOMENTS: dict[str, Moment] = {
    "at once": lambda folder: folder.exists(),
    "locked": lambda folder: (folder / "restore.lock").exists(),
    "staging": lambda folder: any(folder.glob(".restoring-*/*")),
    "contents": lambda folder: sum(1 for _ in (folder / "attachments").glob("*/*")) > 20,
    "aside": lambda folder: any(folder.glob("before-restore-*")),
    "both secrets": lambda folder: (folder / "secret.key.former").exists(),
    "new secret": lambda folder: (folder / "secret.key").read_bytes() == SECRET,
    "file aside": lambda folder: any(folder.glob("before-restore-*/bakeoff.db")),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_leaves_the_old_or_the_new(
    sqlite_url: str, migrated_sqlite: Path, tmp_path: Path, moment: str
) -> None:
    source = furnished(sqlite_url, tmp_path / "source", NEW, *pictures(60, 50_000))
    backup = made(source, tmp_path / "backup.tar", with_secret=True).file
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "bakeoff.db").write_bytes(migrated_sqlite.read_bytes())
    house = furnished(f"sqlite:///{folder / 'bakeoff.db'}", folder, OLD, *pictures(10))
    house.secret_file.write_bytes(FORMERLY)

    with (tmp_path / "errors").open("w") as errors:
        process = born(["restore", str(backup), "--force"], tmp_path, clean_environment({}), errors)
    while process.poll() is None:
        if MOMENTS[moment](folder):
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    process.stdout.close()

    assert rows(house.url, "PRAGMA integrity_check") == [("ok",)]
    now = emails(house.url)
    assert now in ([OLD], [NEW])
    kept = (folder / "secret.key", folder / "secret.key.former")
    usable = {path.read_bytes() for path in kept if path.exists()}
    assert (FORMERLY if now == [OLD] else SECRET) in usable
    for digest in map(digest_of, pictures(10) if now == [OLD] else pictures(60, 50_000)):
        assert asyncio.run(house.blobs.has(digest))

    done = bakeoff(tmp_path, "restore", backup, "--force")
    assert done.status == 0, done
    assert emails(house.url) == [NEW]
    assert not list(folder.glob(".restoring-*"))
    assert house.secret_file.read_bytes() == SECRET
    asides = [f"sqlite:///{path}" for path in folder.glob("before-restore-*/bakeoff.db")]
    assert [OLD] in [emails(url) for url in asides]


@pytest.fixture
def server_of(postgres_url: str) -> PostgresServer:
    found = database_url.parse(postgres_url)
    assert isinstance(found, PostgresServer)
    return found


def test_between_old_tables_and_new_ones_no_server_starts_and_the_next_restore_finishes(
    postgres: Postgres, migrated_postgres: str, postgres_url: str, server_of: PostgresServer, tmp_path: Path
) -> None:
    """A kill between the two transactions, made by ending after the first."""
    with postgres.lent(migrated_postgres) as source_url:
        source = furnished(source_url, tmp_path / "source", NEW)
        backup = made(source, tmp_path / "backup.tar", with_secret=True).file
    furnished(postgres_url, tmp_path / "data", OLD)
    assert asyncio.run(replacing_tables._begin(server_of, "aside")) == "aside"

    environ = {"BAKEOFF_DATABASE_URL": postgres_url}
    status, lines = refused(tmp_path, environ=environ)
    assert (status, "restore-unfinished" in lines[0]) == (2, True), lines
    assert rows(postgres_url, "SELECT email FROM aside.users") == [(OLD,)]

    done = bakeoff(tmp_path, "restore", backup, environ=environ)
    assert done.status == 0, done
    assert emails(postgres_url) == [NEW]
    assert rows(postgres_url, "SELECT email FROM aside.users") == [(OLD,)]


def test_old_tables_that_were_moved_come_back_as_they_were(
    postgres_url: str, server_of: PostgresServer, tmp_path: Path
) -> None:
    furnished(postgres_url, tmp_path / "data", OLD, *pictures(2))
    before = asyncio.run(described(postgres_url))
    moved = asyncio.run(replacing_tables._begin(server_of, "aside"))
    asyncio.run(replacing_tables.undo(server_of, moved))
    assert asyncio.run(described(postgres_url)) == before
    assert emails(postgres_url) == [OLD]


async def described(url: str) -> list[tuple[object, ...]]:
    """Every relation and constraint, and where it is."""
    connection = await asyncpg.connect(url)
    try:
        relations = await connection.fetch(
            "SELECT n.nspname, c.relname, c.relkind::text FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1, 2"
        )
        # Not their text: PostgreSQL writes one that it read back in other words.
        constraints = await connection.fetch(
            "SELECT conname, contype::text, conrelid::regclass::text, conkey FROM pg_constraint ORDER BY 1, 3"
        )
        return [tuple(row) for row in (*relations, *constraints)]
    finally:
        await connection.close()


def test_a_restored_database_is_the_same_to_the_last_constraint(
    postgres: Postgres, migrated_postgres: str, tmp_path: Path
) -> None:
    with postgres.lent(migrated_postgres) as there, postgres.lent() as here:
        house = furnished(there, tmp_path / "source", NEW)
        backup = made(house, tmp_path / "backup.tar", with_secret=False).file
        assert bakeoff(tmp_path, "restore", backup, environ={"BAKEOFF_DATABASE_URL": here}).status == 0
        assert asyncio.run(described(here)) == asyncio.run(described(there))
