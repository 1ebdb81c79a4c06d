"""The routes of reports and budgets as the application serves them; who asks stands in a header."""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from uuid import UUID

import httpx2
from litestar import Litestar, Request
from litestar.di import Provide
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.accounts.guards import provide_caller, require_right
from backend.kit.db import Database
from backend.kit.http.failures import exception_handlers, require_json
from backend.kit.http.openapi import openapi_config
from backend.kit.master_key import MasterKey
from backend.kit.outside import Outside, Reach
from backend.usage import budget_routes, routes
from backend.usage.alerts import Alerts
from tests.support.asgi_server import served

WHO = "x-who"
MASTER = MasterKey(b"a secret of this installation, long enough")


async def _no_reference(_request: Any) -> None:
    return None


async def _titles(_db: AsyncSession, ids: Collection[UUID]) -> Mapping[UUID, str]:
    return dict.fromkeys(ids, "=cmd()")


def app_of(url: str, people: Mapping[str, Caller]) -> Litestar:
    database = Database.open(url)
    alerts = Alerts(database, Outside(Reach(local=True)), MASTER)

    async def before(request: Request[Any, Any, Any]) -> None:
        request.scope["state"]["caller"] = people.get(request.headers.get(WHO, ""))
        require_right(request)
        await require_json(request)

    @asynccontextmanager
    async def closing(_app: Litestar) -> AsyncIterator[None]:
        yield
        await database.close()

    return Litestar(
        [*routes.HANDLERS, *budget_routes.HANDLERS],
        lifespan=[closing],
        dependencies={
            "alerts": Provide(lambda: alerts, sync_to_thread=False),
            "caller": Provide(provide_caller, sync_to_thread=False),
            "database": Provide(lambda: database, sync_to_thread=False),
            "titles": Provide(lambda: _titles, sync_to_thread=False),
        },
        before_request=before,
        exception_handlers=exception_handlers(),
        openapi_config=openapi_config("Test", "0", _no_reference),
        logging_config=None,
    )


@contextmanager
def asking(url: str, people: Mapping[str, Caller]) -> Iterator[httpx2.Client]:
    with served(app_of(url, people)) as client:
        client.headers[WHO] = "ada"
        yield client
