"""Silence: what a server with an empty database uses when nobody asks anything.

CPU is the time that all threads spent according to the scheduler, over ten seconds of silence in three
parts, of which the median counts; 0.0 % is less than 0.05 %. Without sockets it is `bakeoff serve` itself;
with sockets it is the same application on the native server with a room added, its clients in another
process. Memory is resident memory after a few requests; per socket, the growth by 2,000 sockets when 2,000
are open already, so that no memory left from the start hides it (the kernel's buffers are not in it).
"""

import resource
import time
import urllib.request

from benchmarks.harness.effort import Effort
from benchmarks.harness.processes import BAKEOFF, Running, held_sockets, server
from benchmarks.harness.report import Bar, Line, Report, under
from benchmarks.harness.usage import cpu_seconds, resident_bytes
from benchmarks.served.kinds import PROGRAM

MEGABYTE, KILOBYTE = 1e6, 1e3
NO_PERCENT = 0.05  # what is shown as 0.0
SETTLE = 1.0


def run(effort: Effort) -> Report:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # inherited by what is started here
    with server(*BAKEOFF, "serve", "--port", "0") as bakeoff:
        ask(bakeoff)
        memory = Line(
            "idle", "resident memory", "bakeoff serve", (resident_bytes(bakeoff.pid) / MEGABYTE,), " MB"
        )
        alone = _cpu_line("bakeoff serve", bakeoff, effort)
    with server(*PROGRAM, "native") as room:
        ask(room)
        with held_sockets(room.url, effort.silent_sockets):
            silent = _cpu_line(f"native, {effort.silent_sockets} sockets", room, effort)
        many = _socket_line(room, effort)
    return Report((alone, silent, memory.against(under(150, memory.value, " MB")), many))


def ask(running: Running) -> None:
    for path in ("/health", "/health/detailed", "/"):
        with urllib.request.urlopen(running.url + path, timeout=5) as answer:  # noqa: S310 - our own
            answer.read()


def _cpu_line(of: str, running: Running, effort: Effort) -> Line:
    time.sleep(min(SETTLE, effort.silence))
    percents = []
    for _ in range(effort.rounds):
        before, began = cpu_seconds(running.pid), time.perf_counter()
        time.sleep(effort.silence / effort.rounds)
        percents.append(100 * (cpu_seconds(running.pid) - before) / (time.perf_counter() - began))
    line = Line("idle", f"CPU in {effort.silence:g} s of silence", of, tuple(percents), " %")
    return line.against(Bar("0.0 %", line.value < NO_PERCENT))


def _socket_line(running: Running, effort: Effort) -> Line:
    with held_sockets(running.url, effort.many_sockets):
        before = resident_bytes(running.pid)
        with held_sockets(running.url, effort.many_sockets):
            grown = resident_bytes(running.pid) - before
    line = Line(
        "idle",
        "memory per silent socket",
        f"native, {effort.many_sockets} sockets",
        (grown / effort.many_sockets / KILOBYTE,),
        " kB",
    )
    return line.against(under(40, line.value, " kB"))
