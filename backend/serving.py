"""Settings on one side, a server with the application on the other.

Next: backend/server/process.py
"""

import asyncio
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

    def compose(server: Server) -> Application:
        return create_app(settings, server, metrics)

    serving = serve(plan_of(settings), compose, announce)
    try:
        import uvloop  # noqa: PLC0415 - not on Windows
    except ImportError:
        asyncio.run(serving)
    else:
        uvloop.run(serving)


def plan_of(settings: Settings) -> Plan:
    tls = None
    if settings.tls_certificate and settings.tls_key:
        tls = Tls(settings.tls_certificate, settings.tls_key)
    return Plan(
        address=Address(settings.host, settings.port, settings.unix_socket, tls),
        kind=settings.server,
        max_body=settings.max_body_bytes,
        drain_seconds=settings.drain_seconds,
    )


def announce(url: str) -> None:
    sys.stdout.write(f"Bakeoff is listening on {url}\n")
    sys.stdout.flush()
