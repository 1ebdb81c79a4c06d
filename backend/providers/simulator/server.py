"""The simulator as a server: a listener, its routes, who may ask, what was asked. Knows no character."""

import asyncio
import hmac
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from backend.providers.simulator import listing
from backend.providers.simulator.answering import Answering, Visit, masked
from backend.providers.simulator.delivery import Delivery
from backend.providers.simulator.formats import FORMATS, Vendor
from backend.providers.simulator.refusals import (
    ANTHROPIC,
    OPENAI,
    Reason,
    Refused,
    anthropic_body,
    openai_body,
)
from backend.providers.simulator.stats import Stats
from backend.providers.simulator.voice import to_json

MAX_BODY: Final = 32 * 1024 * 1024
_REMEMBERED_BYTES: Final = 64 * 1024 * 1024
_REQUEST_ID: Final[Mapping[Vendor, str]] = {"openai": "x-request-id", "anthropic": "request-id"}
_STOPPING: Final = 2.0  # seconds that connections get to go away

Route = Callable[[Visit], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as it came in."""

    method: str
    path: str  # with the query
    headers: Mapping[str, str]  # names in any case
    body: bytes


class _Listener(web.Server):
    """Counts connections, and can drop them all."""

    def __init__(self, stats: Stats, handler: Callable[..., Awaitable[web.StreamResponse]]) -> None:
        super().__init__(handler, handler_cancellation=True, access_log=None, lingering_time=1.0)
        self._stats = stats
        self.transports: dict[RequestHandler, asyncio.Transport] = {}
        self.empty = asyncio.Event()

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        self._stats.connections_accepted += 1
        self._stats.connections_open += 1
        self.transports[handler] = transport
        self.empty.clear()
        super().connection_made(handler, transport)

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        self.transports.pop(handler, None)
        self._stats.connections_open -= 1
        super().connection_lost(handler, exc)
        if not self._stats.connections_open:
            self.empty.set()


class Simulator:
    def __init__(self, key: str | None, remember: int = 0) -> None:
        self.stats = Stats()
        self.requests: deque[Recorded] = deque(maxlen=remember)
        self.url = ""
        self._remembered = 0
        self._key = key
        self._running: set[asyncio.Task[Any]] = set()
        self._stopping = False
        self._listener = _Listener(self.stats, self._handle)
        self._server: asyncio.Server | None = None
        self._routes = self._all_routes(Answering(self.stats))

    @classmethod
    async def start(
        cls, host: str = "127.0.0.1", port: int = 0, *, key: str | None = None, remember: int = 0
    ) -> Self:
        """`key`: the credential that every request must bring; without it any will do, or none.

        `remember`: how many requests are kept to be looked at; they hold people's prompts.
        """
        simulator = cls(key, remember)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(simulator._listener, host, port, backlog=2048)
        shown = f"[{host}]" if ":" in host else host
        simulator._server = server
        simulator.url = f"http://{shown}:{server.sockets[0].getsockname()[1]}"
        return simulator

    @property
    def openai_url(self) -> str:
        """What OpenAI's SDK takes as base_url."""
        return f"{self.url}/openai/v1"

    @property
    def anthropic_url(self) -> str:
        """What Anthropic's SDK takes as base_url."""
        return f"{self.url}/anthropic"

    async def stop(self) -> None:
        """At once, whatever hangs; no task and no connection is left."""
        if self._server is None:
            return
        self._stopping = True
        self._server.close()
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for transport in list(self._listener.transports.values()):
            transport.abort()
        if self.stats.connections_open:
            async with asyncio.timeout(_STOPPING):
                await self._listener.empty.wait()
        await self._listener.shutdown(_STOPPING)
        await self._server.wait_closed()
        self._server = None

    def _all_routes(self, answering: Answering) -> dict[tuple[str, str], Route]:
        routes: dict[tuple[str, str], Route] = {
            ("POST", wire.path): partial(answering.prompt, wire=wire) for wire in FORMATS
        }
        routes["POST", "/openai/v1/embeddings"] = answering.embed
        routes["POST", "/anthropic/v1/messages/count_tokens"] = answering.count_tokens
        routes["GET", "/openai/v1/models"] = partial(_json, value=listing.openai_list())
        routes["GET", "/anthropic/v1/models"] = partial(_json, value=listing.anthropic_list())
        for model in listing.openai_models():
            routes["GET", f"/openai/v1/models/{model['id']}"] = partial(_json, value=model)
        for model in listing.anthropic_models():
            routes["GET", f"/anthropic/v1/models/{model['id']}"] = partial(_json, value=model)
        return routes

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - aiohttp runs every request in one
        self._running.add(task)
        try:
            if request.path == "/stats":
                return web.Response(body=to_json(self.stats), content_type="application/json")
            return await self._answer(request)
        finally:
            self._running.discard(task)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        vendor: Vendor = "anthropic" if request.path.startswith("/anthropic/") else "openai"
        request_id = f"req_{uuid.uuid4().hex}"
        headers = {_REQUEST_ID[vendor]: request_id}
        delivery = Delivery(request, self.stats)
        try:
            credential = self._admitted(request)
            route = self._route(request)
            body = await self._read(request)
            self.stats.requested(request.path)
            return await route(Visit(request, body, vendor, headers, credential, delivery))
        except Refused as refused:
            return _refusal(refused, vendor, request_id, headers)
        except (asyncio.CancelledError, ConnectionError):
            if not delivery.over and not self._stopping:
                self.stats.left(request.path, delivery.chunks)
            raise

    def _admitted(self, request: web.BaseRequest) -> str:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        given = request.headers.get("x-api-key", "") or bearer
        if self._key is None:
            return given
        if not given:
            raise Refused(Reason.NO_KEY)
        if not hmac.compare_digest(given.encode(errors="replace"), self._key.encode()):
            raise Refused(Reason.BAD_KEY, masked=masked(given))
        return given

    def _route(self, request: web.BaseRequest) -> Route:
        path = request.path
        if route := self._routes.get((request.method, path)):
            return route
        allowed = ", ".join(sorted(method for method, known in self._routes if known == path))
        if allowed:
            raise Refused(Reason.WRONG_METHOD, headers={"allow": allowed}, method=request.method, path=path)
        model = path.partition("/v1/models/")[2]
        if request.method == "GET" and model:
            raise Refused(Reason.UNKNOWN_MODEL, model=model)
        raise Refused(Reason.UNKNOWN_PATH, method=request.method, path=path)

    async def _read(self, request: web.BaseRequest) -> bytes:
        body = bytearray()
        async for data in request.content.iter_any():
            body += data
            if len(body) > MAX_BODY:
                raise Refused(Reason.TOO_LARGE, limit=MAX_BODY)
        whole = bytes(body)
        self._remember(Recorded(request.method, request.path_qs, request.headers, whole))
        return whole

    def _remember(self, recorded: Recorded) -> None:
        if not self.requests.maxlen:
            return
        if len(self.requests) == self.requests.maxlen:
            self._remembered -= len(self.requests[0].body)
        self.requests.append(recorded)
        self._remembered += len(recorded.body)
        while self._remembered > _REMEMBERED_BYTES:
            self._remembered -= len(self.requests.popleft().body)


async def _json(visit: Visit, value: Any) -> web.StreamResponse:
    return web.Response(body=to_json(value), content_type="application/json", headers=dict(visit.headers))


def _refusal(refused: Refused, vendor: Vendor, request_id: str, headers: Mapping[str, str]) -> web.Response:
    complaint = (ANTHROPIC if vendor == "anthropic" else OPENAI)[refused.reason].filled(refused.details)
    body = anthropic_body(complaint, request_id) if vendor == "anthropic" else openai_body(complaint)
    return web.Response(
        status=complaint.status,
        body=to_json(body),
        content_type="application/json",
        headers={**headers, **refused.headers},
    )
