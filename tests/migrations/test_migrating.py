"""Bringing a database to the newest migration."""

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from backend.kit import revisions, schema
from backend.kit.backup import copy_aside
from backend.kit.database_url import parse
from backend.kit.migrating import migrate
from backend.kit.revisions import DatabaseTooNew
from backend.kit.unavailable import DatabaseUnavailable
from tests.support.statements import rows, run


def _url(path: Path) -> str:
    return f"sqlite:///{path}"


def test_an_empty_database_is_brought_to_the_newest_revision(empty_url: str) -> None:
    first = migrate(empty_url)
    assert (first.before, first.after, first.changed) == (None, revisions.newest(), True)
    assert revisions.current(parse(empty_url)) == revisions.newest()


def test_a_second_time_there_is_nothing_to_do(empty_url: str) -> None:
    migrate(empty_url)
    again = migrate(empty_url)
    assert not again.changed
    assert again.copy is None


def test_a_start_without_changes_is_quick_and_leaves_alembic_out(empty_url: str) -> None:
    migrate(empty_url)
    program = f"""
import sys, time
from backend.kit.migrating import migrate
start = time.perf_counter()
migrate({empty_url!r})
print(time.perf_counter() - start, "alembic" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    seconds, alembic = done.stdout.split()
    assert alembic == "False"
    assert float(seconds) < 0.5  # measured: 2 ms for a file, 15 ms for a server


def test_migrations_are_found_from_any_directory(empty_url: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "migrations").mkdir(parents=True)
    root = Path(__file__).parents[2]
    program = f"from backend.kit.migrating import migrate; print(migrate({empty_url!r}).after)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert done.stdout.strip() == revisions.newest()


def test_processes_that_start_at_once_migrate_once(empty_url: str) -> None:
    program = f"""
import sys
from backend.kit.migrating import migrate
import backend.kit.schema
print("ready", flush=True)
sys.stdin.readline()
print(migrate({empty_url!r}).changed)
"""
    command = [sys.executable, "-c", program]
    started = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    results = [process.communicate(timeout=60) for process in started]
    assert [errors for _, errors in results] == [""] * 4
    assert sorted(output.strip() for output, _ in results) == ["False", "False", "False", "True"]


def test_a_database_from_a_newer_version_is_refused_and_left_alone(database_url: str) -> None:
    run(database_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseTooNew, match=rf"9999.*{revisions.newest()}"):
        migrate(database_url)
    with pytest.raises(DatabaseTooNew):
        schema.upgrade(parse(database_url))
    assert rows(database_url, "SELECT version_num FROM alembic_version") == [("9999",)]


def test_a_file_is_copied_aside_before_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "bakeoff.db"
    with closing(sqlite3.connect(path)) as before:
        before.execute("PRAGMA journal_mode = WAL")
        before.execute("CREATE TABLE mine (text TEXT)")
        before.execute("INSERT INTO mine VALUES ('kept')")
        before.commit()
        # Still open: this row is in the WAL only, a plain copy of the file would lack it.
        migrated = migrate(_url(path))
    assert migrated.copy == tmp_path / f"bakeoff.db.before-{revisions.newest()}"
    with closing(sqlite3.connect(migrated.copy)) as copy:
        assert copy.execute("SELECT text FROM mine").fetchall() == [("kept",)]
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT name FROM sqlite_master WHERE name = 'installation'").fetchall() == []


def test_the_copy_can_take_the_place_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "bakeoff.db"
    migrate(_url(path))
    run(_url(path), "INSERT INTO installation VALUES ('a', 1, '2026-11-21', '2026-11-21', 'old')")
    schema.downgrade(_url(path), "base")
    run(_url(path), "CREATE TABLE mine (text TEXT)")
    copy = migrate(_url(path)).copy
    assert copy is not None
    copy.replace(path)
    assert rows(_url(path), "SELECT count(*) FROM mine") == [(0,)]
    assert migrate(_url(path)).changed


def test_an_empty_file_is_not_copied(tmp_path: Path) -> None:
    path = tmp_path / "bakeoff.db"
    path.touch()
    assert migrate(_url(path)).copy is None


def test_three_copies_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "bakeoff [x]*.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mine (text TEXT)")
    bystander = tmp_path / "bakeoff x.db.before-0001"
    bystander.touch()
    for number in range(1, 6):
        copy = copy_aside(path, f"{number:04}")
        os.utime(copy, ns=(number, time.time_ns() + number * 1_000_000))
    copies = sorted(each.name for each in tmp_path.iterdir() if ".before-" in each.name)
    assert copies == [
        bystander.name,
        *(f"{path.name}.before-{number:04}" for number in (3, 4, 5)),
    ] or copies == [
        *(f"{path.name}.before-{number:04}" for number in (3, 4, 5)),
        bystander.name,
    ]


def test_a_migration_that_fails_leaves_the_database_as_it_was(empty_url: str) -> None:
    run(empty_url, "CREATE TABLE installation (mine INTEGER)")
    with pytest.raises(Exception, match="already exists"):
        migrate(empty_url)
    assert revisions.current(parse(empty_url)) is None
    run(empty_url, "DROP TABLE installation")
    assert migrate(empty_url).changed


def test_a_folder_that_is_not_there_is_an_outage_not_a_crash(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="cannot open the file"):
        migrate(_url(tmp_path / "nowhere" / "bakeoff.db"))


def test_a_server_that_is_not_there_is_an_outage_not_a_crash(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable):
        migrate(f"postgresql:///name?host={tmp_path}")
