"""A PostgreSQL server of the test run's own: a temporary directory, a socket in it, no system cluster."""

import asyncio
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg

_MISSING = """PostgreSQL's programs are not on this machine. Install them and start again:
    apt-get update && apt-get install -y postgresql"""

# Its input ends when the test run ends, however that happens; a server that runs on is stopped then.
_WATCHDOG = """
import os, signal, sys
sys.stdin.read()
try:
    os.kill(int(sys.argv[1]), signal.SIGINT)
except ProcessLookupError:
    pass
"""
_USER = "postgres"  # Debian's package makes it


class Postgres:
    """The server's address and its databases. `stop` and `start` are for tests of an outage."""

    def __init__(self, folder: Path, data: Path) -> None:
        self._programs = programs()
        self._folder = folder
        self._data = data
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    def url(self, database: str) -> str:
        return f"postgresql://bakeoff@/{database}?host={self._folder}&port={self.port}"

    def tcp_url(self, database: str) -> str:
        return f"postgresql://bakeoff:secret@127.0.0.1:{self.port}/{database}"

    def initialise(self) -> None:
        subprocess.run(
            [
                self._programs / "initdb",
                f"--pgdata={self._data}",
                "--username=bakeoff",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
            ],
            check=True,
            capture_output=True,
            cwd=self._folder,
            **_other_user(),
        )

    def start(self) -> None:
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self._folder,
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            # Hundreds of databases come and go: nobody tidies them up, and nothing of them need survive.
            "autovacuum": "off",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "max_wal_size": "4GB",
            "checkpoint_timeout": "1h",
        }
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._programs / "postgres",
                    f"-D{self._data}",
                    *(f"-c{name}={value}" for name, value in options.items()),
                ],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                **_other_user(),
            )
        self._watchdog = subprocess.Popen(
            [sys.executable, "-c", _WATCHDOG, str(self._process.pid)], stdin=subprocess.PIPE
        )
        deadline = time.monotonic() + 30
        while not self._accepts():
            if self._process.poll() is not None or time.monotonic() > deadline:
                log_text = (self._folder / "log").read_text()
                raise RuntimeError(f"PostgreSQL does not start:\n{log_text}")
            time.sleep(0.02)

    def stop(self, *, for_good: bool = False) -> None:
        if self._process is not None:
            # "fast": end every connection, write everything down, then end; or "immediate": just end.
            self._process.send_signal(signal.SIGQUIT if for_good else signal.SIGINT)
            self._process.wait(30)
            self._process = None
        if self._watchdog is not None:
            self._watchdog.communicate()
            self._watchdog = None

    def create(self, template: str = "template0") -> str:
        """A new database, its name."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    @contextmanager
    def lent(self, template: str = "template0") -> Iterator[str]:
        """The address of a new database, which is gone afterwards: hundreds of them would fill a disk."""
        name = self.create(template)
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def run(self, statement: str) -> None:
        async def execute() -> None:
            connection = await asyncpg.connect(self.url("postgres"))
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        asyncio.run(execute())

    def _accepts(self) -> bool:
        ready = subprocess.run(
            [self._programs / "pg_isready", f"--host={self._folder}", f"--port={self.port}"],
            check=False,
            capture_output=True,
        )
        return ready.returncode == 0


@contextmanager
def running_postgres(kept: Path | None = None) -> Iterator[Postgres]:
    """Its databases are gone at the end, or kept in that folder for another one."""
    # Not below pytest's own directory: another user cannot enter it, and a socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="bakeoff-pg-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        data = kept or folder / "data"
        server = Postgres(folder, data)
        begun = data.exists()
        data.mkdir(exist_ok=True)
        try:
            for each in (folder, data) if os.geteuid() == 0 else ():
                shutil.chown(each, _USER, _USER)
            if not begun:
                server.initialise()
            server.start()
            yield server
        finally:
            server.stop(for_good=kept is None)


def enterable(folder: Path) -> bool:
    """By the user that PostgreSQL runs as."""
    return os.geteuid() != 0 or all(each.stat().st_mode & stat.S_IXOTH for each in folder.parents)


def programs() -> Path:
    on_path = shutil.which("postgres")
    installed = [
        *Path("/usr/lib/postgresql").glob("*/bin"),
        *Path("/opt/homebrew/opt").glob("postgresql*/bin"),
    ]
    candidates = [*([Path(on_path).resolve().parent] if on_path else []), *sorted(installed, reverse=True)]
    for folder in candidates:
        if all((folder / program).exists() for program in ("initdb", "postgres", "pg_isready")):
            return folder
    raise RuntimeError(_MISSING)


def _other_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    return {"user": _USER, "group": _USER, "extra_groups": []} if os.geteuid() == 0 else {}
