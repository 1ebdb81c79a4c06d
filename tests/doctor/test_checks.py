"""Each check: what it calls well, and what it finds."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backend.backups.replacing_tables import UNFINISHED
from backend.doctor import (
    answers,
    attachments,
    clocks,
    configuration,
    database,
    folder,
    page,
    providers,
    secret,
)
from backend.doctor.postgres import allows
from backend.kit import revisions
from backend.kit.blobs import Blobs, digest_of
from backend.kit.clock import now
from backend.kit.db import Database
from backend.kit.master_key import MasterKey
from backend.providers.simulator.server import Simulator
from tests.backups.houses import SECRET, furnished, pictures
from tests.backups.lived_in import lived_in
from tests.doctor.patients import found, one
from tests.keyring.doors import Door, person, ring_of
from tests.keyring.saving import save
from tests.support.postgres import Postgres
from tests.support.statements import run


@pytest.fixture
def home(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The settings of an installation with somebody in it."""
    furnished(database_url, tmp_path / "data", "ada@example.org", *pictures(2))
    return {"BAKEOFF_DATABASE_URL": database_url, "BAKEOFF_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture
def on_sqlite(sqlite_url: str, tmp_path: Path) -> dict[str, str]:
    """The same where the database makes no difference."""
    furnished(sqlite_url, tmp_path / "data", "ada@example.org", *pictures(2))
    return {"BAKEOFF_DATABASE_URL": sqlite_url, "BAKEOFF_DATA_DIR": str(tmp_path / "data")}


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"BAKEOFF_HOST": "0.0.0.0"}, "without TLS"),
        ({"BAKEOFF_PUBLIC_URL": "https://a.example"}, "none is believed"),
        ({"BAKEOFF_HOST": "::", "BAKEOFF_REGISTRATION": "open"}, "may make an account"),
        ({"BAKEOFF_LOCAL_ENDPOINTS": "on", "BAKEOFF_REGISTRATION": "open"}, "machines of your network"),
        ({"BAKEOFF_HOST": "bakeoff.example", "BAKEOFF_METRICS": "open"}, "/metrics"),
        ({"BAKEOFF_ALLOWED_HOSTS": "*"}, "DNS rebinding"),
        ({"BAKEOFF_OIDC_ISSUER": "https://i.example", "BAKEOFF_OIDC_CLIENT_ID": "me"}, "OpenID"),
        ({"BAKEOFF_MAX_UNUSED_ATTACHMENT_BYTES": "1"}, "cannot be uploaded"),
        ({"BAKEOFF_SERVER_TURNS_AT_ONCE": "5"}, "server_turns_at_once"),
        ({"BAKEOFF_PORT": "0"}, "another free port"),
        ({"BAKEOFF_LOG_LEVEL": "debug"}, "debug"),
    ],
)
def test_settings_that_may_surprise_are_noted(environ: dict[str, str], words: str) -> None:
    notes = found(environ, configuration.surprising)
    assert {each.state for each in notes} == {"note"}
    assert any(words in each.found for each in notes)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"BAKEOFF_HOST": "::1", "BAKEOFF_METRICS": "open", "BAKEOFF_REGISTRATION": "open"},
        {
            "BAKEOFF_HOST": "0.0.0.0",
            "BAKEOFF_PUBLIC_URL": "https://a.example",
            "BAKEOFF_TRUSTED_PROXIES": "10.0.0.1",
        },
        {"BAKEOFF_HOST": "0.0.0.0", "BAKEOFF_TLS_CERTIFICATE": "c", "BAKEOFF_TLS_KEY": "k"},
    ],
)
def test_usual_settings_surprise_nobody(environ: dict[str, str]) -> None:
    assert found(environ, configuration.surprising) == []


def test_a_data_folder_that_others_may_enter_is_noted(on_sqlite: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "data").chmod(0o700)
    assert found(on_sqlite, folder.private) == []
    (tmp_path / "data").chmod(0o755)
    assert one(on_sqlite, folder.private).next == f"chmod 700 {tmp_path / 'data'}"


def test_a_database_elsewhere_has_its_folder_looked_at_too(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environ = {
        "BAKEOFF_DATA_DIR": str(tmp_path),
        "BAKEOFF_DATABASE_URL": f"sqlite:///{elsewhere / 'a.db'}",
    }
    assert [each.found for each in found(environ, folder.writable)] == [
        f"{tmp_path} is writable",
        f"{elsewhere} is writable",
    ]


def test_what_restores_left_is_noted(on_sqlite: dict[str, str], tmp_path: Path) -> None:
    assert found(on_sqlite, folder.left_over) == []
    (tmp_path / "data" / "before-restore-1").mkdir()
    (tmp_path / "data" / ".restoring-1").mkdir()
    assert [each.state for each in found(on_sqlite, folder.left_over)] == ["note", "note"]


def test_a_secret_is_there_long_enough_and_for_its_owner_alone(
    on_sqlite: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "data" / "secret.key"
    assert one(on_sqlite, secret.kept).state == "ok"
    file.chmod(0o640)
    assert one(on_sqlite, secret.kept).next == f"chmod 600 {file}"
    file.chmod(0o600)
    file.write_bytes(b"short")
    assert "fewer than 32" in one(on_sqlite, secret.kept).found
    file.write_bytes(SECRET)
    (tmp_path / "data" / "secret.key.former").write_bytes(SECRET)
    assert found(on_sqlite, secret.kept)[-1].next == "bakeoff keys rotate"
    given = {**on_sqlite, "BAKEOFF_SECRET_KEY": "s" * 32}
    assert [each.state for each in found(given, secret.kept)] == ["ok", "note"]


async def save_keys(url: str, master: MasterKey, *names: str) -> None:
    opened = Database.open(url)
    alice = await person(opened, "alice")
    for name in names:
        await save(opened, ring_of(Door(), master), alice, name)
    await opened.close()


def test_saved_keys_open_with_the_secret_that_sealed_them_and_with_no_other(
    home: dict[str, str], tmp_path: Path
) -> None:
    assert one(home, secret.opens_saved_keys).found.startswith("0 saved provider keys")
    asyncio.run(save_keys(home["BAKEOFF_DATABASE_URL"], MasterKey(SECRET), "openai", "groq"))
    assert one(home, secret.opens_saved_keys).found == "2 saved provider keys, all of which open"
    file = tmp_path / "data" / "secret.key"
    file.write_bytes(b"x" * 40)
    bad = one(home, secret.opens_saved_keys)
    assert (bad.state, bad.found.endswith("for: groq, openai")) == ("problem", True)
    (tmp_path / "data" / "secret.key.former").write_bytes(SECRET)
    assert one(home, secret.opens_saved_keys).state == "ok"
    (tmp_path / "data" / "secret.key.former").unlink()
    file.unlink()
    assert one(home, secret.opens_saved_keys).state == "problem"
    assert not file.exists()
    set_to_it = {**home, "BAKEOFF_SECRET_KEY": SECRET.decode()}
    assert one(set_to_it, secret.opens_saved_keys).state == "ok"


def test_the_database_says_its_kind_version_and_time(home: dict[str, str]) -> None:
    said = one(home, database.answers)
    assert said.state == "ok"
    assert said.found.startswith(("SQLite 3.", "PostgreSQL "))
    assert said.found.endswith(" ms")


def test_a_journal_that_grows_or_came_alone_is_noted(on_sqlite: dict[str, str], tmp_path: Path) -> None:
    assert one(on_sqlite, database.journal).state == "ok"
    wal = tmp_path / "bakeoff.db-wal"
    wal.write_bytes(b"copied here without its index")
    assert "without its index" in one(on_sqlite, database.journal).found
    (tmp_path / "bakeoff.db-shm").touch()
    with wal.open("r+b") as file:
        file.truncate(2 * 2**30)  # a hole: it takes no room
    assert "2.0 GiB" in one(on_sqlite, database.journal).found
    run_with_delete_journal(tmp_path / "other.db")
    other = {"BAKEOFF_DATABASE_URL": f"sqlite:///{tmp_path / 'other.db'}"}
    assert "not in WAL mode" in one(other, database.journal).found


def run_with_delete_journal(path: Path) -> None:
    run(f"sqlite:///{path}", "CREATE TABLE a (b)")


@pytest.mark.parametrize(
    ("revision", "state", "words"),
    [
        (revisions.newest(), "ok", "up to date"),
        ("0003", "note", "behind"),
        ("9999", "problem", "newer than this version"),
        (UNFINISHED, "problem", "broken off"),
    ],
)
def test_migrations_are_up_to_date_behind_or_ahead(
    home: dict[str, str], revision: str, state: str, words: str
) -> None:
    run(home["BAKEOFF_DATABASE_URL"], f"UPDATE alembic_version SET version_num = '{revision}'")  # noqa: S608 - ours
    said = one(home, database.migrated)
    assert (said.state, words in said.found) == (state, True)


def test_an_empty_database_waits_for_its_tables(empty_url: str, tmp_path: Path) -> None:
    run(empty_url, "CREATE TABLE somebody_elses (n INTEGER)")
    environ = {"BAKEOFF_DATABASE_URL": empty_url, "BAKEOFF_DATA_DIR": str(tmp_path)}
    assert one(environ, database.migrated).state == "note"
    for check in (secret.opens_saved_keys, attachments.there, answers.finished, clocks.forwards):
        assert one(environ, check).found.startswith("not looked at")


def test_attachments_are_all_there_and_nothing_else(home: dict[str, str], tmp_path: Path) -> None:
    assert one(home, attachments.there).found == "2 contents, all on the disk"
    asyncio.run(Blobs(tmp_path / "data" / "attachments").put(b"x" * 2**20))
    extra = one(home, attachments.there)
    assert (extra.state, extra.found.startswith("1 files (1.0 MiB)")) == ("note", True)
    gone, cut = map(digest_of, pictures(2))
    (tmp_path / "data" / "attachments" / gone[:2] / gone).unlink()
    (tmp_path / "data" / "attachments" / cut[:2] / cut).write_bytes(b"cut")
    missing, _ = found(home, attachments.there)
    assert (missing.state, missing.found.startswith("2 of 2 are lost or cut off")) == ("problem", True)
    assert gone in missing.found


def test_a_clock_before_the_last_start_is_a_problem(home: dict[str, str]) -> None:
    assert one(home, clocks.forwards).state == "ok"
    later = (datetime.now(UTC) + timedelta(hours=2)).strftime("%Y-%m-%d %H:%M:%S+00:00")
    if home["BAKEOFF_DATABASE_URL"].startswith("sqlite"):
        later = later.removesuffix("+00:00") + ".000000"
    run(home["BAKEOFF_DATABASE_URL"], f"UPDATE installation SET last_started_at = '{later}'")  # noqa: S608 - ours
    assert "in the future" in one(home, clocks.forwards).found


def test_the_databases_clock_is_compared(postgres_url: str) -> None:
    assert one({"BAKEOFF_DATABASE_URL": postgres_url}, clocks.beside_the_database).state == "ok"
    for seconds, state in ((0.5, "ok"), (-10, "note"), (10, "note"), (-90, "problem"), (90, "problem")):
        assert clocks._compared(now(), now() + timedelta(seconds=seconds)).state == state


def test_what_postgresql_must_allow_is_looked_at(postgres: Postgres, postgres_url: str) -> None:
    assert one({"BAKEOFF_DATABASE_URL": postgres_url}, allows).state == "ok"
    stranger = {"BAKEOFF_DATABASE_URL": postgres_url.replace("bakeoff@", "stranger@")}
    postgres.run("CREATE ROLE stranger LOGIN")
    try:
        said = [each.found for each in found(stranger, allows)]
        assert any("may make no tables" in each for each in said)
        assert any("may not do everything" in each for each in said)
    finally:
        postgres.run("DROP ROLE stranger")


def test_another_encoding_is_a_problem(postgres: Postgres) -> None:
    postgres.run("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    try:
        said = found({"BAKEOFF_DATABASE_URL": postgres.url("latin")}, allows)
        assert any("LATIN1" in each.found for each in said)
    finally:
        postgres.run("DROP DATABASE latin")


def test_answers_are_given_or_were_broken_off(database_url: str, tmp_path: Path) -> None:
    environ = {"BAKEOFF_DATABASE_URL": database_url}
    with lived_in(tmp_path, environ) as lived:
        lived.stream()
        there = {**environ, "BAKEOFF_PORT": lived.bakeoff.url.rpartition(":")[2]}
        assert one(there, answers.finished).found == "2 are being given"
        lived.bakeoff.process.kill()
        lived.bakeoff.process.wait()
    left = one(there, answers.finished)
    assert (left.state, left.found.startswith("2 were broken off")) == ("note", True)
    with lived_in(tmp_path, environ):
        assert one(there, answers.finished).found == "none is unfinished"


def test_who_can_be_asked_is_said() -> None:
    assert one({}, providers.known).state == "note"
    assert one({"BAKEOFF_SIMULATOR": "off"}, providers.known).state == "problem"
    keyed = {"OPENAI_API_KEY": "sk-0123456789", "BAKEOFF_VLLM_BASE_URL": "http://127.0.0.1:1/v1"}
    assert one(keyed, providers.known).found == "can be asked: openai, vllm"
    assert found(keyed, providers.taking_our_keys) == []


def test_endpoints_that_cannot_be_used_are_problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bakeoff.toml").write_text('[[endpoints]]\nname = "House"\n')
    assert {each.state for each in found({}, providers.known)} == {"problem"}


@contextmanager
def simulated(key: str) -> Iterator[str]:
    """A provider that takes one key, in a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        simulator = asyncio.run_coroutine_threadsafe(Simulator.start(key=key), loop).result(20)
        yield simulator.openai_url
        asyncio.run_coroutine_threadsafe(simulator.stop(), loop).result(20)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_online_every_key_is_tried() -> None:
    with simulated("sk-good-0123456789") as url:
        environ = {"BAKEOFF_OPENAI_BASE_URL": url, "BAKEOFF_GROQ_BASE_URL": url}
        environ |= {"OPENAI_API_KEY": "sk-good-0123456789", "GROQ_API_KEY": "gsk-bad-0123456789"}
        good, bad = found(environ, providers.taking_our_keys, online=True)
    assert (good.state, "openai takes our key and lists" in good.found) == ("ok", True)
    assert (bad.state, bad.found.startswith("groq refuses or is not there")) == ("problem", True)
    assert "0123456789" not in bad.found


def test_the_page_is_built_or_it_is_said_how() -> None:
    said = one({}, page.built)
    assert said.state == ("ok" if "built, in" in said.found else "note")


def test_room_is_measured_where_the_data_are(on_sqlite: dict[str, str], tmp_path: Path) -> None:
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize / 2**30
    said = found(on_sqlite, folder.room)[0].found
    assert abs(float(said.split()[0]) - free) < 1
