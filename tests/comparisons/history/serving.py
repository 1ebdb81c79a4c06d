"""The routes of the history as the application serves them; who asks stands in a header."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, cast
from uuid import UUID

import httpx2
from litestar import Litestar, Request
from litestar.di import Provide

from backend.accounts.callers import Caller
from backend.accounts.guards import provide_caller, require_right
from backend.comparisons import history_routes, repository
from backend.comparisons.conductor import Conductor
from backend.comparisons.lane import Halt
from backend.comparisons.studio import Studio
from backend.kit.db import Database
from backend.kit.http.failures import exception_handlers, require_json
from backend.kit.http.openapi import openapi_config
from backend.rooms.hub import Hub
from backend.rooms.snapshot import Comparison
from tests.support.asgi_server import served
from tests.support.trial import NoSockets

WHO = "x-who"


class Heard:
    """What was stopped, and which rooms were open after each request."""

    def __init__(self) -> None:
        self.stopped: list[UUID] = []
        self.hub: Hub | None = None


class _Listening(Conductor):
    def __init__(self, hub: Hub, heard: Heard) -> None:
        super().__init__(hub, cast("Any", None))
        self._heard = heard

    def stop_comparison(self, comparison_id: UUID, why: Halt = "cancelled") -> tuple[UUID, ...]:
        self._heard.stopped.append(comparison_id)
        return super().stop_comparison(comparison_id, why)


async def _load(database: Database, comparison_id: UUID) -> Comparison:
    async with database.reading() as db:
        return await repository.load(db, comparison_id)


async def _no_reference(_request: Any) -> None:
    return None


def app_of(url: str, people: Mapping[str, Caller], heard: Heard) -> Litestar:
    database = Database.open(url)
    hub = heard.hub = Hub(cast("Any", NoSockets()), partial(_load, database))
    unused = cast("Any", None)
    studio = Studio(
        database, hub, _Listening(hub, heard), *([unused] * (len(Studio.__dataclass_fields__) - 3))
    )

    async def before(request: Request[Any, Any, Any]) -> None:
        request.scope["state"]["caller"] = people.get(request.headers.get(WHO, ""))
        require_right(request)
        if key := request.headers.get("x-open"):
            await hub.opened(UUID(key))
        await require_json(request)

    @asynccontextmanager
    async def closing(_app: Litestar) -> AsyncIterator[None]:
        yield
        await database.close()

    return Litestar(
        [*history_routes.HANDLERS],
        lifespan=[closing],
        dependencies={
            "database": Provide(lambda: database, sync_to_thread=False),
            "studio": Provide(lambda: studio, sync_to_thread=False),
            "caller": Provide(provide_caller, sync_to_thread=False),
        },
        before_request=before,
        exception_handlers=exception_handlers(),
        openapi_config=openapi_config("Test", "0", _no_reference),
        logging_config=None,
    )


@contextmanager
def asking(url: str, people: Mapping[str, Caller], heard: Heard) -> Iterator[httpx2.Client]:
    with served(app_of(url, people, heard)) as client:
        client.headers[WHO] = "ada"
        yield client
