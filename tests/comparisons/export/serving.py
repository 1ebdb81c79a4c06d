"""The routes for files and copies as the application serves them; who asks stands in a header."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx2
from litestar import Litestar, Request
from litestar.di import Provide

from backend.accounts.callers import Caller
from backend.accounts.guards import provide_caller, require_right
from backend.comparisons import export_routes
from backend.kit.db import Database
from backend.kit.http.failures import exception_handlers, require_json
from tests.attachments.shelves import shelf_of
from tests.support.asgi_server import served

WHO = "x-who"
LARGEST = 1024 * 1024


def app_of(url: str, folder: Path, people: Mapping[str, Caller]) -> Litestar:
    database = Database.open(url)
    shelf = shelf_of(database, folder)

    async def before(request: Request[Any, Any, Any]) -> None:
        request.scope["state"]["caller"] = people.get(request.headers.get(WHO, ""))
        require_right(request)
        await require_json(request)

    @asynccontextmanager
    async def closing(_app: Litestar) -> AsyncIterator[None]:
        yield
        await database.close()

    return Litestar(
        [*export_routes.HANDLERS],
        lifespan=[closing],
        dependencies={
            "database": Provide(lambda: database, sync_to_thread=False),
            "shelf": Provide(lambda: shelf, sync_to_thread=False),
            "caller": Provide(provide_caller, sync_to_thread=False),
        },
        before_request=before,
        exception_handlers=exception_handlers(),
        request_max_body_size=LARGEST,
        openapi_config=None,
        logging_config=None,
    )


@contextmanager
def asking(url: str, folder: Path, people: Mapping[str, Caller]) -> Iterator[httpx2.Client]:
    with served(app_of(url, folder, people)) as client:
        client.headers[WHO] = "alice"
        yield client
