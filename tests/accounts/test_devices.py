"""Refresh tokens: used once, given again for a moment, ended by whoever brings an old one."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from backend.accounts import devices, users
from backend.accounts.devices import ABSOLUTE, GRACE, IDLE, NotRefreshed, Refreshed, RefreshTokens
from backend.accounts.tables import DeviceRow, RefreshTokenRow
from backend.kit.db import Database
from backend.kit.master_key import MasterKey
from tests.accounts.people import NOW, somebody

TOKENS = RefreshTokens.of(MasterKey(b"a secret of this installation alone"))
MOMENT = timedelta(milliseconds=1)


async def signed_in(database: Database, email: str = "ada@example.org") -> Refreshed:
    user = await somebody(database, email)
    return await another(database, user.id)


async def another(database: Database, user_id: object) -> Refreshed:
    async with database.transaction() as db:
        return await devices.sign_in(db, user_id, user_agent="Firefox", address="203.0.113.7", now=NOW)


async def refresh(database: Database, token: str, now: datetime = NOW) -> Refreshed | NotRefreshed:
    async with database.transaction() as db:
        return await TOKENS.refresh(db, token, address="203.0.113.8", now=now)


async def refreshed(database: Database, token: str, now: datetime = NOW) -> str:
    outcome = await refresh(database, token, now)
    assert isinstance(outcome, Refreshed), outcome
    return outcome.token


async def why_not(database: Database, token: str, now: datetime = NOW) -> str:
    outcome = await refresh(database, token, now)
    assert isinstance(outcome, NotRefreshed), "it was refreshed"
    return outcome.why


async def test_a_token_leads_to_another_one_of_the_same_device(database: Database) -> None:
    first = await signed_in(database)
    second = await refresh(database, first.token)
    assert isinstance(second, Refreshed)
    assert (second.user_id, second.device_id) == (first.user_id, first.device_id)
    assert second.token != first.token
    assert isinstance(await refresh(database, second.token), Refreshed)


async def test_tokens_are_kept_as_hashes_and_shown_in_no_repr(database: Database) -> None:
    first = await signed_in(database)
    second = await refreshed(database, first.token)
    async with database.reading() as db:
        hashes = list(await db.scalars(select(RefreshTokenRow.hash)))
    kept = b"".join(hashes)
    assert len(hashes) == 2
    for token in (first.token, second):
        assert token.encode() not in kept
        assert token not in repr(first)
    assert "secret" not in repr(TOKENS)


async def test_a_token_that_nobody_was_given_is_unknown(database: Database) -> None:
    first = await signed_in(database)
    for token in ("", "x" * 43, first.token[:-1], first.token + "x", TOKENS.successor(first.token), "\ud800"):
        assert await why_not(database, token) == "unknown"


async def test_twenty_at_once_get_one_successor(database_url: str) -> None:
    processes = [Database.open(database_url) for _ in range(4)]
    first = await signed_in(processes[0])
    outcomes = await asyncio.gather(*(refresh(processes[n % 4], first.token) for n in range(20)))
    assert {type(outcome) for outcome in outcomes} == {Refreshed}
    assert len({outcome.token for outcome in outcomes if isinstance(outcome, Refreshed)}) == 1
    async with processes[0].reading() as db:
        assert await db.scalar(select(func.count()).select_from(RefreshTokenRow)) == 2
    for process in processes:
        await process.close()


async def test_who_lost_the_answer_gets_the_same_one_within_the_grace(database: Database) -> None:
    first = await signed_in(database)
    second = await refreshed(database, first.token)
    assert await refreshed(database, first.token, NOW + GRACE) == second


async def test_after_the_grace_a_used_token_ends_the_device(database: Database) -> None:
    first = await signed_in(database)
    second = await refreshed(database, first.token)
    outcome = await refresh(database, first.token, NOW + GRACE + MOMENT)
    assert outcome == NotRefreshed("reused", first.user_id, first.device_id)
    assert await why_not(database, second) == "revoked"


async def test_the_token_before_the_last_ends_the_device_even_within_the_grace(database: Database) -> None:
    first = await signed_in(database)
    second = await refreshed(database, first.token)
    third = await refreshed(database, second)
    assert await why_not(database, first.token) == "reused"
    assert await why_not(database, third) == "revoked"


async def test_an_old_token_of_a_device_in_use_was_stolen_however_old_it_is(database: Database) -> None:
    first = await signed_in(database)
    second = await refreshed(database, first.token, NOW + timedelta(days=5))
    await refreshed(database, second, NOW + timedelta(days=10))
    assert await why_not(database, first.token, NOW + timedelta(days=12)) == "reused"


async def test_reuse_ends_no_other_device(database: Database) -> None:
    first = await signed_in(database)
    other = await another(database, first.user_id)
    await refreshed(database, first.token)
    assert await why_not(database, first.token, NOW + GRACE + MOMENT) == "reused"
    assert isinstance(await refresh(database, other.token), Refreshed)


async def test_a_device_that_was_idle_too_long_is_signed_out(database: Database) -> None:
    first = await signed_in(database)
    assert await why_not(database, first.token, NOW + IDLE) == "idle"
    second = await refreshed(database, first.token, NOW + IDLE - MOMENT)
    assert isinstance(await refresh(database, second, NOW + IDLE - MOMENT + IDLE - MOMENT), Refreshed)


async def test_no_use_lengthens_the_absolute_lifetime(database: Database) -> None:
    token = (await signed_in(database)).token
    for day in range(5, 30, 5):
        token = await refreshed(database, token, NOW + timedelta(days=day))
    assert await why_not(database, token, NOW + ABSOLUTE) == "expired"
    assert isinstance(await refresh(database, token, NOW + ABSOLUTE - MOMENT), Refreshed)


async def test_a_disabled_user_stays_out(database: Database) -> None:
    first = await signed_in(database)
    async with database.transaction() as db:
        await users.change(db, first.user_id, disabled_at=NOW)
    assert await why_not(database, first.token) == "disabled"


@pytest.mark.parametrize("used", [False, True], ids=["unused", "within its grace"])
async def test_a_device_that_was_signed_out_gets_nothing_more(database: Database, used: bool) -> None:
    first = await signed_in(database)
    if used:
        await refreshed(database, first.token)
    async with database.transaction() as db:
        assert await devices.revoke(db, first.user_id, first.device_id, now=NOW) == [first.device_id]
        assert await devices.revoke(db, first.user_id, first.device_id, now=NOW) == []
    assert await why_not(database, first.token) == "revoked"


async def test_refreshing_and_signing_out_at_once_ends_signed_out(database_url: str) -> None:
    processes = [Database.open(database_url) for _ in range(2)]

    async def sign_out(device: Refreshed) -> None:
        async with processes[1].transaction() as db:
            await devices.revoke_all(db, device.user_id, now=NOW)

    for number in range(5):
        first = await signed_in(processes[0], f"user{number}@example.org")
        outcome, _ = await asyncio.gather(refresh(processes[0], first.token), sign_out(first))
        token = outcome.token if isinstance(outcome, Refreshed) else first.token
        assert await why_not(processes[0], token) == "revoked"
    for process in processes:
        await process.close()


async def waits_for_a_lock(database: Database) -> bool:
    async with database.reading() as db:
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return bool(await db.scalar(text(f"{waiting} AND datname = current_database()")))


async def test_who_is_signed_out_while_he_refreshes_gets_nothing(database_url: str) -> None:
    """On SQLite he waits for his turn; on PostgreSQL he is in the middle of it."""
    one, other = [Database.open(database_url) for _ in range(2)]
    first = await signed_in(one)
    async with one.transaction() as db:
        await devices.revoke(db, first.user_id, first.device_id, now=NOW)
        refreshing = asyncio.create_task(refresh(other, first.token))
        while one.name == "postgresql" and not await waits_for_a_lock(one):
            assert not refreshing.done()
    assert await refreshing == NotRefreshed("revoked", first.user_id, first.device_id)
    for database in (one, other):
        await database.close()


async def test_devices_are_listed_the_last_used_first(database: Database) -> None:
    first = await signed_in(database)
    second = await another(database, first.user_id)
    await signed_in(database, "bob@example.org")
    await refreshed(database, first.token, NOW + timedelta(hours=1))
    async with database.reading() as db:
        found = await devices.listed(db, first.user_id, NOW + timedelta(hours=2))
        after = await devices.listed(db, first.user_id, NOW + IDLE + MOMENT)
    assert [device.id for device in found] == [first.device_id, second.device_id]
    assert found[0].address == "203.0.113.8"
    assert [device.id for device in after] == [first.device_id]


async def test_all_others_can_be_signed_out(database: Database) -> None:
    mine = await signed_in(database)
    others = [await another(database, mine.user_id) for _ in range(2)]
    bobs = await signed_in(database, "bob@example.org")
    async with database.transaction() as db:
        ended = await devices.revoke_all(db, mine.user_id, but=mine.device_id, now=NOW)
    assert sorted(ended) == sorted(other.device_id for other in others)
    for device in (mine, bobs):
        assert isinstance(await refresh(database, device.token), Refreshed)
    async with database.transaction() as db:
        assert await devices.revoke_all(db, mine.user_id, now=NOW) == [mine.device_id]


async def test_nobody_signs_out_the_device_of_somebody_else(database: Database) -> None:
    mine = await signed_in(database)
    bobs = await signed_in(database, "bob@example.org")
    async with database.transaction() as db:
        assert await devices.revoke(db, mine.user_id, bobs.device_id, now=NOW) == []
    assert isinstance(await refresh(database, bobs.token), Refreshed)


async def test_what_is_over_is_forgotten_with_its_tokens(database: Database) -> None:
    await signed_in(database)
    for now, left in ((NOW + ABSOLUTE, 1), (NOW + ABSOLUTE + MOMENT, 0)):
        async with database.transaction() as db:
            await devices.forget_expired(db, now)
            for table in (DeviceRow, RefreshTokenRow):
                assert await db.scalar(select(func.count()).select_from(table)) == left
