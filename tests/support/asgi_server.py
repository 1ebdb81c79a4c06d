"""Any ASGI application on a real socket: in a thread of this process, or as a process with its log in a file.

Run as a program it serves the trial application as the environment sets it up.
"""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

from backend.kit.application import AsgiApp
from backend.kit.logs import configure_logs
from backend.kit.redaction import Redactor
from backend.settings import Settings
from tests.support.trial import trial_app


class _Announcing(uvicorn.Server):
    def __init__(self, app: AsgiApp) -> None:
        # What uvicorn would do by itself to headers, addresses and logs is the application's own work here.
        super().__init__(
            uvicorn.Config(
                app,
                host="127.0.0.1",
                port=0,
                proxy_headers=False,
                server_header=False,
                access_log=False,
                log_config=None,
            )
        )
        self.listening = threading.Event()

    @property
    def url(self) -> str:
        host, port = self.servers[0].sockets[0].getsockname()
        return f"http://{host}:{port}"

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(json.dumps({"url": self.url}), flush=True)
        self.listening.set()


@contextmanager
def served(app: AsgiApp) -> Iterator[httpx2.Client]:
    """A client of the application."""
    server = _Announcing(app)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert server.listening.wait(20)
    assert server.started, "the application did not start"
    try:
        with httpx2.Client(base_url=server.url, timeout=10) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(20)


@dataclass(frozen=True)
class Logged:
    client: httpx2.Client
    log: Path

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextmanager
def logged(folder: Path, **environ: str) -> Iterator[Logged]:
    """The trial application in a process, so that its log is all that the process says."""
    log = folder / "log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.asgi_server"],
            env={"PATH": os.environ["PATH"], **environ},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, log.read_text()
        with httpx2.Client(base_url=json.loads(line)["url"], timeout=10) as client:
            yield Logged(client, log)
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def main() -> None:
    settings = Settings.load(os.environ)
    configure_logs(settings.log_level, settings.log_format, Redactor(settings.secret_values()))
    _Announcing(trial_app(settings)).run()


if __name__ == "__main__":
    main()
