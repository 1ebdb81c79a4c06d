from dataclasses import replace

import pytest
from sqlalchemy import delete, select, update

from backend.accounts import audit
from backend.accounts.callers import Caller
from backend.accounts.tables import UserRow
from backend.keyring import actions
from backend.keyring.ring import Keyring
from backend.keyring.tables import ProviderKeyRow
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.errors import AppError, Invalid, NotFound
from backend.kit.master_key import MasterKey
from backend.providers.failures import FailureKind, ProviderError
from tests.keyring.doors import GOOD, OPENAI, SERVERS, Door, actor, ring_of
from tests.keyring.saving import create, move, remove, save, shown, used

OTHER = "sk-other-0123456789-wxyz"


async def test_a_key_that_was_saved_is_used_for_its_user_and_its_endpoint_alone(
    database: Database, ring: Keyring, door: Door, alice: Caller, bob: Caller
) -> None:
    await save(database, ring, alice, "openai")
    assert door.knocks == [(OPENAI.base_url, GOOD)]
    assert await used(database, ring, alice, "openai") == GOOD
    assert await used(database, ring, alice, "groq") is None
    assert await used(database, ring, bob, "openai") is None
    assert await shown(database, ring, bob) == []


async def test_of_a_key_only_its_end_is_shown(database: Database, ring: Keyring, alice: Caller) -> None:
    await save(database, ring, alice, "openai")
    await save(database, ring, alice, "groq", "short-key")
    assert await shown(database, ring, alice) == [("groq", False, ""), ("openai", False, "cdef")]


async def test_everyones_key_is_used_where_there_is_none_of_ones_own(
    database: Database, ring: Keyring, alice: Caller, bob: Caller, admin: Caller
) -> None:
    await save(database, ring, admin, "openai", OTHER, shared=True)
    await save(database, ring, alice, "openai")
    assert await used(database, ring, alice, "openai") == GOOD
    assert await used(database, ring, bob, "openai") == OTHER
    await remove(database, alice, "openai")
    assert await used(database, ring, alice, "openai") == OTHER


async def test_the_end_of_everyones_key_is_for_those_who_manage_it(
    database: Database, ring: Keyring, alice: Caller, admin: Caller
) -> None:
    await save(database, ring, admin, "openai", OTHER, shared=True)
    assert await shown(database, ring, alice) == [("openai", True, "")]
    assert await shown(database, ring, admin) == [("openai", True, "wxyz")]


async def test_everyones_key_is_for_those_who_may(database: Database, ring: Keyring, alice: Caller) -> None:
    with pytest.raises(AppError) as refused:
        await save(database, ring, alice, "openai", shared=True)
    assert refused.value.status == 403
    with pytest.raises(AppError) as refused:
        await remove(database, alice, "openai", shared=True)
    assert refused.value.status == 403


async def test_an_api_key_does_what_its_scopes_allow(
    database: Database, ring: Keyring, admin: Caller
) -> None:
    with pytest.raises(AppError) as refused:
        await save(database, ring, replace(admin, scopes=frozenset({"run"})), "openai", shared=True)
    assert refused.value.status == 403


async def test_a_new_key_takes_the_place_of_the_old_one(
    database: Database, ring: Keyring, alice: Caller, admin: Caller
) -> None:
    for caller, shared in ((alice, False), (admin, True)):
        await save(database, ring, caller, "openai", OTHER, shared=shared)
        await save(database, ring, caller, "openai", shared=shared)
        assert await used(database, ring, caller, "openai") == GOOD
    async with database.reading() as db:
        assert len((await db.execute(select(ProviderKeyRow.id))).all()) == 2


async def test_a_key_that_the_provider_refuses_is_not_saved(
    database: Database, ring: Keyring, alice: Caller
) -> None:
    await save(database, ring, alice, "openai")
    with pytest.raises(Invalid) as refused:
        await save(database, ring, alice, "openai", "bad-key-0123456789")
    assert [problem.field for problem in refused.value.details] == ["key"]
    assert "bad-key-0123456789" not in refused.value.details[0].message
    assert await used(database, ring, alice, "openai") == GOOD


async def test_a_key_that_could_not_be_tested_is_saved_and_says_so(
    database: Database, ring: Keyring, door: Door, alice: Caller
) -> None:
    kinds: tuple[FailureKind, ...] = ("unreachable", "timeout", "rate_limited", "overloaded", "not_found")
    for number, kind in enumerate(kinds):
        door.answer = ProviderError(kind, "not now")
        secret = f"{GOOD}-{number}"
        saved = await save(database, ring, alice, "openai", secret)
        assert saved.tested_at is None
        assert await used(database, ring, alice, "openai") == secret


async def test_what_a_connection_to_a_users_server_ran_into_is_not_told(
    database: Database, ring: Keyring, door: Door, alice: Caller
) -> None:
    await create(database, ring, alice)
    door.answer = ProviderError("unreachable", "Connect call failed ('10.0.0.1', 22)")
    warnings = []
    for endpoint in ("mine", "openai"):
        async with database.reading() as db:
            place = await actions.place_for(db, ring, alice, endpoint, shared=False)
        warnings.append((await actions.tried(ring, place, GOOD, clock.now())).warning)
    assert ["10.0.0.1" in str(warning) for warning in warnings] == [False, True]


async def test_where_no_key_can_go_none_is_taken(
    database: Database, ring: Keyring, door: Door, alice: Caller
) -> None:
    for name in ("nobody", "azure", "simulator", "", "../openai", "a\0b", "OPENAI", "x" * 99):
        with pytest.raises(NotFound):
            await save(database, ring, alice, name)
        with pytest.raises(NotFound):
            await remove(database, alice, name)
        assert await used(database, ring, alice, name) is None
    assert door.knocks == []


async def test_a_key_that_is_not_there_cannot_be_removed(
    database: Database, ring: Keyring, alice: Caller, bob: Caller, admin: Caller
) -> None:
    await save(database, ring, alice, "openai")
    await save(database, ring, admin, "groq", shared=True)
    for caller, endpoint in ((bob, "openai"), (alice, "groq"), (admin, "groq")):
        with pytest.raises(NotFound):
            await remove(database, caller, endpoint)
    with pytest.raises(NotFound):
        await remove(database, admin, "openai", shared=True)
    assert await used(database, ring, alice, "openai") == GOOD


async def test_a_key_is_not_used_where_the_server_has_moved_its_endpoint(
    database: Database, ring: Keyring, door: Door, alice: Caller
) -> None:
    await save(database, ring, alice, "openai")
    moved = {"openai": replace(OPENAI, base_url="https://proxy.example/v1")}
    after = ring_of(door, servers=moved)
    assert await used(database, after, alice, "openai") is None
    assert await shown(database, after, alice) == []


async def test_a_row_that_was_moved_to_another_user_endpoint_or_address_does_not_open(
    database: Database, ring: Keyring, door: Door, alice: Caller, bob: Caller
) -> None:
    """By somebody who can write to the database and has no master key."""
    moved = replace(OPENAI, base_url="https://evil.example/v1")
    for change, ring_then, reader, endpoint in (
        ({"owner_id": bob.user_id}, ring, bob, "openai"),
        ({"owner_id": None}, ring, bob, "openai"),
        ({"endpoint": "groq", "base_url": SERVERS["groq"].base_url}, ring, alice, "groq"),
        ({"base_url": moved.base_url}, ring_of(door, servers={"openai": moved}), alice, "openai"),
    ):
        async with database.transaction() as db:
            await db.execute(delete(ProviderKeyRow))
        await save(database, ring, alice, "openai")
        async with database.transaction() as db:
            await db.execute(update(ProviderKeyRow).values(**change))
        with pytest.raises(AppError) as refused:
            await used(database, ring_then, reader, endpoint)
        assert (refused.value.status, refused.value.code) == (409, "key_unreadable")


async def test_under_another_master_key_a_key_is_asked_for_again_not_passed_over(
    database: Database, ring: Keyring, door: Door, alice: Caller
) -> None:
    await save(database, ring, alice, "openai")
    after = ring_of(door, MasterKey(b"another secret, as long as the first one"))
    with pytest.raises(AppError, match="Save it again"):
        await used(database, after, alice, "openai")
    await save(database, after, alice, "openai", OTHER)
    assert await used(database, after, alice, "openai") == OTHER


async def test_a_key_that_was_tested_at_one_address_is_not_saved_for_another(
    database: Database, ring: Keyring, alice: Caller
) -> None:
    endpoint = await create(database, ring, alice)
    async with database.reading() as db:
        place = await actions.place_for(db, ring, alice, "mine", shared=False)
    tried = await actions.tried(ring, place, GOOD, clock.now())
    await move(database, ring, alice, endpoint.id, "https://two.example/v1")
    with pytest.raises(AppError) as refused:
        async with database.transaction() as db:
            await actions.save_key(db, ring, alice, actor(alice), tried, shared=False)
    assert (refused.value.status, refused.value.code) == (409, "endpoint_changed")
    assert await used(database, ring, alice, "mine") is None


async def test_keys_go_with_their_user(database: Database, ring: Keyring, alice: Caller) -> None:
    await create(database, ring, alice)
    await save(database, ring, alice, "mine")
    async with database.transaction() as db:
        await db.execute(delete(UserRow).where(UserRow.id == alice.user_id))
    async with database.reading() as db:
        assert (await db.execute(select(ProviderKeyRow.id))).all() == []


async def test_what_is_done_to_keys_is_on_the_record_without_them(
    database: Database, ring: Keyring, alice: Caller, admin: Caller
) -> None:
    await save(database, ring, admin, "openai", shared=True)
    await save(database, ring, alice, "openai")
    await remove(database, alice, "openai")
    async with database.reading() as db:
        entries = await audit.page(db)
    assert [(entry.email, entry.action, entry.subject, entry.details["shared"]) for entry in entries] == [
        (alice.email, "key.removed", "openai", False),
        (alice.email, "key.saved", "openai", False),
        (admin.email, "key.saved", "openai", True),
    ]
    assert GOOD not in repr(entries)
