"""A small application around the web page, answering as the real one does."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec
from litestar import Litestar, Request, Response, Router, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from backend.web.negotiation import prefers_html
from backend.web.pages import WebPages

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self' ws: wss:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
)

Condition = Literal["ok", "degraded", "unavailable"]


class Database(msgspec.Struct, rename="camel"):
    status: Condition
    kind: Literal["sqlite", "postgresql"]
    round_trip_ms: float | None


class Provider(msgspec.Struct, rename="camel"):
    name: str
    configured: bool
    last_outcome: Literal["ok", "error"] | None


class Memory(msgspec.Struct, rename="camel"):
    resident_bytes: int


class DetailedHealth(msgspec.Struct, rename="camel"):
    status: Condition
    timestamp: datetime
    service: str
    version: str
    uptime_seconds: float
    database: Database
    providers: list[Provider]
    memory: Memory
    cpu_percent: float
    open_sockets: int
    live_rooms: int


class Status(msgspec.Struct, rename="camel"):
    status: str
    timestamp: datetime
    service: str
    version: str


def healthy() -> DetailedHealth:
    return DetailedHealth(
        status="ok",
        timestamp=datetime.now(UTC),
        service="bakeoff",
        version="0.1.0",
        uptime_seconds=94_210.0,
        database=Database(status="ok", kind="sqlite", round_trip_ms=0.31),
        providers=[
            Provider(name="openai", configured=True, last_outcome="ok"),
            Provider(name="anthropic", configured=True, last_outcome=None),
            Provider(name="openrouter", configured=False, last_outcome=None),
        ],
        memory=Memory(resident_bytes=88_604_672),
        cpu_percent=0.4,
        open_sockets=12,
        live_rooms=3,
    )


def create_app(dist: Path) -> Litestar:
    pages = WebPages.load(dist)

    @get("/", sync_to_thread=False)
    def root(request: Request[Any, Any, Any]) -> Response[Any]:
        """The state of the server, or the web page for a browser."""
        if prefers_html(request.headers.get("accept", "")):
            return pages.index(request)
        status = Status(status="ok", timestamp=datetime.now(UTC), service="bakeoff", version="0.1.0")
        return Response(status, headers={"vary": "Accept"})

    @get("/health/detailed", sync_to_thread=False)
    def detailed_health() -> DetailedHealth:
        """How every part of the server is doing."""
        return healthy()

    @get("/api/info", sync_to_thread=False)
    def info() -> dict[str, str]:
        """Name and version of the server."""
        return {"name": "bakeoff", "version": "0.1.0"}

    def reference_for_browsers(request: Request[Any, Any, Any]) -> Response[bytes] | None:
        if request.scope["path"] == "/schema" and prefers_html(request.headers.get("accept", "")):
            return pages.reference(request)
        return None

    return Litestar(
        [root, detailed_health, info, *pages.handlers()],
        openapi_config=OpenAPIConfig(
            title="Bakeoff",
            version="0.1.0",
            render_plugins=[JsonRenderPlugin()],
            openapi_router=Router(
                "/schema", route_handlers=[], include_in_schema=False, before_request=reference_for_browsers
            ),
        ),
        response_headers={"content-security-policy": POLICY, "x-content-type-options": "nosniff"},
    )
