"""Settings on one side, a server with the application on the other.

Next: backend/server/process.py
"""

import asyncio
import contextlib
import sys

from backend.app import create_app
from backend.kit.application import Application
from backend.kit.metrics import Metrics
from backend.kit.version import version
from backend.server.address import Address, Tls
from backend.server.process import Plan, Server, serve
from backend.settings import Settings


def run(settings: Settings) -> None:
    metrics = Metrics.declare(version())

    composed: list[Application] = []

    def compose(server: Server) -> Application:
        composed.append(create_app(settings, server, metrics))
        return composed[0]

    allow_many_sockets()
    serving = serve(plan_of(settings), compose, lambda url: announce(url, *composed[0].welcome(url)))
    try:
        import uvloop  # noqa: PLC0415 - not on Windows
    except ImportError:
        asyncio.run(serving)
    else:
        uvloop.run(serving)


def allow_many_sockets() -> None:
    """A WebSocket is an open file, and a usual soft limit of 1,024 of those is not ours to be bound by."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # macOS refuses some values; the limit stays as it was
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def plan_of(settings: Settings) -> Plan:
    tls = None
    if settings.tls_certificate and settings.tls_key:
        tls = Tls(settings.tls_certificate, settings.tls_key)
    return Plan(
        address=Address(settings.host, settings.port, settings.unix_socket, tls),
        kind=settings.server,
        # Of any route; each is held to its own by the application.
        max_body=max(settings.max_body_bytes, settings.max_attachment_bytes),
        drain_seconds=settings.drain_seconds,
    )


def announce(url: str, *more: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in (f"Bakeoff is listening on {url}", *more)))
    sys.stdout.flush()
