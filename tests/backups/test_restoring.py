"""Putting an installation back: refused before anything changes, or done, with what was there kept aside."""

import asyncio
import hashlib
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.backups.arguments import Restore
from backend.backups.commands import put_back
from backend.backups.house import House
from backend.backups.refused import BackupRefused
from backend.kit import schema
from backend.kit.blobs import digest_of
from backend.kit.migrating import migrate
from tests.backups.archives import MANIFEST, contents_of, place_of, tampered, tar_of
from tests.backups.houses import SECRET, emails, everything, furnished, made, pictures
from tests.support.bakeoff import running_bakeoff
from tests.support.commands import bakeoff
from tests.support.postgres import Postgres
from tests.support.statements import rows, run

NEW, OLD = "ada@example.org", "old@example.org"


@pytest.fixture
def backup(database_url: str, tmp_path: Path) -> Path:
    """Of Ada's installation, its secret in it."""
    house = furnished(database_url, tmp_path / "source", NEW, *pictures(3))
    backup = made(house, tmp_path / "backup.tar", with_secret=True)
    return backup.file


@pytest.fixture
def other_url(
    request: pytest.FixtureRequest, database_url: str, migrated_sqlite: Path, tmp_path: Path
) -> Iterator[str]:
    """Another database of the same kind, migrated."""
    if database_url.startswith("sqlite"):
        path = tmp_path / "other" / "bakeoff.db"
        path.parent.mkdir()
        path.write_bytes(migrated_sqlite.read_bytes())
        yield f"sqlite:///{path}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.lent(request.getfixturevalue("migrated_postgres")) as url:
        yield url


@pytest.fixture
def inhabited(other_url: str, tmp_path: Path) -> House:
    """Somebody lives there already, with another secret."""
    house = furnished(other_url, tmp_path / "here", OLD, *pictures(5)[2:])
    house.secret_file.write_bytes(b"the secret of those who were there before")
    return house


def restored(house: House, file: Path, *, force: bool = False) -> str:
    return asyncio.run(put_back(house, Restore(file, force)))


def refused(house: House, file: Path, *, force: bool = True) -> str:
    with pytest.raises(BackupRefused) as no:
        restored(house, file, force=force)
    assert "\n" not in str(no.value)
    return str(no.value)


def digests(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "attachments").rglob("*") if path.is_file())


def without_lock(folder: Path) -> dict[str, bytes | None]:
    return {name: data for name, data in everything(folder).items() if name != "restore.lock"}


def test_an_empty_place_becomes_what_was_saved(backup: Path, other_url: str, tmp_path: Path) -> None:
    said = restored(House(other_url, tmp_path / "new"), backup)
    assert emails(other_url) == [NEW]
    assert digests(tmp_path / "new") == sorted(map(digest_of, pictures(3)))
    secret = tmp_path / "new" / "secret.key"
    assert (secret.read_bytes(), stat.S_IMODE(secret.stat().st_mode)) == (SECRET, 0o600)
    assert "3 attachments" in said
    assert "The secret is not" not in said
    assert not (tmp_path / "new" / "secret.key.former").exists()


def test_where_somebody_lives_it_is_refused_without_force(backup: Path, inhabited: House) -> None:
    before = without_lock(inhabited.folder)
    assert "--force" in refused(inhabited, backup, force=False)
    assert without_lock(inhabited.folder) == before
    assert emails(inhabited.url) == [OLD]


def test_with_force_everything_that_was_there_is_kept_aside(
    backup: Path, inhabited: House, other_url: str
) -> None:
    before = without_lock(inhabited.folder)
    said = restored(inhabited, backup, force=True)
    assert emails(other_url) == [NEW]
    assert inhabited.secret_file.read_bytes() == SECRET
    (aside,) = inhabited.folder.glob("before-restore-*")
    assert str(aside) in said
    kept = everything(aside)
    assert {name: kept[name] for name in before} == before
    if inhabited.kind == "sqlite":
        assert emails(f"sqlite:///{aside / 'bakeoff.db'}") == [OLD]
    else:
        schema = said.partition("in the schema ")[2].partition(".")[0]
        separator = "&" if "?" in other_url else "?"
        assert emails(f"{other_url}{separator}search_path={schema}") == [OLD]
    assert not migrate_is_needed(other_url)


def migrate_is_needed(url: str) -> bool:
    return migrate(url).changed


def test_what_is_kept_aside_outlives_what_becomes_of_the_new(backup: Path, inhabited: House) -> None:
    restored(inhabited, backup, force=True)
    (aside,) = inhabited.folder.glob("before-restore-*")
    before = everything(aside)
    for digest in digests(inhabited.folder):
        asyncio.run(inhabited.blobs.remove(digest))
    inhabited.secret_file.write_bytes(b"another")
    assert everything(aside) == before


def test_twice_is_as_good_as_once(backup: Path, other_url: str, tmp_path: Path) -> None:
    house = House(other_url, tmp_path / "new")
    for _ in range(2):
        restored(house, backup, force=True)
        assert emails(other_url) == [NEW]
    assert len(list(house.folder.glob("before-restore-*"))) == 2


def test_damage_is_found_before_anything_is_touched(backup: Path, inhabited: House, tmp_path: Path) -> None:
    before = everything(inhabited.folder)
    whole = backup.read_bytes()
    for name in contents_of(backup):
        place = place_of(backup, name) + 20
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        backup.write_bytes(broken)
        assert str(backup) in refused(inhabited, backup)
        backup.write_bytes(whole)
    backup.write_bytes(whole[:-20_000])
    refused(inhabited, backup)
    assert everything(inhabited.folder) == before
    assert emails(inhabited.url) == [OLD]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"revision": "9999"}, "this version knows revisions up to"),
        ({"database": "the other"}, "set database_url to the other one"),
        ({"counts": {"users": 7}}, "the database in it is not what its manifest says"),
        ({"revision": "0007"}, "the database in it is not what its manifest says"),
    ],
)
def test_what_does_not_fit_is_refused_and_all_is_as_it_was(
    backup: Path, inhabited: House, tmp_path: Path, changed: dict[str, object], why: str
) -> None:
    before = without_lock(inhabited.folder)
    if "database" in changed:
        file = other_kind(backup, tmp_path / "tampered.tar", inhabited.kind)
    else:
        file = tampered(backup, tmp_path / "tampered.tar", **changed)
    assert why in refused(inhabited, file)
    assert emails(inhabited.url) == [OLD]
    assert inhabited.secret_file.read_bytes() == before["secret.key"]
    assert not (inhabited.folder / "secret.key.former").exists()
    assert not list(inhabited.folder.glob(".restoring-*"))
    restored(inhabited, backup, force=True)
    assert emails(inhabited.url) == [NEW]


def other_kind(backup: Path, target: Path, kind: str) -> Path:
    """A sound backup of the other kind of database."""
    members = contents_of(backup)
    names = {"sqlite": "database.sqlite", "postgresql": "database.pgdump"}
    other = next(name for name in names if name != kind)
    members[names[other]] = members.pop(names[kind])
    about = json.loads(members.pop(MANIFEST))
    about["database"] = other
    about["members"][names[other]] = about["members"].pop(names[kind])
    return tar_of(target, {**members, MANIFEST: json.dumps(about).encode()})


def test_a_database_that_is_garbage_inside_a_sound_backup_changes_nothing(
    backup: Path, inhabited: House, tmp_path: Path
) -> None:
    members = contents_of(backup)
    about = json.loads(members[MANIFEST])
    name = next(name for name in members if name.startswith("database."))
    members[name] = b"PGDMP or SQLite format 3\0" + b"garbage" * 1000
    about["members"][name] = {"size": len(members[name]), "sha256": hashlib.sha256(members[name]).hexdigest()}
    manifest = members.pop(MANIFEST)
    assert manifest
    file = tar_of(tmp_path / "garbage.tar", {**members, MANIFEST: json.dumps(about).encode()})
    assert refused(inhabited, file)
    assert emails(inhabited.url) == [OLD]
    assert not migrate_is_needed(inhabited.url)


def test_without_its_secret_a_backup_says_what_is_missing(
    database_url: str, other_url: str, tmp_path: Path
) -> None:
    house = furnished(database_url, tmp_path / "source", NEW)
    backup = made(house, tmp_path / "backup.tar", with_secret=False)
    here = House(other_url, tmp_path / "new")
    assert "The secret is not the one" in restored(here, backup.file)
    here.secret_file.write_bytes(SECRET)
    assert "The secret is not the one" not in restored(here, backup.file, force=True)
    given = House(other_url, tmp_path / "set", SECRET.decode())
    assert "The secret is not the one" not in restored(given, backup.file, force=True)


def test_a_secret_that_is_set_is_not_exchanged_for_a_file(
    backup: Path, other_url: str, tmp_path: Path
) -> None:
    given = House(other_url, tmp_path / "new", "s" * 40)
    assert "The secret is not the one" in restored(given, backup)
    assert not given.secret_file.exists()


def test_a_server_that_runs_is_not_pulled_from_under(backup: Path, other_url: str, tmp_path: Path) -> None:
    """Not with force either, and it serves on."""
    environ = {"BAKEOFF_DATABASE_URL": other_url}
    (tmp_path / "here").mkdir()
    with running_bakeoff(tmp_path / "here", environ=environ) as running:
        done = bakeoff(tmp_path / "here", "restore", backup, "--force", environ=environ)
        assert (done.status, done.said) == (2, ""), done
        assert "stop" in done.complained
        assert "server" in done.complained
        assert not list((tmp_path / "here").rglob("before-restore-*"))
        assert running.terminate() == 0
    done = bakeoff(tmp_path / "here", "restore", backup, environ=environ)
    assert done.status == 0, done


def test_an_installation_where_nobody_is_needs_no_force_and_is_kept_all_the_same(
    backup: Path, other_url: str, tmp_path: Path
) -> None:
    house = House(other_url, tmp_path / "new")
    assert "kept in" in restored(house, backup)


def test_a_database_of_an_older_version_is_brought_up_to_date_at_the_next_start(
    backup: Path, other_url: str, tmp_path: Path
) -> None:
    environ = {"BAKEOFF_DATABASE_URL": other_url, "BAKEOFF_DATA_DIR": str(tmp_path / "new")}
    assert bakeoff(tmp_path, "restore", backup, environ=environ).status == 0
    schema.downgrade(other_url, "0007")
    assert bakeoff(tmp_path, "backup", "older.tar", environ=environ).status == 0
    migrate(other_url)
    done = bakeoff(tmp_path, "restore", "older.tar", "--force", environ=environ)
    assert done.status == 0, done
    assert "revision 0007" in done.said
    assert migrate(other_url).before == "0007"


def test_a_user_who_may_make_no_schema_is_told_and_nothing_is_changed(
    postgres: Postgres, postgres_url: str, tmp_path: Path
) -> None:
    house = furnished(postgres_url, tmp_path / "data", OLD)
    backup = made(house, tmp_path / "backup.tar").file
    postgres.run("CREATE ROLE tenant LOGIN")
    try:
        for (table,) in rows(postgres_url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            run(postgres_url, f'ALTER TABLE "{table}" OWNER TO tenant')
        tenant = House(postgres_url.replace("bakeoff@", "tenant@"), tmp_path / "data")
        assert "permission denied" in refused(tenant, backup)
        assert emails(tenant.url) == [OLD]
    finally:
        run(postgres_url, "REASSIGN OWNED BY tenant TO bakeoff")
        run(postgres_url, "DROP OWNED BY tenant")
        postgres.run("DROP ROLE tenant")
