"""Where servers of tests come from: one process has the program's modules, each server is a fork of it.

To load them is most of a start. The rest is as ever: a process of its own, with an environment, a folder,
an output and an end of its own. `python -m tests.support.nursery FD` is that process, for as long as the
other end of the socket FD is open.
"""

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from tests.support.environments import clean_environment

_LONGEST_ORDER = 1 << 17
_MODULES = ("backend.cli", "backend.serving")


class Child:
    """A server, as `subprocess.Popen` shows one."""

    def __init__(self, reports: socket.socket, stdout: IO[str]) -> None:
        self.stdout = stdout
        self.returncode: int | None = None
        self._reports = reports
        self.pid = int(reports.recv(64))

    def poll(self) -> int | None:
        return self._code_within(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._code_within(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"bakeoff serve ({self.pid})", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _code_within(self, seconds: float | None) -> int | None:
        if self.returncode is None and select.select([self._reports], [], [], seconds)[0]:
            with self._reports as reports:
                self.returncode = int(reports.recv(64))
        return self.returncode


def born(words: Sequence[str], folder: Path, environ: Mapping[str, str], errors: IO[str]) -> Child:
    """`bakeoff` with these words; what it says on its standard error goes to `errors`."""
    reading, writing = os.pipe()
    mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    mask = os.umask(0)
    os.umask(mask)
    order = json.dumps({"words": list(words), "folder": str(folder), "environ": dict(environ), "umask": mask})
    socket.send_fds(_nursery(), [order.encode()], [writing, errors.fileno(), its.fileno()])
    os.close(writing)
    its.close()
    return Child(mine, os.fdopen(reading, encoding="utf-8"))


@cache
def _nursery() -> socket.socket:
    """One for each process that runs tests."""
    mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        process = subprocess.Popen(
            (sys.executable, "-m", "tests.support.nursery", str(its.fileno())),
            cwd=Path(__file__).parents[2],
            env=clean_environment({}),
            pass_fds=[its.fileno()],
        )

    def end() -> None:
        mine.close()
        process.wait()

    atexit.register(end)
    return mine


def _tend(orders: socket.socket) -> dict[str, Any] | None:
    """Goes on in each child with what it was born for, and in the end without."""
    woken, waking = socket.socketpair()
    waking.settimeout(0)
    signal.set_wakeup_fd(waking.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    alive: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([orders, woken], [], [])
        if woken in ready:
            woken.recv(4096)
            _bury(alive)
        if orders in ready:
            order, handed, _, _ = socket.recv_fds(orders, _LONGEST_ORDER, 3)
            if not order:
                return None
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.dup2(handed[0], 1)
                os.dup2(handed[1], 2)
                _let_go([orders, woken, waking, *alive.values()], handed)
                its: dict[str, Any] = json.loads(order)
                return its
            _let_go([], handed[:2])
            alive[pid] = socket.socket(fileno=handed[2])
            alive[pid].send(str(pid).encode())


def _bury(alive: dict[int, socket.socket]) -> None:
    while alive:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        with alive.pop(pid) as reports:
            reports.send(str(os.waitstatus_to_exitcode(status)).encode())


def _let_go(sockets: Sequence[socket.socket], descriptors: Sequence[int]) -> None:
    for each in sockets:
        each.close()
    for descriptor in descriptors:
        os.close(descriptor)


def _main(orders: socket.socket) -> None:
    gc.disable()
    for name in _MODULES:
        import_module(name)
    gc.freeze()
    order = _tend(orders)
    if order is not None:
        os.umask(order["umask"])
        os.chdir(order["folder"])
        os.environ.clear()
        os.environ.update(order["environ"])
        time.tzset()
        sys.argv[1:] = order["words"]
        gc.enable()
        import_module("backend.cli").main()


if __name__ == "__main__":
    _main(socket.socket(fileno=int(sys.argv[1])))
