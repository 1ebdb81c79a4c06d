"""Provider keys and endpoints of users over HTTP."""

from typing import Any
from uuid import UUID

from litestar import Request, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from backend.accounts.callers import Caller
from backend.accounts.door import actor_of
from backend.accounts.guards import needs
from backend.keyring import actions, endpoints
from backend.keyring.actions import ShownKey
from backend.keyring.ring import Keyring
from backend.keyring.schemas import (
    ChangedEndpoint,
    ChangeEndpoint,
    CreateEndpoint,
    OwnEndpoint,
    ProviderKey,
    SavedProviderKey,
    SaveKey,
    endpoint_of,
)
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.errors import NotFound

AnyRequest = Request[Any, Any, Any]

_OWN = needs("keys.own")


@get("/api/keys", tags=["keys"], opt=_OWN)
async def list_keys(
    database: NamedDependency[Database], keyring: NamedDependency[Keyring], caller: NamedDependency[Caller]
) -> list[ProviderKey]:
    """Your provider keys and everyone's, without the keys themselves."""
    async with database.reading() as db:
        return [_key(shown) for shown in await actions.keys_of(db, keyring, caller)]


@get("/api/keys/{endpoint:str}", tags=["keys"], opt=_OWN)
async def get_key(
    endpoint: FromPath[str],
    database: NamedDependency[Database],
    keyring: NamedDependency[Keyring],
    caller: NamedDependency[Caller],
) -> ProviderKey:
    """The key that is used for your calls to this endpoint, without the key itself."""
    async with database.reading() as db:
        used = [key for key in await actions.keys_of(db, keyring, caller) if key.endpoint.name == endpoint]
    if not used:
        raise NotFound
    return _key(used[0])


@put("/api/keys/{endpoint:str}", tags=["keys"], opt=_OWN)
async def save_key(
    *,
    request: AnyRequest,
    endpoint: FromPath[str],
    data: JSONBody[SaveKey],
    database: NamedDependency[Database],
    keyring: NamedDependency[Keyring],
    caller: NamedDependency[Caller],
) -> SavedProviderKey:
    """Save a provider key once the provider has taken it."""
    async with database.reading() as db:
        place = await actions.place_for(db, keyring, caller, endpoint, shared=data.shared)
    tried = await actions.tried(keyring, place, data.key.strip(), clock.now())
    async with database.transaction() as db:
        saved = await actions.save_key(
            db, keyring, caller, actor_of(request, caller), tried, shared=data.shared
        )
    return SavedProviderKey(
        endpoint=saved.endpoint.name,
        display_name=saved.endpoint.display_name,
        last_four=saved.last_four,
        shared=saved.shared,
        saved_at=saved.saved_at,
        tested_at=saved.tested_at,
        warning=tried.warning,
    )


@delete("/api/keys/{endpoint:str}", tags=["keys"], opt=_OWN)
async def remove_key(
    *,
    request: AnyRequest,
    endpoint: FromPath[str],
    database: NamedDependency[Database],
    caller: NamedDependency[Caller],
    shared: FromQuery[bool] = False,
) -> None:
    """Remove your provider key for an endpoint, or everyone's."""
    async with database.transaction() as db:
        await actions.remove_key(db, caller, actor_of(request, caller), endpoint, shared=shared)


@get("/api/endpoints", tags=["endpoints"], opt=_OWN)
async def list_endpoints(
    database: NamedDependency[Database], caller: NamedDependency[Caller]
) -> list[OwnEndpoint]:
    """Model servers that you or everyone can ask beside those of this installation."""
    async with database.reading() as db:
        return [endpoint_of(each) for each in await endpoints.listed(db, caller)]


@post("/api/endpoints", tags=["endpoints"], opt=_OWN)
async def create_endpoint(
    *,
    request: AnyRequest,
    data: JSONBody[CreateEndpoint],
    database: NamedDependency[Database],
    keyring: NamedDependency[Keyring],
    caller: NamedDependency[Caller],
) -> OwnEndpoint:
    """Add a model server that speaks a known dialect."""
    url = await endpoints.checked_url(keyring, data.base_url)
    async with database.transaction() as db:
        by = actor_of(request, caller)
        return endpoint_of(await endpoints.create(db, keyring, caller, by, data, url, clock.now()))


@patch("/api/endpoints/{endpoint_id:uuid}", tags=["endpoints"], opt=_OWN)
async def change_endpoint(
    *,
    request: AnyRequest,
    endpoint_id: FromPath[UUID],
    data: JSONBody[ChangeEndpoint],
    database: NamedDependency[Database],
    keyring: NamedDependency[Keyring],
    caller: NamedDependency[Caller],
) -> ChangedEndpoint:
    """Change a model server; another base URL drops the keys that were saved for it."""
    async with database.reading() as db:
        await endpoints.own(db, caller, endpoint_id)  # nothing is looked up for anybody else
    url = await endpoints.checked_url(keyring, data.base_url) if data.base_url else None
    async with database.transaction() as db:
        after, dropped = await endpoints.change(
            db, caller, actor_of(request, caller), endpoint_id, data, url, clock.now()
        )
    return ChangedEndpoint(endpoint=endpoint_of(after), keys_dropped=dropped)


@delete("/api/endpoints/{endpoint_id:uuid}", tags=["endpoints"], opt=_OWN)
async def remove_endpoint(
    request: AnyRequest,
    endpoint_id: FromPath[UUID],
    database: NamedDependency[Database],
    caller: NamedDependency[Caller],
) -> None:
    """Remove a model server and the keys that were saved for it."""
    async with database.transaction() as db:
        await endpoints.remove(db, caller, actor_of(request, caller), endpoint_id)


def _key(shown: ShownKey) -> ProviderKey:
    return ProviderKey(
        endpoint=shown.endpoint.name,
        display_name=shown.endpoint.display_name,
        last_four=shown.last_four,
        shared=shown.shared,
        saved_at=shown.saved_at,
        tested_at=shown.tested_at,
    )


HANDLERS = (
    list_keys,
    get_key,
    save_key,
    remove_key,
    list_endpoints,
    create_endpoint,
    change_endpoint,
    remove_endpoint,
)
