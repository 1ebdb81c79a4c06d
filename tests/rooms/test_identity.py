"""Whether many are still welcome, in one query, on both databases."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from backend.accounts import api_keys, devices, users
from backend.accounts.callers import Caller, ShareGrant
from backend.accounts.door import Door
from backend.kit.db import Database
from backend.kit.errors import NotFound
from backend.kit.ids import new_id
from backend.rooms.identity import GUEST, Identities, Identity
from backend.rooms.protocol import Access
from tests.accounts.people import NOW, somebody
from tests.support.asked import asked, reads

OPEN_LINK = ShareGrant(new_id(), new_id())


async def access(caller: Caller, session_id: UUID) -> Access:
    if caller.share != OPEN_LINK or session_id != OPEN_LINK.comparison_id:
        raise NotFound
    return "viewer"


@pytest.fixture
def identities(door: Door) -> Identities:
    return Identities(door, access, now=lambda: NOW)


async def signed_in(database: Database, email: str) -> Identity:
    user = await somebody(database, email)
    async with database.transaction() as db:
        device = await devices.sign_in(db, user.id, user_agent="", address="", now=NOW)
    caller = Caller(user.id, email, "member", "token", device_id=device.device_id)
    return Identity(caller, user.id, email.partition("@")[0])


async def by_key(database: Database, email: str) -> Identity:
    user = await somebody(database, email)
    async with database.transaction() as db:
        key, _ = await api_keys.create(db, user.id, name="", scopes=["run"], expires_at=None, now=NOW)
    caller = Caller(user.id, email, "member", "api_key", api_key_id=key.id, scopes=frozenset({"run"}))
    return Identity(caller, user.id, email.partition("@")[0])


async def test_those_who_are_still_welcome_are_as_they_were(
    database: Database, identities: Identities
) -> None:
    asked = [
        await signed_in(database, "ada@example.org"),
        await by_key(database, "bert@example.org"),
        Identity(Caller.guest(OPEN_LINK), new_id(), GUEST),
    ]
    assert await identities.still(asked) == asked
    assert await identities.still([]) == []


async def test_whoever_has_lost_what_he_came_by_is_not(database: Database, identities: Identities) -> None:
    names = ("stays", "signed.out", "disabled", "demoted", "renamed", "deleted", "over")
    asked = {name: await signed_in(database, f"{name}@example.org") for name in names}
    asked["revoked"] = await by_key(database, "revoked@example.org")
    asked["closed link"] = Identity(Caller.guest(ShareGrant(new_id(), new_id())), new_id(), GUEST)
    # With the device of somebody else.
    stranger = replace(asked["stays"].caller, device_id=new_id())
    asked["stranger"] = replace(asked["stays"], caller=stranger)
    asked["over"] = replace(asked["over"], until=NOW)
    callers = {name: identity.caller for name, identity in asked.items()}
    async with database.transaction() as db:
        await devices.revoke_all(db, callers["signed.out"].user_id, now=NOW)
        await users.change(db, callers["disabled"].user_id, disabled_at=NOW)
        await users.change(db, callers["demoted"].user_id, role="viewer")
        await users.change(db, callers["renamed"].user_id, name="Countess")
        await api_keys.revoke_all(db, callers["revoked"].user_id, NOW)
    asked["deleted"] = replace(asked["deleted"], caller=replace(callers["deleted"], user_id=new_id()))

    found = dict(zip(asked, await identities.still(list(asked.values())), strict=True))
    welcome = {name for name, identity in found.items() if identity is not None}
    assert welcome == {"stays", "demoted", "renamed"}
    demoted, renamed = found["demoted"], found["renamed"]
    assert demoted is not None
    assert renamed is not None
    assert (demoted.caller.role, renamed.name) == ("viewer", "Countess")


async def test_a_device_that_is_too_old_and_a_key_that_ran_out_are_no_proof(
    database: Database, door: Door
) -> None:
    ada, bert = await signed_in(database, "ada@example.org"), await by_key(database, "bert@example.org")
    later = Identities(door, access, now=lambda: NOW + devices.ABSOLUTE + timedelta(seconds=1))
    assert await later.still([ada, bert]) == [None, bert]


async def test_however_many_they_are_there_is_one_query(database: Database, identities: Identities) -> None:
    those = [await signed_in(database, f"{number}@example.org") for number in range(20)]
    those += [await by_key(database, f"key{number}@example.org") for number in range(20)]
    with asked() as statements:
        assert await identities.still(those) == those
    assert len(reads(statements)) == 1
