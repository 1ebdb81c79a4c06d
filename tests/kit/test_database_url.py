"""What DATABASE_URL may say."""

from pathlib import Path

import pytest

from backend.kit.database_url import InvalidDatabaseUrl, PostgresServer, SqliteFile, parse


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///data/bakeoff.db", "data/bakeoff.db"),
        ("sqlite:////var/lib/bakeoff.db", "/var/lib/bakeoff.db"),
        ("sqlite+aiosqlite:///bakeoff.db", "bakeoff.db"),
        ("sqlite:///with%20a%20space.db", "with a space.db"),
    ],
)
def test_a_sqlite_address_names_a_file(url: str, path: str) -> None:
    assert parse(url) == SqliteFile(Path(path))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_every_spelling_of_postgresql_is_understood(scheme: str) -> None:
    assert parse(f"{scheme}://me:pw@host:5433/name") == PostgresServer("postgresql://me:pw@host:5433/name")


def test_tls_parameters_are_kept_and_those_that_asyncpg_lacks_are_dropped() -> None:
    server = parse("postgres://me@host/name?sslmode=verify-full&channel_binding=require&connect_timeout=5")
    assert server == PostgresServer("postgresql://me@host/name?sslmode=verify-full")


def test_a_socket_directory_may_be_given_as_host() -> None:
    server = parse("postgresql:///name?host=/run/postgresql")
    assert server == PostgresServer("postgresql:///name?host=%2Frun%2Fpostgresql")


def test_a_server_is_shown_without_its_password() -> None:
    server = parse("postgresql://me:hunter2@host/name?password=hunter2")
    assert "hunter2" not in f"{server} {server!r}"
    assert str(server) == "postgresql://host/name"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hunter2",
        "mysql://me:hunter2@host/name",
        "hunter2 ://",
        "postgresql://me:hunter2@[host/name",
        "postgresql://me:hunter2@host/name?hunter2",
        "sqlite://hunter2.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file:hunter2?mode=memory&uri=true",
        "sqlite:///bakeoff.db?key=hunter2",
    ],
)
def test_anything_else_is_refused_by_the_name_of_the_setting_and_without_its_secrets(url: str) -> None:
    with pytest.raises(InvalidDatabaseUrl, match="DATABASE_URL") as refused:
        parse(url)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
