"""How a backup is made: whole or not at all, for its owner alone, while others write."""

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backend.attachments import repository
from backend.attachments.shelf import Shelf
from backend.backups.arguments import BackUp
from backend.backups.commands import back_up
from backend.backups.house import House
from backend.backups.reading import opened
from backend.backups.refused import BackupRefused
from backend.backups.snapshot import look_into
from backend.kit import clock, schema
from backend.kit.blobs import Blobs, digest_of
from backend.kit.db import Database
from tests.backups.archives import contents_of
from tests.backups.houses import SECRET, furnished, made, pictures
from tests.support.commands import bakeoff
from tests.support.environments import clean_environment
from tests.support.statements import run


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> House:
    return furnished(database_url, tmp_path / "data", "ada@example.org", *pictures(3))


@pytest.fixture
def filed(sqlite_url: str, tmp_path: Path) -> House:
    """Where the database makes no difference."""
    return furnished(sqlite_url, tmp_path / "data", "ada@example.org", *pictures(3))


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Where the backups go."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    return folder


def backed_up(house: House, command: BackUp, now: datetime | None = None) -> str:
    return asyncio.run(back_up(house, command, now or clock.now()))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_holds_the_database_and_the_files_that_it_names(house: House, shelf: Path) -> None:
    asyncio.run(house.blobs.put(b"nobody names me"))
    backup = made(house, shelf / "a.tar", with_secret=False)
    with opened(backup.file) as archive:
        archive.verify()
        held = archive.manifest
    digests = sorted(map(digest_of, pictures(3)))
    assert held == backup.manifest
    assert sorted(held.attachments) == [f"attachments/{digest}" for digest in digests]
    assert held.counts == asyncio.run(look_into(house.url, house.kind)).counts
    assert (held.counts["users"], held.counts["attachments"], held.missing) == (1, 3, ())
    assert held.secret == house.secret_version()
    assert held.installation is not None
    assert names(shelf) == ["a.tar"]


def test_it_is_for_its_owner_alone(filed: House, shelf: Path) -> None:
    before = os.umask(0)
    try:
        made(filed, shelf / "a.tar", with_secret=False)
    finally:
        os.umask(before)
    assert stat.S_IMODE((shelf / "a.tar").stat().st_mode) == 0o600


def test_the_secret_is_in_it_only_when_asked_for(house: House, shelf: Path) -> None:
    made(house, shelf / "without.tar", with_secret=False)
    made(house, shelf / "with.tar", with_secret=True)
    assert SECRET not in (shelf / "without.tar").read_bytes()
    assert contents_of(shelf / "with.tar")["secret.key"] == SECRET


def test_a_secret_that_is_not_in_a_file_or_is_being_exchanged_is_refused(filed: House, shelf: Path) -> None:
    with pytest.raises(BackupRefused, match="BAKEOFF_SECRET_KEY is set"):
        made(House(filed.url, filed.folder, "s" * 40), shelf / "a.tar", with_secret=True)
    (filed.folder / "secret.key.former").write_bytes(SECRET)
    with pytest.raises(BackupRefused, match="bakeoff keys rotate"):
        made(filed, shelf / "a.tar", with_secret=True)
    (filed.folder / "secret.key.former").unlink()
    (filed.folder / "secret.key").unlink()
    with pytest.raises(BackupRefused, match="there is no"):
        made(filed, shelf / "a.tar", with_secret=True)
    assert names(shelf) == []


def test_what_is_lost_or_damaged_already_is_named_and_the_rest_saved(filed: House, shelf: Path) -> None:
    lost, damaged, kept = map(digest_of, pictures(3))
    (filed.attachments / lost[:2] / lost).unlink()
    (filed.attachments / damaged[:2] / damaged).write_bytes(b"something else")
    said = backed_up(filed, BackUp(shelf / "a.tar", None, None, with_secret=False))
    assert "2 attachments were lost or damaged" in said
    with opened(shelf / "a.tar") as archive:
        archive.verify()
        assert archive.manifest.missing == tuple(sorted((lost, damaged)))
        assert archive.manifest.attachments == [f"attachments/{kept}"]


class Emptied(House):
    """While it is backed up somebody removes an attachment: just before its turn comes."""

    removed: list[str] = []  # noqa: RUF012 - of the class: one test has one

    @property
    def blobs(self) -> Blobs:
        return _Emptying(self.attachments, self.url, self.removed)


class _Emptying(Blobs):
    def __init__(self, folder: Path, url: str, removed: list[str]) -> None:
        super().__init__(folder)
        self._url, self._removed = url, removed

    async def get(self, digest: str) -> bytes:
        if len(self._removed) == 1:  # the second that is asked for
            await self._remove_one(digest)
        self._removed.append(digest)
        return await super().get(digest)

    async def _remove_one(self, digest: str) -> None:
        database = Database.open(self._url)
        async with database.transaction() as db:
            ids = await db.scalars(repository.select(repository.AttachmentRow.id).filter_by(digest=digest))
            await repository.remove_unused(db, list(ids))
        await Shelf(database, Blobs(self._folder), 1, 1).drop(digest)
        await database.close()


def test_what_is_removed_meanwhile_is_not_missed(house: House, shelf: Path) -> None:
    emptied = Emptied(house.url, house.folder)
    emptied.removed.clear()
    backup = made(emptied, shelf / "a.tar", with_secret=False)
    assert backup.manifest.missing == ()
    assert backup.manifest.counts["attachments"] == 2
    assert len(backup.manifest.attachments) == 2
    assert emptied.removed[1] not in str(backup.manifest.attachments)


def test_a_database_of_an_older_version_is_saved_as_it_is(
    database_url: str, tmp_path: Path, shelf: Path
) -> None:
    schema.downgrade(database_url, "0007")
    house = House(database_url, tmp_path / "data")
    backup = made(house, shelf / "a.tar", with_secret=False)
    assert backup.manifest.revision == "0007"
    assert "attachments" not in backup.manifest.counts


@pytest.mark.parametrize("there", ["a.tar", "link"])
def test_nothing_that_is_there_is_written_over(filed: House, shelf: Path, there: str) -> None:
    (shelf / "a.tar").write_text("precious")
    (shelf / "link").symlink_to(shelf / "a.tar")
    with pytest.raises(BackupRefused, match="is there already"):
        made(filed, shelf / there, with_secret=False)
    assert (shelf / "a.tar").read_text() == "precious"


def test_where_there_is_nothing_there_is_nothing_to_back_up(tmp_path: Path, shelf: Path) -> None:
    house = House(f"sqlite:///{tmp_path / 'none.db'}", tmp_path)
    for prepare in (lambda: None, (tmp_path / "none.db").touch):
        prepare()
        with pytest.raises(BackupRefused, match="nothing to back up yet"):
            made(house, shelf / "a.tar", with_secret=False)
    with pytest.raises(BackupRefused, match="does not exist"):
        made(house, shelf / "no folder" / "a.tar", with_secret=False)
    assert names(shelf) == []


def test_a_folder_keeps_the_newest(filed: House, shelf: Path) -> None:
    command = BackUp(None, shelf / "new", 2, with_secret=False)
    said = [backed_up(filed, command, datetime(2026, 11, day, tzinfo=UTC)) for day in (9, 10, 11)]
    assert names(shelf / "new") == ["bakeoff-20261110T000000Z.tar", "bakeoff-20261111T000000Z.tar"]
    assert ["Removed: bakeoff-20261109T000000Z.tar.\n" in each for each in said] == [False, False, True]


def test_keeping_wants_a_folder(filed: House, shelf: Path) -> None:
    with pytest.raises(BackupRefused, match="--keep goes with --to"):
        backed_up(filed, BackUp(shelf / "a.tar", None, 3, with_secret=False))


def test_a_damaged_database_is_said_and_leaves_nothing(filed: House, shelf: Path, tmp_path: Path) -> None:
    path = tmp_path / "bakeoff.db"
    path.write_bytes(path.read_bytes()[:5000] + b"\xff" * 5000)
    with pytest.raises(BackupRefused, match=r"the database cannot be used: .*; no backup was made"):
        backed_up(filed, BackUp(shelf / "a.tar", None, None, with_secret=False))
    assert names(shelf) == []


LIMITED = """
import resource, sys
from backend.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
main(sys.argv[2:])
"""


@pytest.mark.parametrize("room", [0, 5_000, 400_000, 600_000])
def test_a_full_disk_is_said_and_leaves_nothing(
    sqlite_url: str, tmp_path: Path, shelf: Path, room: int
) -> None:
    """The copy of the database does not fit, or not all of the rest."""
    furnished(sqlite_url, tmp_path / "data", "ada@example.org", *pictures(10, 60_000))
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(room), "backup", str(shelf / "a.tar")],
        env=clean_environment({"BAKEOFF_DATA_DIR": f"{tmp_path}/data", "BAKEOFF_DATABASE_URL": sqlite_url}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, ""), done
    assert "the disk is full" in done.stderr or "disk error" in done.stderr
    assert done.stderr.endswith("no backup was made\n")
    assert names(shelf) == []


def test_kill_9_leaves_no_half_file_under_the_name(sqlite_url: str, tmp_path: Path, shelf: Path) -> None:
    house = furnished(sqlite_url, tmp_path / "data", "ada@example.org", *pictures(40, 200_000))
    environ = {"BAKEOFF_DATA_DIR": f"{tmp_path}/data", "BAKEOFF_DATABASE_URL": sqlite_url}
    file, killed = shelf / "a.tar", 0
    for least in (0, 1, 500_000, 3_000_000, 7_000_000):
        process = subprocess.Popen(
            [sys.executable, "-m", "backend", "backup", str(file)],
            env=clean_environment(environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        while process.poll() is None:
            if any(path.stat().st_size >= least for path in shelf.glob(".a.tar.unfinished-*/backup")):
                process.send_signal(signal.SIGKILL)
                break
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        if file.exists():
            with opened(file) as archive:
                archive.verify()
            file.unlink()
    assert killed > 0
    left = names(shelf)
    assert len(left) <= killed
    for name in left:
        assert name.startswith(".a.tar.unfinished-")
        os.utime(shelf / name, (0, 0))
    (shelf / ".b.tar.unfinished-of-somebody-who-is-at-it").mkdir()
    made(house, file, with_secret=False)
    assert names(shelf) == [".b.tar.unfinished-of-somebody-who-is-at-it", "a.tar"]


def test_a_backup_of_a_file_somebody_writes_into_is_one_moment(
    filed: House, shelf: Path, tmp_path: Path
) -> None:
    """Two tables that are always written together are never apart in it."""
    run(filed.url, "CREATE TABLE one (n INTEGER)")
    run(filed.url, "CREATE TABLE two (n INTEGER)")
    writer = subprocess.Popen([sys.executable, "-c", WRITING, str(tmp_path / "bakeoff.db")])
    try:
        written = 0
        while written < 5:
            with closing(sqlite3.connect(tmp_path / "bakeoff.db")) as connection:
                written = connection.execute("SELECT count(*) FROM one").fetchone()[0]
            time.sleep(0.01)
        for number in range(5):
            backup = made(filed, shelf / f"{number}.tar", with_secret=False)
            assert backup.manifest.counts["one"] == backup.manifest.counts["two"] >= written
            written = backup.manifest.counts["one"]
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.wait()


WRITING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("PRAGMA journal_mode = WAL")
for number in range(10**9):
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO one VALUES (?)", (number,))
    connection.execute("INSERT INTO two VALUES (?)", (number,))
    connection.execute("COMMIT")
"""


def test_without_postgresqls_programs_it_is_said_what_to_install(postgres_url: str, tmp_path: Path) -> None:
    environ = {"BAKEOFF_DATABASE_URL": postgres_url, "PATH": str(tmp_path)}
    done = bakeoff(tmp_path, "backup", "a.tar", environ=environ)
    assert (done.status, done.said) == (2, "")
    assert "pg_dump is not on this machine" in done.complained
    assert "postgresql-client" in done.complained
    assert not (tmp_path / "a.tar").exists()


SPY = """#!/bin/sh
echo "$@" > {folder}/arguments
for each in $(echo "$@" | tr '?& ' '\\n\\n\\n'); do
  case $each in passfile=*) cp -p $(echo ${{each#passfile=}} | sed 's|%2F|/|g') {folder}/passfile;; esac
done
echo "so it is" >&2
exit 3
"""


def test_a_password_is_not_in_the_list_of_processes(postgres_url: str, tmp_path: Path) -> None:
    """And what the program says last is passed on."""
    (tmp_path / "pg_dump").write_text(SPY.format(folder=tmp_path))
    (tmp_path / "pg_dump").chmod(0o755)
    password = "a:b\\c kestrel%3F"
    url = postgres_url.replace("bakeoff@", "bakeoff:a%3Ab%5Cc%20kestrel%253F@")
    environ = {"BAKEOFF_DATABASE_URL": url, "PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = bakeoff(tmp_path, "backup", "a.tar", environ=environ)
    assert "pg_dump came to nothing: so it is" in done.complained
    arguments = (tmp_path / "arguments").read_text()
    assert "kestrel" not in arguments
    assert "bakeoff" in arguments
    escaped = password.replace("\\", "\\\\").replace(":", "\\:")
    assert (tmp_path / "passfile").read_text() == f"*:*:*:*:{escaped}\n"
    assert stat.S_IMODE((tmp_path / "passfile").stat().st_mode) == 0o600
    named = arguments.partition("passfile=")[2].split()[0].split("&")[0].replace("%2F", "/")
    assert not Path(named).exists()


def test_a_database_that_this_version_does_not_know_is_refused(house: House, shelf: Path) -> None:
    run(house.url, "UPDATE alembic_version SET version_num = 'restore-unfinished'")
    with pytest.raises(BackupRefused, match="at revision restore-unfinished"):
        made(house, shelf / "a.tar")
    assert names(shelf) == []
