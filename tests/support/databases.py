"""Fixtures: an empty and a migrated database, each on SQLite and on PostgreSQL."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from backend.kit.db import Database
from backend.kit.migrating import migrate
from tests.support.notes import Notes
from tests.support.postgres import Postgres, running_postgres
from tests.support.reused import ReusedDatabases

BOTH = ["sqlite", "postgresql"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy: faster than migrating one for every test."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    migrate(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> str:
    name = postgres.create()
    migrate(postgres.url(name))
    return name


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'bakeoff.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.lent() as url:
        yield url


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest) -> str:
    """A database with all migrations."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    path = tmp_path / "bakeoff.db"
    shutil.copyfile(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def reused_postgres(postgres: Postgres, migrated_postgres: str) -> ReusedDatabases:
    return ReusedDatabases(postgres, migrated_postgres)


@pytest.fixture
def postgres_url(reused_postgres: ReusedDatabases) -> Iterator[str]:
    with reused_postgres.lent() as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open on both, one after the other."""
    opened = Database.open(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def notes(database: Database) -> Notes:
    """The open database with a table for tests in it."""
    result = Notes(database)
    await result.create()
    return result
