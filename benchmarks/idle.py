"""Silence: what a server with an empty database uses when nobody asks anything.

CPU is the time that all threads spent according to the scheduler, over ten seconds of silence in three
parts, of which the median counts; 0.0 % is less than 0.05 %. Without sockets it is `bakeoff serve` itself;
with sockets it is the same application on the native server with a room added, its clients in another
process; both are silent at the same time. Memory is resident memory after a few requests; per socket, the
growth by 2,000 sockets when 2,000 are open already, so that no memory left from the start hides it (the
kernel's buffers are not in it).
"""

import resource
import time
import urllib.request
from collections.abc import Mapping

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
    with server(*BAKEOFF, "serve", "--port", "0") as bakeoff, server(*PROGRAM, "native") as room:
        ask(bakeoff)
        ask(room)
        memory = Line(
            "idle", "resident memory", "bakeoff serve", (resident_bytes(bakeoff.pid) / MEGABYTE,), " MB"
        )
        with held_sockets(room.url, effort.silent_sockets):
            watched = {"bakeoff serve": bakeoff, f"native, {effort.silent_sockets} sockets": room}
            silent = _cpu_lines(watched, effort)
        many = _socket_line(room, effort)
    return Report((*silent, memory.against(under(150, memory.value, " MB")), many))


def ask(running: Running) -> None:
    for path in ("/health", "/health/detailed", "/"):
        with urllib.request.urlopen(running.url + path, timeout=5) as answer:  # noqa: S310 - our own
            answer.read()


def _cpu_lines(watched: Mapping[str, Running], effort: Effort) -> list[Line]:
    time.sleep(min(SETTLE, effort.silence))
    percents: dict[str, list[float]] = {of: [] for of in watched}
    for _ in range(effort.rounds):
        before = {of: cpu_seconds(running.pid) for of, running in watched.items()}
        began = time.perf_counter()
        time.sleep(effort.silence / effort.rounds)
        for of, running in watched.items():
            used = cpu_seconds(running.pid) - before[of]
            percents[of].append(100 * used / (time.perf_counter() - began))
    what = f"CPU in {effort.silence:g} s of silence"
    lines = [Line("idle", what, of, tuple(rounds), " %") for of, rounds in percents.items()]
    return [line.against(Bar("0.0 %", line.value < NO_PERCENT)) for line in lines]


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
