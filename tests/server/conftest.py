"""Probes: one process per server for the whole run, and fresh ones for tests that end them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

KINDS = ("native", "portable")


@dataclass(frozen=True)
class RunningProbe:
    kind: str
    url: str
    process: subprocess.Popen[str]

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    @property
    def ws_url(self) -> str:
        return f"ws{self.url.removeprefix('http')}/ws"

    def stats(self) -> dict[str, Any]:
        return httpx2.get(f"{self.url}/stats", timeout=30).json()

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@contextmanager
def running_probe(kind: str, **options: object) -> Iterator[RunningProbe]:
    arguments = [f"{name}={value}" for name, value in options.items()]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.server.probe", f"server={kind}", *arguments],
        stdout=subprocess.PIPE,
        stderr=None if "VERBOSE" in os.environ else subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        while line and not line.startswith('{"url"'):
            line = process.stdout.readline()
        assert line, f"the {kind} probe did not start: exit code {process.wait(10)}"
        yield RunningProbe(kind, json.loads(line)["url"], process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)
        process.stdout.close()


@pytest.fixture(scope="session", params=KINDS)
def probe(request: pytest.FixtureRequest) -> Iterator[RunningProbe]:
    with running_probe(request.param, drain=1) as running:
        yield running


@pytest.fixture
def start_probe() -> Iterator[Any]:
    with ExitStack() as stack:
        yield lambda kind, **options: stack.enter_context(running_probe(kind, **options))


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key
