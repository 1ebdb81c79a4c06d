"""Passwords over a real database: who gets in, who does not, and what nobody learns."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from backend.accounts import actions, audit, devices, links, users
from backend.accounts.actions import Registration, SignedIn, Visit
from backend.accounts.links import LinkUseless
from backend.accounts.passwords import Passwords
from backend.accounts.signing_in import CannotRegister, SigningIn, TooManyTries, WrongCredentials
from backend.accounts.throttle import ACCOUNT, Throttle
from backend.kit.db import Database
from backend.kit.errors import AppError, Invalid
from tests.accounts.people import BY, NOW, VISIT, somebody

GOOD, NEW, EMAIL = "correct horse", "battery staple", "ada@example.org"


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    opened = Passwords(memory_kib=8, rounds=1)
    yield opened
    opened.close()


def house(database: Database, passwords: Passwords, registration: Registration = "open") -> SigningIn:
    return SigningIn(database, passwords, Throttle(), registration)


@pytest.fixture
async def signing_in(database: Database, passwords: Passwords) -> SigningIn:
    """With Ada, who has a password."""
    await somebody(database, EMAIL, password_hash=await passwords.hash(GOOD))
    return house(database, passwords)


async def log_in(signing_in: SigningIn, password: str = GOOD, email: str = EMAIL) -> SignedIn:
    return await signing_in.log_in(email, password, VISIT, NOW)


async def invited(database: Database, email: str | None = None) -> str:
    async with database.transaction() as db:
        return (await actions.invite(db, BY, "viewer", NOW, email)).secret


async def devices_of(database: Database, signed: SignedIn) -> set[object]:
    async with database.reading() as db:
        return {device.id for device in await devices.listed(db, signed.user.id, NOW)}


async def noted(database: Database) -> list[tuple[str, str]]:
    async with database.reading() as db:
        return [(entry.action, entry.email) for entry in reversed(await audit.page(db))]


async def password_link(database: Database, signed: SignedIn) -> str:
    async with database.transaction() as db:
        return (await actions.password_link(db, BY, signed.user.id, NOW)).secret


async def test_the_right_password_signs_in_on_a_new_device(signing_in: SigningIn) -> None:
    first, second = await log_in(signing_in), await log_in(signing_in, email=" ADA@Example.org ")
    assert first.user == second.user
    assert await devices_of(signing_in.database, first) == {first.device_id, second.device_id}
    assert await noted(signing_in.database) == [("user.signed_in", EMAIL)] * 2


async def test_nobody_learns_whether_there_is_an_account(signing_in: SigningIn) -> None:
    await somebody(signing_in.database, "no-password@example.org")
    hashed = await signing_in.passwords.hash(GOOD)
    out = await somebody(signing_in.database, "disabled@example.org", password_hash=hashed)
    async with signing_in.database.transaction() as db:
        await users.change(db, out.id, disabled_at=NOW)
    said = set()
    for email, password in (
        (EMAIL, "wrong password"),
        ("nobody@example.org", GOOD),
        ("no-password@example.org", ""),
        ("disabled@example.org", GOOD),
        ("not an address", GOOD),
        ("", ""),
        (EMAIL, "x" * 5000),
    ):
        with pytest.raises(WrongCredentials) as refused:
            await log_in(signing_in, password, email)
        error = refused.value
        said.add((error.message, error.status, error.code, error.details, str(error.headers)))
    assert len(said) == 1
    assert [action for action, _ in await noted(signing_in.database)] == ["user.sign_in_failed"] * 7


async def test_unknown_accounts_are_throttled_like_known_ones(signing_in: SigningIn) -> None:
    said: dict[str, list[str]] = {}
    for email in (EMAIL, "nobody@example.org"):
        for _ in range(ACCOUNT.free + 2):
            with pytest.raises(AppError) as refused:
                await signing_in.log_in(email, "wrong password", Visit(), NOW)
            said.setdefault(email, []).append(refused.value.code)
    assert said[EMAIL] == said["nobody@example.org"]
    assert said[EMAIL] == ["wrong_credentials"] * ACCOUNT.free + ["too_many_tries"] * 2


async def test_who_has_to_wait_is_told_how_long_and_the_right_password_does_not_help(
    signing_in: SigningIn,
) -> None:
    outcomes = await asyncio.gather(
        *(log_in(signing_in, "wrong password") for _ in range(20)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes].count(WrongCredentials) == ACCOUNT.free
    with pytest.raises(TooManyTries) as refused:
        await log_in(signing_in)
    assert refused.value.headers == {"Retry-After": "1"}


async def test_failures_are_noted_without_what_may_be_a_password(signing_in: SigningIn) -> None:
    for email in (EMAIL, "my secret, in the wrong field"):
        with pytest.raises(WrongCredentials):
            await log_in(signing_in, "wrong password", email)
    assert await noted(signing_in.database) == [("user.sign_in_failed", EMAIL), ("user.sign_in_failed", "")]
    async with signing_in.database.reading() as db:
        assert "secret" not in str(await audit.page(db))


async def test_a_hash_of_yesterday_becomes_one_of_today(signing_in: SigningIn) -> None:
    stronger = Passwords(memory_kib=16, rounds=1)
    today = SigningIn(signing_in.database, stronger, Throttle(), "open")
    signed = await log_in(today)
    async with signing_in.database.reading() as db:
        stored = await users.password_hash(db, signed.user.id)
    assert stored is not None
    assert not stronger.outdated(stored)
    assert await log_in(today)
    stronger.close()


async def test_who_changes_a_password_while_somebody_signs_in_keeps_him_out(signing_in: SigningIn) -> None:
    """The old password was right when it was looked at; before the device was made it no longer was."""
    mine = await log_in(signing_in)
    secret = await password_link(signing_in.database, mine)
    outcomes = await asyncio.gather(
        *(log_in(signing_in) for _ in range(4)),
        signing_in.reset_password(secret, NEW, VISIT, NOW),
        return_exceptions=True,
    )
    unexpected = {type(outcome).__name__ for outcome in outcomes} - {
        "SignedIn",
        "WrongCredentials",
        "Changed",
    }
    assert unexpected == set()
    assert await devices_of(signing_in.database, mine) == set()


@pytest.mark.parametrize("what", ["password", "disabled"])
async def test_what_the_first_transaction_saw_is_looked_at_again(signing_in: SigningIn, what: str) -> None:
    ada = (await log_in(signing_in)).user

    class Meanwhile(Passwords):
        async def verify(self, stored: str | None, given: str) -> bool:
            fits = await super().verify(stored, given)
            new = {"password_hash": await self.hash(given)} if what == "password" else {"disabled_at": NOW}
            async with signing_in.database.transaction() as db:
                await users.change(db, ada.id, **new)
            return fits

    slow = Meanwhile(memory_kib=8, rounds=1)
    for deed in (
        log_in,
        lambda house: house.change_password(ada.id, None, GOOD, NEW, VISIT, NOW),
    ):
        async with signing_in.database.transaction() as db:
            await users.change(db, ada.id, disabled_at=None)
        with pytest.raises(WrongCredentials):
            await deed(house(signing_in.database, slow))
    slow.close()


async def test_anybody_can_register_where_it_is_open(database: Database, passwords: Passwords) -> None:
    signed = await house(database, passwords).register(" Ada@Example.org", GOOD, VISIT, NOW, name="Ada")
    assert (signed.user.email, signed.user.name, signed.user.role) == (EMAIL, "Ada", "member")
    assert await log_in(house(database, passwords))
    assert ("user.registered", EMAIL) in await noted(database)


@pytest.mark.parametrize(
    ("registration", "with_invitation", "works"),
    [
        ("open", False, True),
        ("open", True, True),
        ("invite", False, False),
        ("invite", True, True),
        ("closed", False, False),
        ("closed", True, False),
    ],
)
async def test_who_may_register(
    database: Database,
    passwords: Passwords,
    registration: Registration,
    with_invitation: bool,
    works: bool,
) -> None:
    invitation = await invited(database) if with_invitation else None
    register = house(database, passwords, registration).register(
        EMAIL, GOOD, VISIT, NOW, invitation=invitation
    )
    if works:
        assert (await register).user.role == ("viewer" if with_invitation else "member")
    else:
        with pytest.raises(CannotRegister):
            await register


async def test_an_invitation_is_spent_by_who_comes_by_it(database: Database, passwords: Passwords) -> None:
    secret = await invited(database)
    outcomes = await asyncio.gather(
        *(
            house(database, passwords, "invite").register(
                f"user{n}@example.org", GOOD, VISIT, NOW, invitation=secret
            )
            for n in range(5)
        ),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [*["LinkUseless"] * 4, "SignedIn"]


async def test_an_invitation_survives_what_does_not_come_about(signing_in: SigningIn) -> None:
    secret = await invited(signing_in.database)
    with pytest.raises(CannotRegister):
        await signing_in.register(EMAIL, GOOD, VISIT, NOW, invitation=secret)
    with pytest.raises(Invalid):
        await signing_in.register("bob@example.org", "12345678", VISIT, NOW, invitation=secret)
    assert await signing_in.register("bob@example.org", GOOD, VISIT, NOW, invitation=secret)


async def test_the_invitation_of_somebody_else_is_not_enough(signing_in: SigningIn) -> None:
    secret = await invited(signing_in.database, "bob@example.org")
    with pytest.raises(CannotRegister):
        await signing_in.register("eve@example.org", GOOD, VISIT, NOW, invitation=secret)
    assert await signing_in.register("BOB@example.org", GOOD, VISIT, NOW, invitation=secret)


async def test_who_registers_over_and_over_is_slowed_down(signing_in: SigningIn) -> None:
    said = []
    for n in range(40):
        try:
            await signing_in.register(EMAIL, f"{GOOD} {n}", VISIT, NOW)
        except AppError as error:
            said.append(error.code)
    assert said[0] == "cannot_register"
    assert said[-1] == "too_many_tries"
    tries = (await noted(signing_in.database)).count(("user.register_refused", EMAIL))
    assert tries == said.count("cannot_register") == 20


async def test_a_new_password_ends_all_other_devices(signing_in: SigningIn) -> None:
    here, there = await log_in(signing_in), await log_in(signing_in)
    changed = await signing_in.change_password(here.user.id, here.device_id, GOOD, NEW, VISIT, NOW)
    assert changed.ended == [there.device_id]
    assert await devices_of(signing_in.database, here) == {here.device_id}
    with pytest.raises(WrongCredentials):
        await log_in(signing_in)
    assert await log_in(signing_in, NEW)
    assert ("password.changed", EMAIL) in await noted(signing_in.database)


async def test_a_new_password_needs_the_one_before(signing_in: SigningIn) -> None:
    here = await log_in(signing_in)
    codes = []
    for _ in range(ACCOUNT.free + 20):
        with pytest.raises(AppError) as refused:
            await signing_in.change_password(here.user.id, here.device_id, "wrong", NEW, VISIT, NOW)
        codes.append(refused.value.code)
    assert (codes[0], codes[-1]) == ("validation_failed", "too_many_tries")


async def test_the_first_password_needs_none_before(signing_in: SigningIn) -> None:
    bob = await somebody(signing_in.database, "bob@example.org")
    changed = await signing_in.change_password(bob.id, None, "", NEW, VISIT, NOW)
    assert changed.user.has_password
    assert await log_in(signing_in, NEW, "bob@example.org")


async def test_another_address_takes_the_password_and_another_name_does_not(signing_in: SigningIn) -> None:
    ada = (await log_in(signing_in)).user
    for wrong in ("", "wrong"):
        with pytest.raises(Invalid) as refused:
            await signing_in.change_profile(ada.id, None, "mallory@example.org", wrong, VISIT)
        assert [problem.field for problem in refused.value.details] == ["currentPassword"]
    same = await signing_in.change_profile(ada.id, "Countess", EMAIL.upper(), "", VISIT)
    assert (same.name, same.email) == ("Countess", EMAIL)
    moved = await signing_in.change_profile(ada.id, None, "ada@example.com", GOOD, VISIT)
    assert moved.email == "ada@example.com"


async def test_who_has_no_password_needs_none_for_another_address(signing_in: SigningIn) -> None:
    bob = await somebody(signing_in.database, "bob@example.org")
    assert (
        await signing_in.change_profile(bob.id, None, "bob@example.com", "", VISIT)
    ).email == "bob@example.com"


async def test_a_link_sets_a_new_password_once_and_ends_all_devices(signing_in: SigningIn) -> None:
    here = await log_in(signing_in)
    secret = await password_link(signing_in.database, here)
    with pytest.raises(Invalid):
        await signing_in.reset_password(secret, "12345678", VISIT, NOW)
    changed = await signing_in.reset_password(secret, NEW, VISIT, NOW)
    assert changed.ended == [here.device_id]
    with pytest.raises(LinkUseless):
        await signing_in.reset_password(secret, GOOD, VISIT, NOW)
    assert await log_in(signing_in, NEW)


async def test_a_link_that_is_too_old_or_of_a_disabled_user_sets_nothing(signing_in: SigningIn) -> None:
    here = await log_in(signing_in)
    secret = await password_link(signing_in.database, here)
    with pytest.raises(LinkUseless):
        await signing_in.reset_password(secret, NEW, VISIT, NOW + links.LIFETIMES["password"])
    async with signing_in.database.transaction() as db:
        await users.change(db, here.user.id, disabled_at=NOW)
    with pytest.raises(LinkUseless):
        await signing_in.reset_password(secret, NEW, VISIT, NOW + timedelta(minutes=1))


async def test_a_password_is_in_no_note_and_no_error(signing_in: SigningIn) -> None:
    here = await log_in(signing_in)
    await signing_in.change_password(here.user.id, here.device_id, GOOD, NEW, VISIT, NOW)
    with pytest.raises(Invalid) as refused:
        await signing_in.change_password(here.user.id, here.device_id, NEW, "bakeoff1", VISIT, NOW)
    async with signing_in.database.reading() as db:
        written = str(await audit.page(db)) + repr(refused.value) + str(refused.value.details) + repr(here)
    assert [word for word in (GOOD, NEW, "bakeoff1", "$argon2") if word in written] == []
