"""The real thing: `bakeoff serve` as a process of its own, on a free port."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.support.commands import bakeoff
from tests.support.environments import clean_environment
from tests.support.nursery import Child, born

START_TAKES = 120.0
"""Seconds at most. Who is not there by then says in its log where it stands, and is gone."""
WORDS = ("serve", "--port", "0", "--log-format", "json")


@dataclass(frozen=True)
class RunningBakeoff:
    url: str
    folder: Path
    process: Child | subprocess.Popen[str]

    def log(self) -> list[dict[str, Any]]:
        whole, _, _half = (self.folder / "log").read_text(encoding="utf-8").rpartition("\n")
        return [json.loads(line) for line in whole.split("\n") if line.startswith("{")]

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@contextmanager
def running_bakeoff(
    folder: Path, *flags: str, environ: Mapping[str, str] | None = None
) -> Iterator[RunningBakeoff]:
    """Its working directory is `folder`: the default SQLite file, `bakeoff.toml` and the log are there."""
    with (folder / "log").open("a") as log:
        process = _started(folder, flags, environ or {}, log)
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


def _started(
    folder: Path, flags: Sequence[str], environ: Mapping[str, str], log: IO[str]
) -> Child | subprocess.Popen[str]:
    environment = clean_environment(environ)
    if not any(name.startswith("PYTHON") for name in environ):
        return born((*WORDS, *flags), folder, environment, log)
    # What is said to the interpreter it reads at its own beginning.
    command = (sys.executable, "-m", "backend", *WORDS, *flags)
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
    )


def refused(folder: Path, *flags: str, environ: Mapping[str, str] | None = None) -> tuple[int, list[str]]:
    """Exit code and words of a start that does not come about."""
    done = bakeoff(folder, *WORDS, *flags, environ=environ)
    return done.status, [line for line in done.complained.splitlines() if not line.startswith("{")]
