"""The real application with routes that go wrong on purpose."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
import structlog
from litestar import Litestar, Request, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Stream

from backend.accounts.guards import needs
from backend.app import compose, guard
from backend.kit.application import AsgiApp
from backend.kit.errors import AppError
from backend.kit.metrics import Metrics
from backend.kit.unavailable import DatabaseUnavailable
from backend.kit.wire import Answer, Command
from backend.settings import Settings

log = structlog.get_logger()


class NoSockets:
    def publish(self, topic: str, message: str | bytes) -> None:
        pass

    def open_sockets(self) -> int:
        return 3


class Lane(Command, frozen=True):
    model_id: str
    temperature: Annotated[float, msgspec.Meta(ge=0)] = 1.0


class Plan(Command, frozen=True):
    title: str
    lanes: tuple[Lane, ...] = ()


class Seen(Answer, frozen=True):
    client: str | None
    scheme: str
    host: str


@post("/api/trial/plan", status_code=200, opt=needs("anyone"), sync_to_thread=False)
def plan(data: JSONBody[Plan]) -> Plan:
    """Give back what came."""
    return data


@get("/api/trial/items/{number:int}", opt=needs("anyone"), sync_to_thread=False)
def item(
    number: FromPath[int], page_size: Annotated[int, QueryParameter(name="pageSize", ge=1)]
) -> list[int]:
    """Take a path and a query."""
    return [number, page_size]


@get("/api/trial/seen", opt=needs("anyone"), sync_to_thread=False)
def seen(request: Request[Any, Any, Any]) -> Seen:
    """Say who is asking."""
    client = request.scope["client"]
    return Seen(
        client=client[0] if client else None, scheme=request.scope["scheme"], host=request.headers["host"]
    )


@get("/api/trial/bug", opt=needs("anyone"), sync_to_thread=False)
def bug(request: Request[Any, Any, Any]) -> None:
    """Fail with the request's own secrets in the exception."""
    log.info(
        "trial.failing", headers=request.scope["headers"], authorization=request.headers.get("authorization")
    )
    told = {name: request.headers.get(name) for name in ("authorization", "cookie", "x-api-key", "x-note")}
    raise RuntimeError(f"went wrong with {told} and {request.scope['headers']}")


@get("/api/trial/busy", opt=needs("anyone"), sync_to_thread=False)
def busy() -> None:
    """Fail as a full disk does."""
    raise DatabaseUnavailable("disk full")


@get("/api/trial/refused", opt=needs("anyone"), sync_to_thread=False)
def refused() -> None:
    """Fail with an error of the application."""
    raise AppError("No more today.", status=429, code="too_many", headers={"retry-after": "7"})


@get("/api/trial/torn", opt=needs("anyone"), sync_to_thread=False)
def torn() -> Stream:
    """Fail in the middle of an answer."""

    async def halves() -> AsyncIterator[bytes]:
        yield b"first half"
        raise RuntimeError("torn")

    return Stream(halves())


HANDLERS = [plan, item, seen, bug, busy, refused, torn]


def trial_app(settings: Settings, metrics: Metrics | None = None) -> AsgiApp:
    metrics = metrics or Metrics.declare("0.0.0")
    litestar: Litestar = compose(settings, metrics, NoSockets())
    for handler in HANDLERS:
        litestar.register(handler)
    return guard(litestar, settings, metrics)
