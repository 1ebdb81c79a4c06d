"""The unit for systemd, looked at by systemd itself."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.checkout import read, settings_of
from tests.support.bakeoff import running_bakeoff

UNIT = read("systemd", "bakeoff.service")
MOST_EXPOSED = 2.0
"""Of 10, as systemd counts; half of what is left is that a server needs the network."""


def values(name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", UNIT, re.MULTILINE)


def analyzed(*arguments: object) -> str:
    done = subprocess.run(
        ["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """With a program that is there."""
    (start,) = values("ExecStart")
    assert start == "/opt/bakeoff/bin/bakeoff serve"
    file = tmp_path / "bakeoff.service"
    program = Path(sys.executable).parent / "bakeoff"
    file.write_text(UNIT.replace("/opt/bakeoff/bin/bakeoff serve", f"{program} serve"), encoding="utf-8")
    return file


def test_systemd_understands_every_line(unit: Path) -> None:
    said = analyzed("verify", "--man=no", unit)
    assert [line for line in said.splitlines() if "bakeoff.service" in line] == []


def test_little_of_the_machine_is_open_to_it(unit: Path) -> None:
    said = analyzed("security", "--offline=true", "--no-pager", unit)
    found = re.search(r"Overall exposure level for bakeoff.service: (\d+\.\d+)", said)
    assert found is not None, said
    assert float(found[1]) <= MOST_EXPOSED


def test_its_settings_are_settings_and_its_folders_are_made_for_it() -> None:
    environ = dict(value.split("=", 1) for value in values("Environment"))
    settings = settings_of(environ)
    (state,) = values("StateDirectory")
    assert settings.data_dir == Path("/var/lib") / state
    (etc,) = values("ConfigurationDirectory")
    assert Path(environ["BAKEOFF_CONFIG"]).parent == Path("/etc") / etc
    (run,) = values("RuntimeDirectory")
    for proxy in (read("nginx", "bakeoff.conf"), read("Caddyfile")):
        assert f"/run/{run}/bakeoff.sock" in proxy


def test_it_gets_longer_to_end_than_it_needs() -> None:
    (seconds,) = values("TimeoutStopSec")
    assert int(seconds) > settings_of({}).drain_seconds + 2
    assert values("Type") == ["exec"]
    assert values("MemoryDenyWriteExecute") == []  # the native server cannot start with it
    assert values("Restart") == ["on-failure"]


@pytest.mark.parametrize("server", ["native", "portable"])
def test_a_group_may_use_the_socket_and_nobody_else(tmp_path: Path, server: str) -> None:
    """By the unit's umask. The secret beside the database is for nobody else all the same."""
    (mask,) = values("UMask")
    listening = tmp_path / "bakeoff.sock"
    before = os.umask(int(mask, 8))
    try:
        with running_bakeoff(tmp_path, "--server", server, "--unix-socket", str(listening)):
            modes = [
                stat.S_IMODE(path.stat().st_mode) for path in (listening, tmp_path / "data" / "secret.key")
            ]
    finally:
        os.umask(before)
    assert [oct(mode) for mode in modes] == ["0o770", "0o600"]
