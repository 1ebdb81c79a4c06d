"""What happens to accounts, what is noted of it, and what can never happen."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from backend.accounts import actions, audit, devices, links, users
from backend.accounts.actions import Changed, SignedIn
from backend.accounts.devices import GRACE, NotRefreshed, RefreshTokens
from backend.accounts.links import LinkUseless
from backend.accounts.users import EmailTaken, LastOwner, User
from backend.kit.db import Database
from backend.kit.errors import Invalid, NotFound
from backend.kit.ids import new_id
from backend.kit.master_key import MasterKey
from tests.accounts.people import BY, NOW, VISIT, somebody

TOKENS = RefreshTokens.of(MasterKey(b"a secret of this installation alone"))
LATER = NOW + timedelta(hours=1)


async def owner_secret(database: Database) -> str:
    async with database.transaction() as db:
        made = await actions.first_owner_link(db, NOW)
    assert made is not None
    return made.secret


async def first_owner(database: Database, secret: str) -> SignedIn:
    async with database.transaction() as db:
        return await actions.first_owner(db, secret, VISIT, NOW)


async def signed_in(database: Database, user: User) -> SignedIn:
    async with database.transaction() as db:
        return await actions.sign_in(db, user, VISIT, NOW)


async def noted(database: Database) -> list[tuple[str, str]]:
    async with database.reading() as db:
        return [(entry.action, entry.subject) for entry in reversed(await audit.page(db))]


async def devices_of(database: Database, user_id: UUID) -> list[UUID]:
    async with database.reading() as db:
        return [device.id for device in await devices.listed(db, user_id, NOW)]


async def test_the_first_owner_comes_by_a_link_and_is_signed_in(database: Database) -> None:
    signed = await first_owner(database, await owner_secret(database))
    assert (signed.user.role, signed.user.email, signed.user.has_password) == (
        "owner",
        "owner@localhost",
        False,
    )
    assert await devices_of(database, signed.user.id) == [signed.device_id]
    assert signed.refresh_token not in repr(signed)
    assert await noted(database) == [
        ("link.made", "owner"),
        ("user.registered", "owner@localhost"),
        ("user.signed_in", "owner@localhost"),
    ]


async def test_where_there_is_anybody_no_first_owner_is_made(database: Database) -> None:
    secret = await owner_secret(database)
    await somebody(database)
    async with database.transaction() as db:
        assert await actions.first_owner_link(db, NOW) is None
    with pytest.raises(LinkUseless):
        await first_owner(database, secret)


async def test_of_two_starts_only_the_later_link_works(database: Database) -> None:
    earlier, later = await owner_secret(database), await owner_secret(database)
    with pytest.raises(LinkUseless):
        await first_owner(database, earlier)
    assert await first_owner(database, later)


async def test_of_many_who_would_be_first_one_is(database_url: str) -> None:
    processes = [Database.open(database_url) for _ in range(4)]
    async with processes[0].transaction() as db:
        secrets = [(await links.make(db, "owner", now=NOW)).secret for _ in range(8)]
    outcomes = await asyncio.gather(
        *(first_owner(processes[n % 4], secret) for n, secret in enumerate(secrets)), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [*["LinkUseless"] * 7, "SignedIn"]
    async with processes[0].reading() as db:
        assert len(await users.page(db)) == 1
    for process in processes:
        await process.close()


async def test_refreshing_gives_the_user_as_he_is_now(database: Database) -> None:
    signed = await signed_in(database, await somebody(database, role="viewer"))
    async with database.transaction() as db:
        await actions.set_role(db, BY, signed.user.id, "admin")
        fresh = await actions.refresh(db, TOKENS, signed.refresh_token, VISIT, NOW)
    assert isinstance(fresh, SignedIn)
    assert (fresh.user.role, fresh.device_id) == ("admin", signed.device_id)


async def test_a_reused_token_is_noted_and_its_device_is_named(database: Database) -> None:
    signed = await signed_in(database, await somebody(database))
    for moment in (NOW, NOW + GRACE * 2):
        async with database.transaction() as db:
            outcome = await actions.refresh(db, TOKENS, signed.refresh_token, VISIT, moment)
    assert outcome == NotRefreshed("reused", signed.user.id, signed.device_id)
    assert (await noted(database))[-1] == ("device.token_reused", "ada@example.org")
    async with database.transaction() as db:
        assert await actions.refresh(db, TOKENS, "made up", VISIT, NOW) == NotRefreshed("unknown")


async def test_signing_out_ends_this_device(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.org")
    here, there, his = [await signed_in(database, user) for user in (ada, ada, bob)]
    async with database.transaction() as db:
        assert await actions.sign_out(db, VISIT.by(ada), ada.id, here.device_id, NOW) == [here.device_id]
    assert await devices_of(database, ada.id) == [there.device_id]
    for gone in (here.device_id, his.device_id, new_id()):
        with pytest.raises(NotFound):
            async with database.transaction() as db:
                await actions.sign_out(db, VISIT.by(ada), ada.id, gone, NOW)
    assert (await noted(database))[-1] == ("device.signed_out", "ada@example.org")


async def test_signing_out_everywhere_can_leave_this_device(database: Database) -> None:
    ada = await somebody(database)
    here, there = [await signed_in(database, ada) for _ in range(2)]
    async with database.transaction() as db:
        ended = await actions.sign_out_everywhere(db, VISIT.by(ada), ada.id, NOW, but=here.device_id)
    assert ended == [there.device_id]
    async with database.transaction() as db:
        assert await actions.sign_out_everywhere(db, VISIT.by(ada), ada.id, NOW) == [here.device_id]


async def test_a_disabled_user_is_signed_out_and_his_links_no_longer_work(database: Database) -> None:
    ada = await somebody(database)
    signed = await signed_in(database, ada)
    async with database.transaction() as db:
        link = await actions.password_link(db, BY, ada.id, NOW)
        changed = await actions.disable(db, BY, ada.id, LATER)
        again = await actions.disable(db, BY, ada.id, LATER)
    assert changed == Changed(changed.user, [signed.device_id])
    assert (changed.user.disabled_at, again.ended) == (LATER, ())
    async with database.transaction() as db:
        outcome = await actions.refresh(db, TOKENS, signed.refresh_token, VISIT, NOW)
        with pytest.raises(LinkUseless):
            await links.use(db, link.secret, "password", NOW)
        assert (await actions.enable(db, BY, ada.id)).user.enabled
    assert outcome == NotRefreshed("revoked", ada.id, signed.device_id)
    assert (await noted(database))[-2:] == [
        ("user.disabled", "ada@example.org"),
        ("user.enabled", "ada@example.org"),
    ]


async def test_the_last_owner_stays(database: Database) -> None:
    owner = await somebody(database, role="owner")
    await somebody(database, "bob@example.org", "admin")
    for deed in (
        lambda db: actions.disable(db, BY, owner.id, NOW),
        lambda db: actions.set_role(db, BY, owner.id, "admin"),
    ):
        with pytest.raises(LastOwner):
            async with database.transaction() as db:
                await deed(db)
    async with database.transaction() as db:
        assert (await actions.set_role(db, BY, owner.id, "owner")).user.role == "owner"


async def test_a_disabled_owner_does_not_count(database: Database) -> None:
    one, other = await somebody(database, role="owner"), await somebody(database, "bob@example.org", "owner")
    async with database.transaction() as db:
        await actions.disable(db, BY, other.id, NOW)
    with pytest.raises(LastOwner):
        async with database.transaction() as db:
            await actions.set_role(db, BY, one.id, "member")
    async with database.transaction() as db:
        assert (await actions.set_role(db, BY, other.id, "member")).user.role == "member"


async def test_owners_who_remove_one_another_at_once_leave_one(database_url: str) -> None:
    processes = [Database.open(database_url) for _ in range(4)]
    owners = [await somebody(processes[0], f"owner{n}@example.org", "owner") for n in range(4)]

    async def remove(database: Database, user: User) -> None:
        async with database.transaction() as db:
            if int(user.email[5]) % 2:
                await actions.disable(db, BY, user.id, NOW)
            else:
                await actions.set_role(db, BY, user.id, "member")

    outcomes = await asyncio.gather(
        *(remove(process, owner) for process, owner in zip(processes, owners, strict=True)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes].count(LastOwner) == 1
    async with processes[0].reading() as db:
        left = [user for user in await users.page(db) if user.role == "owner" and user.enabled]
    assert len(left) == 1
    for process in processes:
        await process.close()


async def test_a_profile_is_changed_and_what_changed_is_noted(database: Database) -> None:
    ada = await somebody(database)
    await somebody(database, "bob@example.org")
    async with database.transaction() as db:
        changed = await actions.change_profile(db, BY, ada.id, name=" Ada ", email="Ada@Example.com")
        assert await actions.change_profile(db, BY, ada.id, name="Ada") == changed
    assert (changed.name, changed.email) == ("Ada", "ada@example.com")
    assert await noted(database) == [("user.changed", "ada@example.org")]


async def test_nobody_takes_the_address_of_somebody_else(database: Database) -> None:
    ada = await somebody(database)
    await somebody(database, "bob@example.org")
    with pytest.raises(EmailTaken):
        async with database.transaction() as db:
            await actions.change_profile(db, BY, ada.id, email="BOB@example.org")
    with pytest.raises(EmailTaken):
        await somebody(database, "bob@example.org")


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "a da@example.org",
        "a@b@c",
        "ada@\n",
        "x" * 251 + "@b.c",
        "ada@exa\0mple",
    ],
)
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(Invalid):
        users.email_of(email)


async def test_a_link_for_a_new_password_replaces_the_earlier_one(database: Database) -> None:
    ada = await somebody(database)
    async with database.transaction() as db:
        earlier, later = [await actions.password_link(db, BY, ada.id, NOW) for _ in range(2)]
        with pytest.raises(LinkUseless):
            await links.use(db, earlier.secret, "password", NOW)
        assert (await links.use(db, later.secret, "password", NOW)).user_id == ada.id
        with pytest.raises(NotFound):
            await actions.password_link(db, BY, new_id(), NOW)


async def test_an_invitation_is_for_a_role_and_perhaps_for_one_person(database: Database) -> None:
    async with database.transaction() as db:
        made = await actions.invite(db, BY, "viewer", NOW, "Bob@example.org")
        link = await links.use(db, made.secret, "invitation", NOW)
    assert (link.role, link.email) == ("viewer", "bob@example.org")
    async with database.reading() as db:
        (entry,) = await audit.page(db)
    assert made.secret not in str(entry)
    assert entry.details == {"purpose": "invitation", "role": "viewer"}


async def test_only_who_may_manage_owners_touches_one(database: Database) -> None:
    owner, ada = await somebody(database, role="owner"), await somebody(database, "ada@example.com")
    assert actions.right_over(owner) == actions.right_over(ada, "owner") == "owners.manage"
    assert actions.right_over(ada) == actions.right_over(ada, "admin") == "users.manage"


async def test_users_are_listed_in_pages(database: Database) -> None:
    everybody = [await somebody(database, f"user{n}@example.org") for n in range(5)]
    async with database.reading() as db:
        first = await users.page(db, limit=3)
        second = await users.page(db, after=first[-1].id, limit=3)
    assert [*first, *second] == everybody
