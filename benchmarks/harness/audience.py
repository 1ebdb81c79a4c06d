"""People before running comparisons, in a process of their own, and what the servers counted meanwhile."""

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.harness.processes import ROOT, Running
from benchmarks.harness.usage import cpu_seconds
from benchmarks.served.bakeoff import Serving

LONG = 300  # seconds, on a machine that has other things to do
_TRANSACTIONS = re.compile(rb"^bakeoff_transaction_seconds_count (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """In some seconds of a server's life."""

    seconds: float
    cpu: float  # seconds
    chunks: int  # that the upstream sent
    commits: float


@dataclass(slots=True)
class Audience:
    found: dict[str, Any] = field(default_factory=dict)
    """When it has gone home."""


@contextmanager
def audience(serving: Serving, models: Sequence[str], comparisons: int) -> Iterator[Audience]:
    """All lanes speak from the beginning to the end."""
    process = subprocess.Popen(
        _command("hold", serving, models, comparisons),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    here = Audience()
    with process:
        try:
            if process.stdout.readline().strip() != "open":
                raise RuntimeError(f"{comparisons} comparisons did not begin")
            yield here
            said, _ = process.communicate(timeout=LONG)  # the end of its input ends it
            if process.returncode:
                raise RuntimeError(f"{comparisons} comparisons did not end well")
            here.found = json.loads(said)
        finally:
            process.kill()


def flooded(serving: Serving, models: Sequence[str], comparisons: int) -> dict[str, Any]:
    """Whole answers, as fast as they come."""
    done = subprocess.run(
        _command("flood", serving, models, comparisons),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=LONG,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def meanwhile(serving: Serving, seconds: float, upstream: Running | None = None) -> Meanwhile:
    """The simulator as an upstream counts its chunks, another one does not."""
    chunks, commits = chunks_sent(upstream), transactions(serving)
    began, cpu = time.perf_counter(), cpu_seconds(serving.pid)
    time.sleep(seconds)
    cpu, passed = cpu_seconds(serving.pid) - cpu, time.perf_counter() - began
    return Meanwhile(passed, cpu, chunks_sent(upstream) - chunks, transactions(serving) - commits)


def chunks_sent(upstream: Running | None) -> int:
    return 0 if upstream is None else int(json.loads(_get(f"{upstream.url}/stats"))["chunksSent"])


def transactions(serving: Serving) -> float:
    found = _TRANSACTIONS.search(_get(f"{serving.url}/metrics"))
    assert found
    return float(found[1])


def _command(way: str, serving: Serving, models: Sequence[str], comparisons: int) -> list[str]:
    arguments = (way, serving.url, serving.pid, serving.database, comparisons, *models)
    return [sys.executable, "-m", "benchmarks.load.audience", *map(str, arguments)]


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=LONG) as answer:  # noqa: S310 - our own
        content: bytes = answer.read()
        return content
