"""Which account a profile opens, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest
from sqlalchemy import func, select

from backend.accounts import actions as accounts
from backend.accounts import audit, links, users
from backend.accounts.actions import Registration, Visit
from backend.accounts.audit import Actor
from backend.accounts.oidc import repository
from backend.accounts.oidc.actions import Entered, enter
from backend.accounts.oidc.failures import SignInFailed
from backend.accounts.oidc.profile import Profile
from backend.accounts.rights import Role
from backend.accounts.tables import IdentityRow, UserRow
from backend.accounts.users import User
from backend.kit import clock
from backend.kit.db import Database

ISSUER = "https://idp.example"
NOW = clock.now()
VISIT = Visit(address="192.0.2.7", request_id="r-1")
ADMIN = Actor(None, "admin@example.org")
ADA = Profile(
    issuer=ISSUER, subject="u-1", email="ada@example.org", email_verified=True, name="Ada", expires_at=NOW
)


async def entering(
    database: Database, profile: Profile = ADA, registration: Registration = "closed"
) -> Entered:
    async with database.transaction() as db:
        return await enter(db, profile, registration=registration, visit=VISIT, now=NOW)


async def refused(
    database: Database, profile: Profile = ADA, registration: Registration = "closed"
) -> SignInFailed:
    with pytest.raises(SignInFailed) as raised:
        await entering(database, profile, registration)
    assert raised.value.status == 403
    return raised.value


async def with_account(database: Database, email: str = "ada@example.org", role: Role = "admin") -> User:
    async with database.transaction() as db:
        return await users.add(db, email=email, name="A", role=role, password_hash=None, now=NOW)


async def disable(database: Database, user: User) -> None:
    async with database.transaction() as db:
        await accounts.disable(db, ADMIN, user.id, NOW)


async def invite(
    database: Database, email: str | None = "ada@example.org", role: Role | None = "viewer", days: int = 0
) -> None:
    async with database.transaction() as db:
        await links.make(db, "invitation", now=NOW - timedelta(days=days), email=email, role=role)


async def count(database: Database, table: type[UserRow | IdentityRow]) -> int:
    async with database.reading() as db:
        return await db.scalar(select(func.count()).select_from(table)) or 0


async def noted(database: Database) -> list[tuple[str, str, str]]:
    async with database.reading() as db:
        return [(entry.action, entry.subject, entry.address) for entry in await audit.page(db)]


async def test_who_is_known_comes_in_whatever_their_address_is_now(database: Database) -> None:
    account = await with_account(database)
    assert await entering(database) == Entered(account, "linked")
    for email, verified in [("other@example.org", True), ("ada@example.org", False), (None, False)]:
        later = replace(ADA, email=email, email_verified=verified)
        assert await entering(database, later) == Entered(account, "known")
    assert await count(database, UserRow) == 1
    assert await count(database, IdentityRow) == 1


async def test_a_proven_address_opens_the_account_that_has_it(database: Database) -> None:
    account = await with_account(database)
    assert await entering(database) == Entered(account, "linked")
    assert await noted(database) == [("identity.linked", "ada@example.org", "192.0.2.7")]
    async with database.reading() as db:
        assert await repository.user_of(db, ISSUER, "u-1") == account.id


@pytest.mark.parametrize(("email", "verified"), [("ada@example.org", False), (None, True)])
async def test_an_unproven_address_opens_and_makes_nothing(
    database: Database, email: str | None, verified: bool
) -> None:
    await with_account(database)
    await invite(database)
    for registration in get_args(Registration):
        failure = await refused(database, replace(ADA, email=email, email_verified=verified), registration)
        assert failure.reason == "account: no verified address"
    assert await count(database, UserRow) == 1
    assert await count(database, IdentityRow) == 0


async def test_the_same_subject_of_another_issuer_is_somebody_else(database: Database) -> None:
    await with_account(database)
    await entering(database)
    stranger = replace(ADA, issuer="https://other.example", email="eve@example.org")
    assert (await refused(database, stranger)).reason == "account: registration is closed"


async def test_a_disabled_user_stays_out_by_address_and_by_identity(database: Database) -> None:
    account = await with_account(database)
    await disable(database, account)
    assert (await refused(database, registration="open")).reason == "account: disabled"
    assert await count(database, IdentityRow) == 0
    async with database.transaction() as db:
        await accounts.enable(db, ADMIN, account.id)
    await entering(database)
    await disable(database, account)
    assert (await refused(database, registration="open")).reason == "account: disabled"


async def test_open_registration_makes_a_member(database: Database) -> None:
    entered = await entering(database, registration="open")
    assert (entered.how, entered.user.role, entered.user.name) == ("registered", "member", "Ada")
    assert not entered.user.has_password
    assert await noted(database) == [
        ("identity.linked", "ada@example.org", "192.0.2.7"),
        ("user.registered", "ada@example.org", "192.0.2.7"),
    ]
    assert (await entering(database)).how == "known"


async def test_closed_registration_makes_nobody_even_invited(database: Database) -> None:
    await invite(database)
    assert (await refused(database)).reason == "account: registration is closed"
    assert await count(database, UserRow) == 0


@pytest.mark.parametrize(
    ("registration", "invited_as", "becomes"),
    [("invite", "viewer", "viewer"), ("open", "admin", "admin"), ("invite", None, "member")],
)
async def test_who_is_invited_by_address_becomes_what_they_are_invited_as(
    database: Database, registration: Registration, invited_as: Role | None, becomes: Role
) -> None:
    await invite(database, role=invited_as)
    entered = await entering(database, registration=registration)
    assert (entered.how, entered.user.role) == ("registered", becomes)


async def test_the_newest_invitation_counts_and_is_used_up(database: Database) -> None:
    await invite(database, role="admin")
    await invite(database, role="viewer")
    assert (await entering(database, registration="invite")).user.role == "viewer"
    async with database.reading() as db:
        assert await repository.user_of(db, ISSUER, "u-1")
    async with database.transaction() as db:
        assert await repository.use_invitation(db, "ada@example.org", NOW) == "admin"
        assert await repository.use_invitation(db, "ada@example.org", NOW) is None


@pytest.mark.parametrize(
    "invitation",
    [{"email": "eve@example.org"}, {"email": None}, {"days": 7}],
    ids=["of somebody else", "of whoever has its link", "too old"],
)
async def test_no_other_invitation_lets_anybody_in(database: Database, invitation: dict[str, object]) -> None:
    await invite(database, **invitation)
    assert (await refused(database, registration="invite")).reason == "account: not invited"
    assert await count(database, UserRow) == 0


async def test_a_link_for_a_password_is_no_invitation(database: Database) -> None:
    async with database.transaction() as db:
        await links.make(db, "password", now=NOW, email="ada@example.org")
    assert (await refused(database, registration="invite")).reason == "account: not invited"


@pytest.fixture
async def processes(database_url: str) -> AsyncIterator[list[Database]]:
    """The same database, opened by several at once."""
    async with AsyncExitStack() as stack:
        opened = [Database.open(database_url) for _ in range(4)]
        for database in opened:
            stack.push_async_callback(database.close)
        yield opened


@pytest.mark.parametrize("has_account", [True, False])
async def test_twenty_first_visits_at_once_are_one_person(
    processes: list[Database], has_account: bool
) -> None:
    if has_account:
        await with_account(processes[0])
    tries = [entering(database, registration="open") for database in processes for _ in range(5)]
    entered = await asyncio.gather(*tries)
    assert len({one.user.id for one in entered}) == 1
    ways = sorted(one.how for one in entered)
    assert ways.count("registered") == (0 if has_account else 1)
    assert ways.count("known") == 19
    assert await count(processes[0], UserRow) == 1
    assert await count(processes[0], IdentityRow) == 1


async def test_one_address_at_two_issuers_at_once_is_one_person(processes: list[Database]) -> None:
    issuers = [replace(ADA, issuer=f"https://idp{number}.example") for number in range(8)]
    tries = [entering(processes[number % 4], profile, "open") for number, profile in enumerate(issuers)]
    entered = await asyncio.gather(*tries)
    assert len({one.user.id for one in entered}) == 1
    assert sorted(one.how for one in entered) == ["linked"] * 7 + ["registered"]
    assert await count(processes[0], IdentityRow) == 8


async def test_an_invited_person_in_many_windows_comes_in_everywhere(processes: list[Database]) -> None:
    await invite(processes[0])
    tries = [entering(database, registration="invite") for database in processes for _ in range(2)]
    entered = await asyncio.gather(*tries)
    assert len({one.user.id for one in entered}) == 1
    assert {one.user.role for one in entered} == {"viewer"}
    assert await count(processes[0], UserRow) == 1


async def test_an_invitation_to_an_address_is_used_by_its_account_alone(processes: list[Database]) -> None:
    """Two issuers vouch for one address: that is one account, not two."""
    await invite(processes[0])
    both = [replace(ADA, issuer=f"https://idp{number}.example") for number in range(4)]
    tries = [entering(database, profile, "invite") for database, profile in zip(processes, both, strict=True)]
    assert len({one.user.id for one in await asyncio.gather(*tries)}) == 1
    assert await count(processes[0], UserRow) == 1
