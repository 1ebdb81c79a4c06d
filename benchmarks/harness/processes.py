"""Starts what is measured and what loads it, each as a process, and ends it again."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BAKEOFF = ("-c", "from backend.cli import main; main()")  # the console script, wherever it is installed
PATIENCE = 30


@dataclass(frozen=True, slots=True)
class Running:
    url: str
    pid: int


@contextmanager
def server(*arguments: str) -> Iterator[Running]:
    with launched(*arguments) as process:
        yield listening(process)


def listening(process: subprocess.Popen[str]) -> Running:
    """Wait for the server's first line; its last word says where it listens."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"ended with {process.wait(PATIENCE)} before it listened: {process.args!r}")
    return Running(line.split()[-1], process.pid)


@contextmanager
def launched(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A Python program in an empty folder, ended in order when it is no longer needed."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,  # no settings file, no database but its own
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        with process:
            try:
                yield process
            finally:
                process.terminate()


def load(module: str, *arguments: object, patience: float = PATIENCE) -> Any:
    """Run a load generator to its end; what it measured."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.load.{module}", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=patience,
    )
    return json.loads(done.stdout)


@contextmanager
def rounds_of(module: str, *arguments: object) -> Iterator[Callable[[], Any]]:
    """A load generator that is warm from one round to the next; what it measured in each."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"benchmarks.load.{module}", *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    assert process.stdin is not None
    assert process.stdout is not None
    asked, told = process.stdin, process.stdout

    def measured() -> Any:
        asked.write("\n")
        asked.flush()
        return json.loads(told.readline())

    try:
        if told.readline().strip() != "warm":
            raise RuntimeError(f"{module} ended before it measured anything")
        yield measured
    finally:
        process.communicate(timeout=PATIENCE)  # the end of its input ends it


@contextmanager
def held_sockets(url: str, count: int) -> Iterator[None]:
    """So many open WebSockets that say nothing."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load.silence", url, str(count)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        if process.stdout.readline().strip() != "open":
            raise RuntimeError(f"{count} sockets did not open")
        yield
    finally:
        process.communicate(timeout=PATIENCE)  # the end of its input ends it


def environment() -> dict[str, str]:
    """Nothing of the user's settings: a benchmark must not touch the user's database."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(paths)}
