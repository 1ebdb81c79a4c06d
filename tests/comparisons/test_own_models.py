"""What somebody can ask beside what everybody can."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx2
import pytest
from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import Provide
from sqlalchemy import update

from backend.accounts.callers import Caller
from backend.accounts.guards import provide_caller, require_right
from backend.comparisons import estimate_routes, own_model_routes
from backend.comparisons.own_models import own_models
from backend.keyring.endpoints import create as create_endpoint
from backend.keyring.listings import ServerListings
from backend.keyring.ring import Keyring
from backend.keyring.schemas import CreateEndpoint
from backend.keyring.tables import ProviderKeyRow
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.http.failures import exception_handlers, require_json
from tests.comparisons.askable import House, house
from tests.comparisons.rehearsal import rehearsing
from tests.keyring.doors import GOOD, Door, actor, person, ring_of
from tests.keyring.saving import save
from tests.support.asgi_server import served

WHO = "x-who"


@pytest.fixture
async def ours(database: Database) -> AsyncIterator[House]:
    async with house(database) as built:
        yield built


@pytest.fixture
async def alice(database: Database) -> Caller:
    return await person(database, "alice")


@pytest.fixture
async def bob(database: Database) -> Caller:
    return await person(database, "bob")


def listings_of(ours: House, **times: float) -> ServerListings:
    return ServerListings(ours.contestants.outsiders, **times)


async def with_models(
    database: Database, ring: Keyring, who: Caller, name: str, url: str, *models: str
) -> None:
    asked = CreateEndpoint(name=name, base_url=url, models=models, discovers=True)
    async with database.transaction() as db:
        await create_endpoint(db, ring, who, actor(who), asked, url, clock.now())


async def ids(ours: House, who: Caller, listings: ServerListings | None = None) -> list[str]:
    found = await own_models(ours.contestants, listings or listings_of(ours), who)
    assert all(entry.available for entry in found)
    return [entry.id for entry in found]


def times_listed(ours: House) -> int:
    return sum(request.method == "GET" for request in ours.simulator.requests)


async def test_without_keys_and_endpoints_there_is_nothing_beside(ours: House, alice: Caller) -> None:
    assert await ids(ours, alice) == []


async def test_a_key_opens_the_models_of_its_provider_for_who_saved_it(
    ours: House, alice: Caller, bob: Caller
) -> None:
    await save(ours.database, ours.ring, alice, "groq")
    await save(ours.database, ours.ring, alice, "openai")  # which everybody can ask anyhow
    opened = await ids(ours, alice)
    assert opened
    assert {model_id.partition("/")[0] for model_id in opened} == {"groq"}
    assert await ids(ours, bob) == []
    public = {entry.id: entry.available for entry in await ours.contestants.catalogue.all()}
    assert {public[model_id] for model_id in opened} == {False}
    for model_id in opened[:3]:
        await ours.resolve(alice, model_id)


async def test_models_of_ones_own_endpoints_are_those_it_lists(
    ours: House, alice: Caller, bob: Caller
) -> None:
    await ours.endpoint(alice)
    listed = await ids(ours, alice)
    assert {"mine/swift", "mine/sage"} <= set(listed)
    assert await ids(ours, bob) == []


async def test_a_server_is_asked_once_in_a_while_and_anew_with_another_key(
    ours: House, alice: Caller
) -> None:
    await ours.endpoint(alice)
    listings = listings_of(ours)
    for _ in range(3):
        assert await ids(ours, alice, listings)
    assert times_listed(ours) == 1
    await save(ours.database, ours.ring, alice, "mine", GOOD)
    await ids(ours, alice, listings)
    assert times_listed(ours) == 2
    await ids(ours, alice, listings_of(ours, fresh=-1))
    assert times_listed(ours) == 3


async def test_a_server_that_hangs_or_is_not_there_keeps_nobody_from_the_other_models(
    ours: House, alice: Caller
) -> None:
    await ours.endpoint(alice)
    with socket.create_server(("127.0.0.1", 0)) as hanging:  # the kernel takes the call, nobody answers
        for name, port in (("hangs", hanging.getsockname()[1]), ("missing", 1)):
            await with_models(ours.database, ours.ring, alice, name, f"http://127.0.0.1:{port}/v1", "known")
        found = await ids(ours, alice, listings_of(ours, patience=2.0))
    assert {"hangs/known", "missing/known", "mine/swift"} <= set(found)


async def test_a_server_whose_key_cannot_be_read_is_not_asked_without_it(ours: House, alice: Caller) -> None:
    await ours.endpoint(alice)
    await save(ours.database, ours.ring, alice, "mine")
    async with ours.database.transaction() as db:
        await db.execute(update(ProviderKeyRow).values(sealed=b"broken"))
    assert await ids(ours, alice) == []
    assert times_listed(ours) == 0


@contextmanager
def asking(url: str, people: dict[str, Caller]) -> Iterator[httpx2.Client]:
    """The routes, each caller named by a header."""

    @asynccontextmanager
    async def furnished(app: Litestar) -> AsyncIterator[None]:
        async with rehearsing(url) as rehearsal:
            app.state.studio = rehearsal.studio
            app.state.listings = ServerListings(rehearsal.studio.contestants.outsiders)
            yield

    async def before(request: Request[Any, Any, Any]) -> None:
        request.scope["state"]["caller"] = people.get(request.headers.get(WHO, ""))
        require_right(request)
        await require_json(request)

    def studio(state: State) -> Any:
        return state.studio

    def listings(state: State) -> Any:
        return state.listings

    def tokens(state: State) -> Any:
        return state.studio.tokens

    app = Litestar(
        [*own_model_routes.HANDLERS, *estimate_routes.HANDLERS],
        lifespan=[furnished],
        dependencies={
            "caller": Provide(provide_caller, sync_to_thread=False),
            "studio": Provide(studio, sync_to_thread=False),
            "listings": Provide(listings, sync_to_thread=False),
            "tokens": Provide(tokens, sync_to_thread=False),
        },
        before_request=before,
        exception_handlers=exception_handlers(),
        logging_config=None,
    )
    with served(app) as client:
        yield client


async def test_over_http_nobody_is_given_the_list_of_somebody_else(
    database: Database, database_url: str, alice: Caller, bob: Caller
) -> None:
    await with_models(database, ring_of(Door()), alice, "mine", "http://127.0.0.1:1/v1", "secret-model")
    await asyncio.to_thread(_asked_by_both, database_url, {"alice": alice, "bob": bob})


def _asked_by_both(url: str, people: dict[str, Caller]) -> None:
    with asking(url, people) as client:
        assert client.get("/api/models/mine").status_code == 401
        mine = client.get("/api/models/mine", headers={WHO: "alice"})
        assert [(model["id"], model["available"]) for model in mine.json()] == [("mine/secret-model", True)]
        assert mine.json()[0]["prices"] is None
        assert (mine.headers["cache-control"], mine.headers["vary"]) == (
            "private, no-cache",
            "Cookie, Authorization",
        )
        same = {"if-none-match": mine.headers["etag"]}
        again = client.get("/api/models/mine", headers={WHO: "alice", **same})
        assert (again.status_code, again.content) == (304, b"")
        theirs = client.get("/api/models/mine", headers={WHO: "bob", **same})
        assert (theirs.status_code, theirs.json()) == (200, [])


async def test_over_http_a_prompt_is_estimated(database: Database, database_url: str, alice: Caller) -> None:
    def ask() -> None:
        with asking(database_url, {"alice": alice}) as client:
            asked: dict[str, Any] = {"prompt": "Hello", "modelIds": ["simulator/swift"]}
            assert client.post("/api/comparisons/estimate", json=asked).status_code == 401
            client.headers[WHO] = "alice"
            said = client.post("/api/comparisons/estimate", json=asked)
            assert said.status_code == 200, said.text
            lane = said.json()["lanes"][0]
            assert (lane["modelId"], lane["fits"]) == ("simulator/swift", True)
            assert lane["cost"]["low"] < lane["cost"]["likely"] < lane["cost"]["high"]
            wrong = client.post("/api/comparisons/estimate", json={**asked, "modelIds": ["nobody/knows"]})
            assert (wrong.status_code, wrong.json()["details"][0]["field"]) == (422, "modelIds.0")

    await asyncio.to_thread(ask)
