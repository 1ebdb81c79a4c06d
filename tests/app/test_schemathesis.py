"""schemathesis let loose on the running server, in all its phases: as the owner, and as nobody."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.bakeoff import RunningBakeoff, running_bakeoff
from tests.support.scale import scaled

CONFIG = Path(__file__).with_name("schemathesis.toml")
SEED = "20261121"
"""A failure has to be one that can be looked at again."""

ENDS_THE_OWNERS_VISIT = r"^/auth/(logout|password|devices)"


@pytest.fixture(scope="module")
def bakeoff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBakeoff]:
    environ = {
        "BAKEOFF_REGISTRATION": "open",
        "BAKEOFF_REQUESTS_A_MINUTE": "0",
        "BAKEOFF_TURNS_A_MINUTE": "100000",
    }
    with running_bakeoff(tmp_path_factory.mktemp("schemathesis"), environ=environ) as running:
        yield running


def let_loose(bakeoff: RunningBakeoff, *options: str) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file",
        str(CONFIG),
        "run",
        f"{bakeoff.url}/schema/openapi.json",
        "--phases=examples,coverage,fuzzing,stateful",
        "--checks=all",
        f"--max-examples={scaled(4, 40)}",
        f"--seed={SEED}",
        "--request-timeout=60",  # a busy machine is no fault of the server
        "--no-color",
        *options,
    ]
    done = subprocess.run(
        command, cwd=bakeoff.folder, capture_output=True, text=True, timeout=scaled(600, 3600), check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.promised
def test_what_nobody_may_is_refused_as_it_is_written(bakeoff: RunningBakeoff) -> None:
    let_loose(bakeoff)


@pytest.mark.promised
def test_what_the_owner_may_is_answered_as_it_is_written(bakeoff: RunningBakeoff) -> None:
    join = {"email": "owner@example.org", "password": "nine dry umbrellas"}
    token = httpx2.post(f"{bakeoff.url}/auth/register", json=join, timeout=20).json()["accessToken"]
    with sqlite3.connect(bakeoff.folder / "data" / "bakeoff.db", timeout=20) as connection:
        connection.execute("UPDATE users SET role = 'owner' WHERE email = ?", (join["email"],))
    let_loose(
        bakeoff,
        f"--header=authorization: Bearer {token}",
        f"--exclude-path-regex={ENDS_THE_OWNERS_VISIT}",
    )
