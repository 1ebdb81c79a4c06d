"""`bakeoff doctor`: says what is wrong, hides nothing, changes nothing, tells no secret."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.doctor.checks import CHECKS, Check, examine
from backend.doctor.commands import _line
from backend.doctor.finding import Finding, problem, well
from backend.doctor.patient import Patient
from backend.kit.redaction import Redactor
from backend.settings import Settings
from tests.backups.houses import everything, furnished, pictures
from tests.doctor.patients import lines, patient, report
from tests.support.bakeoff import running_bakeoff
from tests.support.commands import bakeoff
from tests.support.environments import clean_environment
from tests.support.postgres import Postgres

SUBJECTS = [
    "settings",
    "data folder",
    "secret",
    "database",
    "server",
    "port",
    "open files",
    "providers",
    "page",
]


@pytest.fixture
def installed(migrated_sqlite: Path, tmp_path: Path) -> Path:
    """A folder in which `bakeoff` finds a data folder with somebody in it."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    shutil.copyfile(migrated_sqlite, data / "bakeoff.db")
    furnished(f"sqlite:///{data / 'bakeoff.db'}", data, "ada@example.org", *pictures(2))
    return tmp_path


def crash(folder: Path) -> None:
    """Leaves a WAL behind, as a killed server does."""
    program = """
import os, sqlite3
connection = sqlite3.connect("data/bakeoff.db", isolation_level=None)
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("UPDATE users SET name = 'in the WAL'")
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, check=False)
    assert done.returncode == -signal.SIGKILL
    assert (folder / "data" / "bakeoff.db-wal").stat().st_size > 0


def crash_and_damage(folder: Path) -> None:
    crash(folder)
    path = folder / "data" / "bakeoff.db"
    path.write_bytes(b"damaged" + path.read_bytes()[7:])


def times(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in (folder, *sorted(folder.rglob("*")))}


@pytest.mark.parametrize(
    ("prepare", "expected"),
    [(lambda _: None, 0), (crash, 0), (crash_and_damage, 1)],
    ids=["at rest", "after a crash", "after a crash and damaged"],
)
def test_nothing_is_changed_by_looking(
    installed: Path, prepare: Callable[[Path], None], expected: int
) -> None:
    prepare(installed)
    before, when = everything(installed), times(installed)
    status, said = report(installed)
    assert status == expected, said
    assert (everything(installed), times(installed)) == (before, when)


def test_nothing_is_made_where_nothing_is(tmp_path: Path) -> None:
    status, said = report(tmp_path)
    assert (status, said["problems"]) == (0, 0)
    assert everything(tmp_path) == {}


def test_nothing_is_changed_beside_a_server_that_runs(tmp_path: Path) -> None:
    with running_bakeoff(tmp_path) as running:
        before = everything(tmp_path)
        port = running.url.rpartition(":")[2]
        status, said = report(tmp_path, "--port", port)
        assert status == 0, said
        after = everything(tmp_path)
        assert list(after) == list(before)
        # Of its own accord an idle server changes nothing but which moment its readers look at.
        assert {name for name in after if after[name] != before[name]} <= {"data/bakeoff.db-shm", "log"}
        assert "a Bakeoff" in str(lines(said, "port"))
        assert running.terminate() == 0


def test_all_is_well_is_said_in_a_line_each(installed: Path) -> None:
    done = bakeoff(installed, "doctor", environ={"OPENAI_API_KEY": "sk-0123456789"})
    assert done.status == 0
    *said, last = done.said.splitlines()
    assert last == "no problems, no notes."
    assert {line.split("  ")[0] for line in said} == {"ok"}
    for subject in (*SUBJECTS, "migrations", "saved keys", "attachments", "answers", "clock"):
        assert any(line[9:].startswith(subject) for line in said), subject


def test_what_is_wrong_has_its_next_step_in_the_same_line_and_the_status_is_1(installed: Path) -> None:
    (installed / "data" / "secret.key").chmod(0o644)
    done = bakeoff(installed, "doctor")
    assert done.status == 1
    (line,) = [line for line in done.said.splitlines() if line.startswith("problem")]
    assert line.endswith("→ chmod 600 data/secret.key")
    assert done.said.splitlines()[-1].startswith("1 problem, ")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"SQLite format 3\0" + b"\xff" * 9000, "cannot be used"),
        (b"no database at all" * 100, "the file is not a database"),
    ],
)
def test_a_damaged_database_hides_no_other_check(installed: Path, content: bytes, words: str) -> None:
    (installed / "data" / "bakeoff.db").write_bytes(content)
    status, said = report(installed)
    assert status == 1
    assert words in str(lines(said, "database"))
    for subject in SUBJECTS:
        assert lines(said, subject), subject
    for subject in ("migrations", "saved keys", "attachments", "answers"):
        assert lines(said, subject) == [("note", "not looked at: the database cannot be used")]


def test_a_page_that_is_damaged_in_the_middle_is_found(installed: Path) -> None:
    path = installed / "data" / "bakeoff.db"
    data = bytearray(path.read_bytes())
    for page in range(20, len(data) // 4096):
        data[page * 4096 : page * 4096 + 50] = b"\xee" * 50
    path.write_bytes(data)
    status, said = report(installed)
    assert status == 1
    assert "the file is damaged" in str(lines(said, "database"))
    problems = [each for each in said["findings"] if each["state"] == "problem"]
    assert problems
    assert all("bakeoff restore" in each["next"] for each in problems)


def test_settings_that_cannot_be_used_hide_no_other_check(installed: Path) -> None:
    (installed / "bakeoff.toml").write_text("prot = 9000\nlog_level = 'loud'\n")
    status, said = report(installed, "--port", "many", environ={"BAKEOFF_DRAIN": "1"})
    assert status == 1
    problems = [found for state, found in lines(said, "settings") if state == "problem"]
    assert len(problems) == 4
    for word in ("--port", "BAKEOFF_DRAIN", "prot", "log_level"):
        assert any(word in each for each in problems)
    for subject in (*SUBJECTS, "migrations", "attachments"):
        assert lines(said, subject), subject


def test_a_file_that_is_not_toml_hides_no_other_check(installed: Path) -> None:
    (installed / "bakeoff.toml").write_bytes(b"\xff\xfe")
    status, said = report(installed)
    assert status == 1
    assert "not TOML" in str(lines(said, "settings"))
    assert lines(said, "attachments") == [("ok", "2 contents, all on the disk")]


def test_a_data_folder_that_is_a_file_hides_no_other_check(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    status, said = report(tmp_path)
    assert status == 1
    assert ("problem", f"{tmp_path / 'data'} is not a folder") in lines(said, "data folder")
    for subject in SUBJECTS:
        assert lines(said, subject), subject


def test_a_folder_that_cannot_be_read_hides_no_other_check(installed: Path) -> None:
    (installed / "data").chmod(0)
    try:
        done = subprocess.run(
            [sys.executable, "-c", LIKE_ANYBODY, "doctor", "--json"],
            cwd=installed,
            env=clean_environment({}),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        (installed / "data").chmod(0o700)
    assert done.returncode == 1, done
    said = json.loads(done.stdout)
    assert ("problem", f"{installed / 'data'} is not writable for this user") in lines(said, "data folder")
    for subject in SUBJECTS:
        assert lines(said, subject), subject
    assert "this check itself broke" not in done.stdout


# Root may read everything; without these two capabilities it may read what others may.
LIKE_ANYBODY = """
import ctypes, os, sys
if os.geteuid() == 0:
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        assert ctypes.CDLL(None).prctl(24, capability, 0, 0, 0) == 0  # PR_CAPBSET_DROP
os.execv(sys.executable, [sys.executable, "-m", "backend", *sys.argv[1:]])
"""


def test_a_database_that_is_down_hides_no_other_check(tmp_path: Path) -> None:
    environ = {"BAKEOFF_DATABASE_URL": "postgresql://me:canary-password@127.0.0.1:1/none"}
    status, said = report(tmp_path, environ=environ)
    assert status == 1
    assert ("problem", "postgresql://127.0.0.1:1/none cannot be used: connection refused") in lines(
        said, "database"
    )
    for subject in SUBJECTS:
        assert lines(said, subject), subject
    assert "canary" not in str(said)


def test_an_address_of_no_database_hides_no_other_check(tmp_path: Path) -> None:
    status, said = report(tmp_path, environ={"BAKEOFF_DATABASE_URL": "mysql://me:canary-password@host/x"})
    assert status == 1
    assert "names a database that is not supported" in str(lines(said, "database"))
    for subject in set(SUBJECTS) - {"data folder"}:
        assert lines(said, subject), subject
    assert "canary" not in str(said)


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_no_secret_is_told(tmp_path: Path, postgres: Postgres, flags: tuple[str, ...]) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret.key").write_text("canary-of-the-file-0123456789-0123456789")
    environ = {
        "BAKEOFF_SECRET_KEY": "canary-of-the-setting-0123456789-0123456789",
        "BAKEOFF_DATABASE_URL": postgres.tcp_url("none").replace("secret", "canary-password"),
        "OPENAI_API_KEY": "sk-canary-0123456789",
        "BAKEOFF_OIDC_CLIENT_SECRET": "canary-of-oidc",
        "BAKEOFF_PROVIDER_PROXY": "http://me:canary-proxy@127.0.0.1:1",
        "BAKEOFF_GROQ_BASE_URL": "http://me:canary-url@host",
        "BAKEOFF_PUBLIC_URL": "https://me:canary-public@host",
    }
    done = bakeoff(tmp_path, "doctor", "--online", *flags, environ=environ)
    assert done.status == 1
    assert "canary" not in done.said + done.complained
    assert done.complained == ""
    assert not flags or json.loads(done.said)["problems"]


async def test_what_a_check_lets_slip_is_masked() -> None:
    settings, _ = Settings.as_far_as_usable({"OPENAI_API_KEY": "canary-0123456789"})
    finding = problem("refused: canary-0123456789", "not canary-0123456789")
    line = _line("it", finding, Redactor(settings.secret_values()).text)
    assert "canary" not in line.found + line.next


def breaking(error: BaseException) -> Check:
    async def check(_patient: Patient) -> list[Finding]:
        raise error

    return check


async def fine(_patient: Patient) -> list[Finding]:
    return [well("fine")]


async def test_a_check_that_breaks_hides_no_other_one() -> None:
    errors = [KeyError("sk-canary"), OSError(13, "Permission denied", "/x"), ValueError(), RecursionError()]
    checks = [("fine", fine), *((f"{number}", breaking(error)) for number, error in enumerate(errors))]
    found = await examine(patient({}), [*checks, ("fine", fine)])
    assert [name for name, _ in found] == ["fine", "0", "1", "2", "3", "fine"]
    assert [each.state for _, each in found] == ["ok", "problem", "problem", "problem", "problem", "ok"]
    assert found[1][1].found == "this check itself broke (KeyError)"
    assert found[2][1].found == "/x: Permission denied"


def test_every_problem_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    environ = {"BAKEOFF_SIMULATOR": "off", "BAKEOFF_SERVER": "native", "BAKEOFF_HOST": "no such host"}
    _, said = report(tmp_path, "--tls-certificate", "none", "--tls-key", "none", environ=environ)
    problems = [each for each in said["findings"] if each["state"] == "problem"]
    assert len(problems) > 3
    assert all(each["next"] for each in problems)
    assert said["problems"] == len(problems)


def test_the_subjects_are_known() -> None:
    assert set(SUBJECTS) < {name for name, _ in CHECKS}
