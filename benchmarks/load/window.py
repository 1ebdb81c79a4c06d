"""One measurement: what was done, in what time, and what CPU that cost the server and the load generator."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from backend.kit.logs import configure_logs
from backend.kit.redaction import Redactor
from benchmarks.harness.usage import cpu_seconds


@dataclass(frozen=True, slots=True)
class Window:
    done: int
    seconds: float
    server_cpu: float
    own_cpu: float


def errors_only() -> None:
    """And to stderr: what a load generator prints is read by a program."""
    configure_logs("error", "json", Redactor(()))


def fail_on_any_error() -> None:
    """A connection that breaks in silence would pass for a slow server."""
    errors_only()
    asyncio.get_running_loop().set_exception_handler(_stop)


def _stop(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    loop.default_exception_handler(context)
    raise SystemExit(1)


async def measure(server: int, seconds: float, count: Callable[[], int]) -> Window:
    done, cpu = count(), cpu_seconds(server)
    began, own = time.perf_counter(), time.process_time()
    await asyncio.sleep(seconds)
    return Window(
        done=count() - done,
        seconds=time.perf_counter() - began,
        server_cpu=cpu_seconds(server) - cpu,
        own_cpu=time.process_time() - own,
    )
