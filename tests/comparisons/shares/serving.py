"""The routes of shares behind the real credentials, and two that say how far somebody may go."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx2
from litestar import Litestar, Request, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from backend.accounts import key_routes
from backend.accounts.callers import Caller
from backend.accounts.credentials import Credentials
from backend.accounts.guards import needs, provide_caller, require_right
from backend.comparisons import share_routes
from backend.comparisons.access import access_to, require
from backend.comparisons.sharing import Sharing
from backend.entrance import cookies_of, entrance, master_key
from backend.kit.application import AsgiApp
from backend.kit.db import Database
from backend.kit.http.failures import exception_handlers, require_json
from backend.limits.memory import memory_buckets
from backend.settings import Settings
from tests.support.asgi_server import served


@dataclass
class Told:
    """Who was told that something ended."""

    ended: list[UUID] = field(default_factory=list)
    rooms: list[UUID] = field(default_factory=list)

    def clear(self) -> None:
        self.ended.clear()
        self.rooms.clear()


@get("/look/{comparison_id:uuid}", opt=needs("comparisons.read"))
async def look(
    comparison_id: FromPath[UUID], database: NamedDependency[Database], caller: NamedDependency[Caller]
) -> str:
    """How far the caller may go."""
    async with database.reading() as db:
        return await access_to(db, caller, comparison_id)


@post("/edit/{comparison_id:uuid}", opt=needs("comparisons.run"))
async def edit(
    comparison_id: FromPath[UUID], database: NamedDependency[Database], caller: NamedDependency[Caller]
) -> None:
    """What only an editor may."""
    async with database.reading() as db:
        await require(db, caller, comparison_id, "editor")


def app_of(url: str, folder: Path, told: Told) -> AsgiApp:
    settings = Settings.load({"BAKEOFF_DATA_DIR": str(folder), "BAKEOFF_DATABASE_URL": url})
    database = Database.open(url)

    @asynccontextmanager
    async def furnish(app: Litestar) -> AsyncIterator[None]:
        master = master_key(settings)
        async with entrance(settings, database, master, told.ended.append) as (door, _):
            sharing = Sharing(door, told.rooms.append, memory_buckets())
            async with sharing.watching():
                app.state.door, app.state.sharing = door, sharing
                yield
        await database.close()

    async def before(request: Request[Any, Any, Any]) -> None:
        require_right(request)
        await require_json(request)

    def of_state(name: str) -> Provide:
        def provide(state: State) -> Any:
            return getattr(state, name)

        return Provide(provide, sync_to_thread=False)

    litestar = Litestar(
        [*share_routes.HANDLERS, *key_routes.HANDLERS, look, edit],
        lifespan=[furnish],
        dependencies={
            "database": Provide(lambda: database, sync_to_thread=False),
            "caller": Provide(provide_caller, sync_to_thread=False),
            "door": of_state("door"),
            "sharing": of_state("sharing"),
        },
        before_request=before,
        exception_handlers=exception_handlers(),
        openapi_config=None,
        logging_config=None,
    )
    app = cast("AsgiApp", litestar)
    return Credentials(app, cookies_of(settings), lambda: litestar.state.door, frozenset())


@contextmanager
def asking(url: str, folder: Path, told: Told) -> Iterator[httpx2.Client]:
    with served(app_of(url, folder, told)) as client:
        yield client
