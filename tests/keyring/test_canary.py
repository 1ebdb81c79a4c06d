"""A key that goes in is found nowhere: not in the database, a log, an answer, an error, a repr."""

import base64
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.environments import clean_environment
from tests.support.statements import rows
from tests.support.traces import traces_of

ROOT = Path(__file__).parents[2]
TABLES = ("provider_keys", "endpoints", "audit")


def test_a_trace_would_be_found() -> None:
    key = secrets.token_urlsafe(30)
    for text in (
        f"... {key[5:15]} ...".encode(),
        key.encode().hex().encode(),
        base64.b64encode(key.encode()),
        key[::-1].encode(),
    ):
        assert traces_of(key, text)
    assert not traces_of(key, f"its end is {key[-4:]}".encode())


@pytest.fixture
def key() -> str:
    """Not of any known look, so that nothing takes it for one."""
    return secrets.token_urlsafe(30).replace("-", "q").replace("_", "q")


def test_a_key_that_goes_in_is_found_nowhere(database_url: str, tmp_path: Path, key: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.keyring.canary", database_url, key],
        cwd=ROOT,
        env=clean_environment({}),
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.stdout.endswith(b"That was all.\n"), done.stderr[-3000:]
    # Everything was said and logged: what went well, what was refused, what failed, each statement.
    for expected in (b'"lastFour"', b"does not take it", b"could not be tested", b"validation_failed"):
        assert expected in done.stdout
    for expected in (b"request.failed", b"RuntimeError: a bug in", b"key.unreadable", b"provider_keys"):
        assert expected in done.stderr
    assert traces_of(key, done.stdout) == []
    assert traces_of(key, done.stderr) == []

    kept = b"".join(repr(rows(database_url, f"SELECT * FROM {table}")).encode() for table in TABLES)  # noqa: S608 - ours
    assert key[-4:].encode() in kept
    assert traces_of(key, kept) == []
    for file in tmp_path.glob("bakeoff.db*"):
        assert traces_of(key, file.read_bytes()) == []
