import asyncio

import pytest

from backend.accounts import audit
from backend.accounts.callers import Caller
from backend.keyring import endpoints
from backend.keyring.ring import Keyring
from backend.keyring.schemas import ChangeEndpoint
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.errors import AppError, Invalid, NotFound
from tests.keyring.doors import GOOD, OPENAI, Door, actor, ring_of, stranger
from tests.keyring.saving import create, move, remove_endpoint, save, shown, used

OTHER = "sk-other-0123456789-wxyz"


async def names(database: Database, ring: Keyring, caller: Caller) -> list[str]:
    async with database.reading() as db:
        return [each.name for each in await endpoints.endpoints_of(db, ring, caller.user_id)]


async def test_an_endpoint_is_its_owners_alone(
    database: Database, ring: Keyring, alice: Caller, bob: Caller
) -> None:
    made = await create(database, ring, alice)
    assert await names(database, ring, alice) == ["mine"]
    assert await names(database, ring, bob) == []
    with pytest.raises(NotFound):
        await save(database, ring, bob, "mine")
    with pytest.raises(NotFound):
        await move(database, ring, bob, made.id, "https://two.example/v1")
    with pytest.raises(NotFound):
        await remove_endpoint(database, bob, made.id)
    with pytest.raises(NotFound):
        await remove_endpoint(database, alice, stranger())
    assert await names(database, ring, alice) == ["mine"]


async def test_an_admin_neither_sees_nor_changes_what_is_somebodys_own(
    database: Database, ring: Keyring, alice: Caller, admin: Caller
) -> None:
    made = await create(database, ring, alice)
    assert await names(database, ring, admin) == []
    with pytest.raises(NotFound):
        await remove_endpoint(database, admin, made.id)
    with pytest.raises(NotFound):
        await save(database, ring, admin, "mine", shared=True)


async def test_everyones_endpoint_is_seen_by_everyone_and_changed_by_those_who_may(
    database: Database, ring: Keyring, alice: Caller, admin: Caller
) -> None:
    with pytest.raises(AppError) as refused:
        await create(database, ring, alice, "ours", shared=True)
    assert refused.value.status == 403
    made = await create(database, ring, admin, "ours", shared=True)
    assert await names(database, ring, alice) == ["ours"]
    for forbidden in (
        move(database, ring, alice, made.id, "https://two.example/v1"),
        remove_endpoint(database, alice, made.id),
    ):
        with pytest.raises(AppError) as refused:
            await forbidden
        assert refused.value.status == 403
    await remove_endpoint(database, admin, made.id)
    assert await names(database, ring, alice) == []


async def test_a_name_of_the_servers_own_is_taken(database: Database, ring: Keyring, alice: Caller) -> None:
    for name in ("openai", "azure", "simulator"):
        with pytest.raises(AppError) as refused:
            await create(database, ring, alice, name)
        assert (refused.value.status, refused.value.code) == (409, "name_taken")


async def test_a_name_is_taken_once_among_those_that_one_sees(
    database: Database, ring: Keyring, alice: Caller, bob: Caller, admin: Caller
) -> None:
    await create(database, ring, alice)
    await create(database, ring, bob)
    await create(database, ring, admin, "ours", shared=True)
    for caller, name, shared in ((alice, "mine", False), (alice, "ours", False), (admin, "ours", True)):
        with pytest.raises(AppError) as refused:
            await create(database, ring, caller, name, shared=shared)
        assert refused.value.code == "name_taken"


async def test_of_many_who_take_a_name_at_once_one_gets_it(
    database: Database, ring: Keyring, admin: Caller
) -> None:
    for name, shared in (("mine", False), ("ours", True)):
        tries = [create(database, ring, admin, name, shared=shared) for _ in range(6)]
        results = await asyncio.gather(*tries, return_exceptions=True)
        refused = [result for result in results if isinstance(result, AppError)]
        assert [each.code for each in refused] == ["name_taken"] * 5
    assert await names(database, ring, admin) == ["mine", "ours"]


async def test_ones_own_endpoint_hides_everyones_of_the_same_name(
    database: Database, ring: Keyring, alice: Caller, bob: Caller, admin: Caller
) -> None:
    await create(database, ring, alice, "work", "https://one.example/v1")
    await create(database, ring, admin, "work", "https://one.example/v1", shared=True)
    await save(database, ring, admin, "work", OTHER, shared=True)
    assert await used(database, ring, bob, "work") == OTHER
    # It is the same address, and still somebody else's word for it.
    assert await used(database, ring, alice, "work") is None
    assert await shown(database, ring, alice) == []
    await save(database, ring, alice, "work")
    assert await used(database, ring, alice, "work") == GOOD
    async with database.reading() as db:
        assert len(await endpoints.listed(db, alice)) == 2


async def test_a_name_that_the_server_took_later_means_the_servers(
    database: Database, ring: Keyring, door: Door, alice: Caller
) -> None:
    await create(database, ring, alice)
    await save(database, ring, alice, "mine")
    after = ring_of(door, servers={"mine": OPENAI})
    assert await names(database, after, alice) == []
    assert await used(database, after, alice, "mine") is None


async def test_another_base_url_drops_the_key(database: Database, ring: Keyring, alice: Caller) -> None:
    made = await create(database, ring, alice)
    await save(database, ring, alice, "mine")
    after, dropped = await move(database, ring, alice, made.id, "https://two.example/v1")
    assert (after.base_url, dropped) == ("https://two.example/v1", 1)
    assert await used(database, ring, alice, "mine") is None
    await move(database, ring, alice, made.id, "https://one.example/v1")
    assert await used(database, ring, alice, "mine") is None


async def test_the_same_base_url_written_otherwise_keeps_it(
    database: Database, ring: Keyring, alice: Caller
) -> None:
    made = await create(database, ring, alice)
    await save(database, ring, alice, "mine")
    assert (await move(database, ring, alice, made.id, "HTTPS://ONE.example:443/v1/"))[1] == 0
    async with database.transaction() as db:
        asked = ChangeEndpoint(display_name="Mine", dialect="messages", models=("small",))
        after, dropped = await endpoints.change(db, alice, actor(alice), made.id, asked, None, clock.now())
    assert (after.display_name, after.endpoint().sdk, after.models, dropped) == (
        "Mine",
        "anthropic",
        ("small",),
        0,
    )
    assert await used(database, ring, alice, "mine") == GOOD


async def test_where_everyones_endpoint_moves_everybodys_keys_for_it_are_dropped_and_no_others(
    database: Database, ring: Keyring, alice: Caller, bob: Caller, admin: Caller
) -> None:
    await create(database, ring, alice, "work", "https://two.example/v1")
    made = await create(database, ring, admin, "work", shared=True)
    for caller, endpoint in ((alice, "work"), (bob, "work"), (bob, "openai"), (admin, "work")):
        await save(database, ring, caller, endpoint)
    await save(database, ring, admin, "work", OTHER, shared=True)
    _, dropped = await move(database, ring, admin, made.id, "https://three.example/v1")
    assert dropped == 3
    assert await used(database, ring, alice, "work") == GOOD
    assert await used(database, ring, bob, "openai") == GOOD
    for caller in (bob, admin):
        assert await used(database, ring, caller, "work") is None


async def test_keys_go_with_their_endpoint(
    database: Database, ring: Keyring, alice: Caller, bob: Caller
) -> None:
    made = await create(database, ring, alice)
    await create(database, ring, bob)
    await save(database, ring, alice, "mine")
    await save(database, ring, bob, "mine")
    await remove_endpoint(database, alice, made.id)
    await create(database, ring, alice)
    assert await used(database, ring, alice, "mine") is None
    assert await used(database, ring, bob, "mine") == GOOD


INSIDE = (
    "http://one.example/v1",
    "https://inside.example/v1",
    "https://127.0.0.1/v1",
    "https://one.example:8080/v1",
    "https://user:word@one.example/v1",
    "https://nobody.example/v1",
    "one.example",
)


async def test_an_address_that_is_not_outside_is_not_saved(
    database: Database, ring: Keyring, alice: Caller
) -> None:
    made = await create(database, ring, alice)
    for url in INSIDE:
        for way in (create(database, ring, alice, "other", url), move(database, ring, alice, made.id, url)):
            with pytest.raises(Invalid) as refused:
                await way
            assert [problem.field for problem in refused.value.details] == ["baseUrl"]


async def test_an_address_is_kept_as_everybody_reads_it(
    database: Database, ring: Keyring, alice: Caller
) -> None:
    made = await create(database, ring, alice, url="HTTPS://B\u00dcCHER.example:443/v1/")
    assert made.base_url == made.endpoint().base_url == "https://xn--bcher-kva.example/v1"


async def test_there_is_an_end_to_how_many_one_may_have(
    database: Database, ring: Keyring, alice: Caller, bob: Caller
) -> None:
    for number in range(endpoints.MOST):
        await create(database, ring, alice, f"mine-{number}")
    with pytest.raises(AppError) as refused:
        await create(database, ring, alice, "one-more")
    assert refused.value.code == "too_many"
    await create(database, ring, bob)


async def test_what_is_done_to_endpoints_is_on_the_record(
    database: Database, ring: Keyring, alice: Caller
) -> None:
    made = await create(database, ring, alice)
    await save(database, ring, alice, "mine")
    await move(database, ring, alice, made.id, "https://two.example/v1")
    await remove_endpoint(database, alice, made.id)
    async with database.reading() as db:
        entries = await audit.page(db)
    assert [(entry.action, entry.details.get("keysDropped")) for entry in entries] == [
        ("endpoint.removed", 0),
        ("endpoint.saved", 1),
        ("key.saved", None),
        ("endpoint.saved", None),
    ]
