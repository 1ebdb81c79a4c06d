"""One server process: start, say where, run until a signal, end in order.

Next: backend/server/native/server.py
"""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import structlog

from backend.kit.application import Application
from backend.kit.sockets import SocketTransport
from backend.server import address as addresses
from backend.server.address import Address, CannotListenError
from backend.server.garbage import collected_when_quiet
from backend.server.lifespan import Lifespan
from backend.server.limits import RESTARTING
from backend.server.native.library import Library, NativeUnavailableError, load_library

log = structlog.stdlib.get_logger(__name__)

SAME_SIGNAL = 0.2  # a process group gets one from its supervisor and one through the group
ServerKind = Literal["auto", "native", "portable"]


@dataclass(frozen=True, slots=True)
class Plan:
    address: Address
    kind: ServerKind = "auto"
    max_body: int = 16 * 1024 * 1024
    drain_seconds: float = 10.0


class Server(SocketTransport, Protocol):
    name: str
    port: int

    async def start(self, application: Application) -> None: ...

    def live_exchanges(self) -> int: ...

    def stop_listening(self) -> None: ...

    def close_sockets(self, code: int, reason: str) -> None: ...

    def running(self) -> set[asyncio.Task[None]]: ...

    async def close(self) -> None: ...


def choose(plan: Plan) -> tuple[Server, str]:
    """The server for this machine, and why it is this one."""
    library, reason = decide(plan)
    if library is None:
        return _portable(plan), reason
    from backend.server.native.server import NativeServer  # noqa: PLC0415 — only where it can load

    return NativeServer(library, plan.address, max_body=plan.max_body), reason


def decide(plan: Plan) -> tuple[Library | None, str]:
    """The native server's library where that is taken, and why; nothing is made yet."""
    if plan.address.tls and plan.kind == "native":
        raise CannotListenError(
            "the native server does not speak TLS; leave the choice to auto, or put a proxy before it"
        )
    if plan.address.tls:
        return None, "the native server does not speak TLS"
    if plan.kind == "portable":
        return None, "it was asked for"
    try:
        library = load_library()
    except NativeUnavailableError as error:
        if plan.kind == "native":
            raise CannotListenError(f"the native server cannot run here: {error}") from error
        return None, f"the native server cannot run here: {error}"
    return library, "it was asked for" if plan.kind == "native" else "its library loads here"


def _portable(plan: Plan) -> Server:
    from backend.server.portable.server import PortableServer  # noqa: PLC0415 — granian loads only when needed

    return PortableServer(plan.address, max_body=plan.max_body)


async def serve(
    plan: Plan,
    compose: Callable[[Server], Application],
    ready: Callable[[str], None],
) -> None:
    """Run until SIGTERM or SIGINT, then end in order; a second signal ends at once."""
    addresses.check(plan.address)
    server, reason = choose(plan)
    application = compose(server)
    stop = _stop_on_signals()
    lifespan = Lifespan(application.asgi)
    await lifespan.start()
    try:
        await server.start(application)
        url = plan.address.url(server.port)
        log.info("server.started", server=server.name, reason=reason, url=url)
        async with collected_when_quiet(application.busy):
            ready(url)
            await stop.wait()
        await _end(server, application, plan.drain_seconds)
    finally:
        await server.close()
        await lifespan.stop()
    log.info("server.stopped")


async def _end(server: Server, application: Application, seconds: float) -> None:
    log.info("server.stopping", sockets=server.open_sockets(), requests=server.live_exchanges())
    server.stop_listening()
    server.close_sockets(RESTARTING, "the server restarts; reconnect")
    application.ending()
    await _drain(server, seconds)


async def _drain(server: Server, seconds: float) -> None:
    """Give what runs its time, then cancel it."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while tasks := server.running():
        done, _ = await asyncio.wait(tasks, timeout=until - loop.time(), return_when=asyncio.FIRST_COMPLETED)
        if not done:
            log.warning("server.cancelling", tasks=len(tasks))
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=1)
            return


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()

    loop = asyncio.get_running_loop()
    first: list[float] = []

    def on_signal() -> None:
        if first and loop.time() - first[0] > SAME_SIGNAL:
            os._exit(1)
        first.append(loop.time())
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, on_signal)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(on_signal))
    return stop
