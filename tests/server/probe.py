"""A small application that shows what a server does with it. Run as a process by the contract tests."""

import asyncio
import gc
import itertools
import json
import os
import sys
from pathlib import Path

import psutil
import structlog
import uvloop

from backend.kit.application import Application, Receive, Scope, Send
from backend.kit.sockets import Accept, Refuse, Socket, SocketRequest
from backend.server import limits
from backend.server.address import Address, CannotListenError, Tls
from backend.server.process import Plan, Server, serve

MEGABYTE = b"m" * (1 << 20)


class Probe:
    def __init__(self, server: Server) -> None:
        self._server = server
        self._disconnects = 0
        self._held = 0
        """Sockets whose admission has waited for the end."""
        self.ends = asyncio.Event()
        self._sockets: set[Socket] = set()

    async def asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        route = getattr(self, "_at" + scope["path"].replace("/", "_"), self._at_missing)
        await route(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _at_missing(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"missing", status=404)

    async def _at_hello(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"hello")

    async def _at_scope(self, scope: Scope, receive: Receive, send: Send) -> None:
        shown = {key: scope[key] for key in ("method", "path", "scheme", "http_version")}
        shown["raw_path"] = scope["raw_path"].decode("latin-1")
        shown["query_string"] = scope["query_string"].decode("latin-1")
        shown["client"] = scope["client"]
        shown["headers"] = [
            [name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"]
        ]
        await answer(send, json.dumps(shown).encode())

    # decoded paths of the percent-encoding test
    _at_scope_ä_b = _at_scope  # noqa: PLC2401
    locals()["_at_scope_a b"] = _at_scope

    async def _at_echo(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self._disconnects += 1
                return
            body += message["body"]
            if not message["more_body"]:
                break
        await answer(send, body)

    async def _at_limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As the application does it: refuses by the declared length, and by what has come."""
        declared = int(dict(scope["headers"]).get(b"content-length", b"0"))
        received = 0
        while declared <= 1 << 20 and received <= 1 << 20:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            received += len(message["body"])
            if not message["more_body"]:
                await answer(send, str(received).encode())
                return
        await answer(send, b"too large", status=413)

    async def _at_unread(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"not read")

    async def _at_headers(self, scope: Scope, receive: Receive, send: Send) -> None:
        await start(send, 200, [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")])
        await send({"type": "http.response.body", "body": b""})

    async def _at_split(self, scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"", headers=[(b"x-evil", b"a\r\nx-injected: 1")])

    async def _at_nothing(self, scope: Scope, receive: Receive, send: Send) -> None:
        await start(send, 204, [])
        await send({"type": "http.response.body", "body": b""})

    async def _at_unchanged(self, scope: Scope, receive: Receive, send: Send) -> None:
        await start(send, 304, [(b"etag", b'"x"'), (b"content-length", b"123")])
        await send({"type": "http.response.body", "body": b""})

    async def _at_stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        await start(send, 200, [(b"connection", b"close")] if scope["query_string"] == b"close" else [])
        for number in range(3):
            await send({"type": "http.response.body", "body": f"part {number}\n".encode(), "more_body": True})
            await asyncio.sleep(0.02)
        await send({"type": "http.response.body", "body": b""})

    async def _at_big(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._send_megabytes(scope, send, [])

    async def _at_sized(self, scope: Scope, receive: Receive, send: Send) -> None:
        megabytes = int(scope["query_string"] or b"8")
        await self._send_megabytes(scope, send, [(b"content-length", str(megabytes << 20).encode())])

    async def _send_megabytes(self, scope: Scope, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        await start(send, 200, headers)
        for _ in range(int(scope["query_string"] or b"8")):
            await send({"type": "http.response.body", "body": MEGABYTE, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _at_trickle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`/trickle?seconds,megabytes`: a burst that may stay behind, then silence: it must arrive."""
        seconds, _, megabytes = scope["query_string"].partition(b",")
        await start(send, 200, [])
        burst = MEGABYTE * int(megabytes or b"4")
        await send({"type": "http.response.body", "body": burst, "more_body": True})
        await asyncio.sleep(float(seconds or b"2"))
        await send({"type": "http.response.body", "body": b"end"})

    async def _at_slow(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(float(scope["query_string"] or b"1"))
        await answer(send, b"slow")

    async def _at_waits(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._disconnects += 1

    async def _at_crash(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("crash on purpose")

    async def _at_crash_late(self, scope: Scope, receive: Receive, send: Send) -> None:
        await start(send, 200, [])
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise RuntimeError("crash on purpose")

    async def _at_silent(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Returns without an answer."""

    async def _at_stats(self, scope: Scope, receive: Receive, send: Send) -> None:
        gc.collect()
        process = psutil.Process()
        stats = {
            "live": self._server.live_exchanges() - 1,
            "held": self._held,
            "sockets": self._server.open_sockets(),
            "rss": process.memory_info().rss,
            "cpu": sum(process.cpu_times()[:2]),
            "tasks": len(asyncio.all_tasks()),
            "disconnects": self._disconnects,
            "conversations": len(self._sockets),
            "buffered": [socket.buffered for socket in self._sockets],
        }
        await answer(send, json.dumps(stats).encode())

    async def _at_publish(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`/publish?count,size,topic,first`: numbered messages into a topic, a pause after every 64 KiB."""
        count, size, topic, *first = scope["query_string"].decode().split(",")
        since_pause, start = 0, int(first[0]) if first else 0
        for number in range(start, start + int(count)):
            message = str(number).ljust(int(size), ".")
            self._server.publish(topic, message)
            since_pause += len(message)
            if since_pause > 64 * 1024:
                since_pause = 0
                await asyncio.sleep(0)
        await answer(send, b"published")

    async def admit(self, request: SocketRequest) -> Accept | Refuse:
        if "refuse" in request.query:
            return Refuse(403, "not you")
        if "fail" in request.query:
            raise RuntimeError("admission fails on purpose")
        if "wait" in request.query:
            await asyncio.sleep(0.2)
        if "end" in request.query:
            self._held += 1
            await self.ends.wait()
        return Accept("chat.v1" if "chat.v1" in request.subprotocols else None)

    async def run(self, socket: Socket) -> None:
        self._sockets.add(socket)
        try:
            async for message in socket:
                if isinstance(message, bytes) or not message.startswith("!"):
                    socket.send(message)
                else:
                    await self._command(socket, *message[1:].split(" "))
        finally:
            self._sockets.discard(socket)

    async def _command(self, socket: Socket, name: str, *rest: str) -> None:
        match name:
            case "subscribe":
                socket.subscribe(rest[0])
                socket.send("subscribed")
            case "unsubscribe":
                socket.unsubscribe(rest[0])
                socket.send("unsubscribed")
            case "close":
                socket.close(int(rest[0]), " ".join(rest[1:]))
            case "after-close":
                socket.close(4000, "first")
                socket.close(4001, "second")
                self._server.publish("after", socket.send("never").value)
            case "crash":
                raise RuntimeError("crash on purpose")
            case "flood":
                results = [socket.send("f" * int(rest[1])).value for _ in range(int(rest[0]))]
                socket.send(json.dumps({result: results.count(result) for result in set(results)}))
                self._server.publish("floods", json.dumps([name for name, _ in itertools.groupby(results)]))
            case "buffered":
                socket.send(str(socket.buffered))
            case "request":
                socket.send(json.dumps([socket.request.path, socket.request.query, socket.request.client]))
            case "sleep":
                await asyncio.sleep(float(rest[0]))


async def start(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def answer(
    send: Send, body: bytes, *, status: int = 200, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    length = (b"content-length", str(len(body)).encode())
    await start(send, status, [length, *(headers or [])])
    await send({"type": "http.response.body", "body": body})


def plan_from(options: dict[str, str]) -> Plan:
    tls = Tls(Path(options["certificate"]), Path(options["key"])) if "certificate" in options else None
    address = Address(
        host=options.get("host", "127.0.0.1"),
        port=int(options.get("port", "0")),
        unix_socket=Path(options["unix"]) if "unix" in options else None,
        tls=tls,
    )
    return Plan(address, options.get("server", "auto"), 1 << 20, float(options.get("drain", "10")))  # type: ignore[arg-type]


def compose(server: Server) -> Application:
    probe = Probe(server)
    return Application(probe.asgi, {"/ws": probe}, ending=probe.ends.set)


def announce(url: str) -> None:
    print(json.dumps({"url": url, "pid": os.getpid()}), flush=True)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nobody reads on: a full pipe would stop the server


def main() -> None:
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[plain])  # a pretty traceback costs 50 ms
    options = dict(option.split("=", 1) for option in sys.argv[1:])
    limits.PING_AFTER = float(options.get("ping", limits.PING_AFTER))  # before `serve` imports its server
    limits.PONG_WITHIN = float(options.get("pong", limits.PONG_WITHIN))
    try:
        uvloop.run(serve(plan_from(options), compose, announce))
    except CannotListenError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
