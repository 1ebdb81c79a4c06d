"""The real thing: `bakeoff serve` as a process of its own, on a free port."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.settings import SETTINGS

START_TAKES = 120.0
"""Seconds at most. Who is not there by then says in its log where it stands, and is gone."""
COMMAND = (sys.executable, "-m", "backend", "serve", "--port", "0", "--log-format", "json")


@dataclass(frozen=True)
class RunningBakeoff:
    url: str
    folder: Path
    process: subprocess.Popen[str]

    def log(self) -> list[dict[str, Any]]:
        lines = (self.folder / "log").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@contextmanager
def running_bakeoff(
    folder: Path, *flags: str, environ: Mapping[str, str] | None = None
) -> Iterator[RunningBakeoff]:
    """Its working directory is `folder`: the default SQLite file, `bakeoff.toml` and the log are there."""
    with (folder / "log").open("a") as log:
        process = subprocess.Popen(
            (*COMMAND, *flags),
            cwd=folder,
            env=clean_environment(environ or {}),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    watchdog = threading.Timer(START_TAKES, process.send_signal, (signal.SIGABRT,))
    watchdog.start()
    try:
        line = process.stdout.readline()
        watchdog.cancel()
        assert line.startswith("Bakeoff is listening on "), (folder / "log").read_text()
        yield RunningBakeoff(line.split()[-1], folder, process)
    finally:
        watchdog.cancel()
        if process.poll() is None:
            process.kill()
        process.wait(10)
        process.stdout.close()


def refused(folder: Path, *flags: str, environ: Mapping[str, str] | None = None) -> tuple[int, list[str]]:
    """Exit code and words of a start that does not come about."""
    done = subprocess.run(
        (*COMMAND, *flags),
        cwd=folder,
        env=clean_environment(environ or {}),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, [line for line in done.stderr.splitlines() if not line.startswith("{")]


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Nothing of the machine's own settings or keys reaches a test."""
    own = {variable for setting in SETTINGS for variable in setting.variables}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in own and not name.startswith(("BAKEOFF_", "OPENAI_", "ANTHROPIC_"))
    }
    # The first folder has the guard that keeps the process on this machine.
    paths = (Path(__file__).parent / "loopback", Path(__file__).parents[2])
    own_ways = {"PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONFAULTHANDLER": "1"}
    return {**kept, **own_ways, **environ}
