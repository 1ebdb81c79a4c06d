"""Putting a SQLite installation back: damaged, held, killed, linked, and on a full disk."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from backend.backups.house import House
from tests.backups.houses import emails, furnished, made, pictures
from tests.backups.test_restoring import NEW, OLD, refused, restored, without_lock
from tests.support.environments import clean_environment

HOLDING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM users").fetchone()
print("holding", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(path: Path) -> Iterator[None]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDING, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline()
    try:
        yield
    finally:
        holder.communicate()


@pytest.fixture
def small(sqlite_url: str, tmp_path: Path, migrated_sqlite: Path) -> tuple[House, Path]:
    """An inhabited house and a backup of another one, on SQLite."""
    source = furnished(sqlite_url, tmp_path / "source", NEW, *pictures(2))
    backup = made(source, tmp_path / "backup.tar", with_secret=True)
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "bakeoff.db").write_bytes(migrated_sqlite.read_bytes())
    return furnished(f"sqlite:///{folder / 'bakeoff.db'}", folder, OLD), backup.file


def test_a_damaged_file_gives_way_and_is_kept_but_not_while_it_is_held(
    small: tuple[House, Path],
) -> None:
    house, backup = small
    path = house.folder / "bakeoff.db"
    with held(path):
        path.write_bytes(b"damaged" * 1000)
        assert "stop the server" in refused(house, backup)
    assert "--force" in refused(house, backup, force=False)
    restored(house, backup, force=True)
    assert emails(house.url) == [NEW]
    (aside,) = house.folder.glob("before-restore-*")
    assert (aside / "bakeoff.db").read_bytes() == b"damaged" * 1000


def test_a_database_behind_a_link_is_replaced_where_it_is(small: tuple[House, Path], tmp_path: Path) -> None:
    house, backup = small
    disk = tmp_path / "another disk"
    disk.mkdir()
    link = house.folder / "bakeoff.db"
    link.rename(disk / "real.db")
    link.symlink_to(disk / "real.db")
    restored(house, backup, force=True)
    assert link.is_symlink()
    assert emails(f"sqlite:///{disk / 'real.db'}") == [NEW]


CRASHING = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("UPDATE users SET email = 'in-the-wal@example.org'")
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("damaged", [False, True])
def test_what_a_killed_server_left_in_the_wal_is_kept_and_not_read_into_the_new(
    small: tuple[House, Path], *, damaged: bool
) -> None:
    house, backup = small
    path, wal = house.folder / "bakeoff.db", house.folder / "bakeoff.db-wal"
    subprocess.run([sys.executable, "-c", CRASHING, path], check=False)
    left = wal.read_bytes()
    if damaged:  # then SQLite writes nothing back
        path.write_bytes(b"damaged" + path.read_bytes()[7:])
    restored(house, backup, force=True)
    assert emails(house.url) == [NEW]
    with closing(sqlite3.connect(house.folder / "bakeoff.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    (aside,) = house.folder.glob("before-restore-*")
    if damaged:
        assert (aside / wal.name).read_bytes() == left
    else:
        assert emails(f"sqlite:///{aside / 'bakeoff.db'}") == ["in-the-wal@example.org"]


LIMITED = """
import resource, sys
from backend.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
main(sys.argv[2:])
"""


@pytest.mark.parametrize("room", [0, 4096, 60_000])
def test_a_full_disk_is_said_and_nothing_is_changed(small: tuple[House, Path], room: int) -> None:
    house, backup = small
    before = without_lock(house.folder)
    environ = {"BAKEOFF_DATA_DIR": str(house.folder), "BAKEOFF_DATABASE_URL": house.url}
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(room), "restore", str(backup), "--force"],
        env=clean_environment(environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, ""), done
    assert done.stderr.endswith("the disk is full: make room, or choose another disk; nothing was changed\n")
    assert without_lock(house.folder) == before
