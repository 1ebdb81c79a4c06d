"""What happens to accounts, each deed with its note in the audit log. Who may do it, the caller has asked.

What works with passwords is slow and stands in signing_in.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts import audit, devices, links, users
from backend.accounts.audit import Actor
from backend.accounts.devices import NotRefreshed, RefreshTokens
from backend.accounts.links import LinkUseless, MadeLink
from backend.accounts.rights import Right, Role
from backend.accounts.users import User
from backend.kit.errors import NotFound

Registration: TypeAlias = Literal["open", "invite", "closed"]

FIRST_OWNER_EMAIL: Final = "owner@localhost"


@dataclass(frozen=True, slots=True)
class Visit:
    """What a request says of where it comes from."""

    address: str = ""
    user_agent: str = ""
    request_id: str = ""

    def by(self, user: User) -> Actor:
        return Actor(user.id, user.email, self.address, self.request_id)

    def by_nobody(self, email: str = "") -> Actor:
        return Actor(None, email, self.address, self.request_id)


@dataclass(frozen=True, slots=True)
class SignedIn:
    user: User
    device_id: UUID
    refresh_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Changed:
    """`ended` are the devices that were signed out by it: their sockets are to be closed."""

    user: User
    ended: Sequence[UUID] = ()


def right_over(user: User, role: Role | None = None) -> Right:
    """What it takes to change this account, or to give it this role: no admin takes an owner's place."""
    return "owners.manage" if "owner" in {user.role, role} else "users.manage"


async def first_owner_link(db: AsyncSession, now: datetime) -> MadeLink | None:
    """None when there is anybody already. An earlier one no longer works."""
    await users.counting(db)
    if not await users.nobody(db):
        return None
    await links.withdraw(db, "owner", None, now)
    made = await links.make(db, "owner", now=now)
    await audit.note(db, audit.COMMAND_LINE, "link.made", "owner")
    return made


async def first_owner(
    db: AsyncSession, secret: str, visit: Visit, now: datetime, email: str = FIRST_OWNER_EMAIL
) -> SignedIn:
    """Without a password as yet. Raises LinkUseless, also when somebody was faster."""
    await users.counting(db)
    await links.use(db, secret, "owner", now)
    if not await users.nobody(db):
        raise LinkUseless
    owner = await users.add(
        db, email=users.email_of(email), name="", role="owner", password_hash=None, now=now
    )
    await audit.note(db, visit.by(owner), "user.registered", owner.email, role=owner.role)
    return await sign_in(db, owner, visit, now)


async def sign_in(db: AsyncSession, user: User, visit: Visit, now: datetime) -> SignedIn:
    """Somebody who has proved who he is."""
    device = await devices.sign_in(db, user.id, user_agent=visit.user_agent, address=visit.address, now=now)
    await audit.note(db, visit.by(user), "user.signed_in", user.email, device=str(device.device_id))
    return SignedIn(user, device.device_id, device.token)


async def refresh(
    db: AsyncSession, tokens: RefreshTokens, token: str, visit: Visit, now: datetime
) -> SignedIn | NotRefreshed:
    """Commit in either case: a reused token has ended its device."""
    outcome = await tokens.refresh(db, token, address=visit.address, now=now)
    user = await users.by_id(db, outcome.user_id) if outcome.user_id else None
    if isinstance(outcome, NotRefreshed):
        if outcome.why == "reused" and user:
            await audit.note(
                db, visit.by(user), "device.token_reused", user.email, device=str(outcome.device_id)
            )
        return outcome
    return SignedIn(user, outcome.device_id, outcome.token) if user else NotRefreshed("unknown")


async def sign_out(
    db: AsyncSession, by: Actor, user_id: UUID, device_id: UUID, now: datetime
) -> Sequence[UUID]:
    """This device; another user's is as unknown as one that does not exist."""
    ended = await devices.revoke(db, user_id, device_id, now=now)
    if not ended:
        raise NotFound("There is no such device.")
    await _note_ended(db, by, ended)
    return ended


async def sign_out_everywhere(
    db: AsyncSession, by: Actor, user_id: UUID, now: datetime, but: UUID | None = None
) -> Sequence[UUID]:
    ended = await devices.revoke_all(db, user_id, but=but, now=now)
    await _note_ended(db, by, ended)
    return ended


async def change_profile(
    db: AsyncSession, by: Actor, user_id: UUID, *, name: str | None = None, email: str | None = None
) -> User:
    user = await users.held(db, user_id)
    wanted = {
        "name": user.name if name is None else users.name_of(name),
        "email": user.email if email is None else users.email_of(email),
    }
    changed = {what: value for what, value in wanted.items() if value != getattr(user, what)}
    if changed:
        await users.change(db, user_id, **changed)
        await audit.note(db, by, "user.changed", user.email, **changed)
    return await users.held(db, user_id)


async def set_role(db: AsyncSession, by: Actor, user_id: UUID, role: Role) -> Changed:
    await users.counting(db)
    user = await users.held(db, user_id)
    if user.role != role:
        await users.refuse_last_owner(db, user)
        await users.change(db, user_id, role=role)
        await audit.note(db, by, "user.role_changed", user.email, before=user.role, after=role)
    return Changed(await users.held(db, user_id))


async def disable(db: AsyncSession, by: Actor, user_id: UUID, now: datetime) -> Changed:
    await users.counting(db)
    user = await users.held(db, user_id)
    if not user.enabled:
        return Changed(user)
    await users.refuse_last_owner(db, user)
    await users.change(db, user_id, disabled_at=now)
    await links.withdraw(db, "password", user_id, now)
    ended = await devices.revoke_all(db, user_id, now=now)
    await audit.note(db, by, "user.disabled", user.email)
    return Changed(await users.held(db, user_id), ended)


async def enable(db: AsyncSession, by: Actor, user_id: UUID) -> Changed:
    user = await users.held(db, user_id)
    if not user.enabled:
        await users.change(db, user_id, disabled_at=None)
        await audit.note(db, by, "user.enabled", user.email)
    return Changed(await users.held(db, user_id))


async def invite(
    db: AsyncSession, by: Actor, role: Role, now: datetime, email: str | None = None
) -> MadeLink:
    """With an e-mail address it is for this person only."""
    address = users.email_of(email) if email else None
    made = await links.make(db, "invitation", now=now, email=address, role=role, created_by=by.user_id)
    await audit.note(db, by, "link.made", address or "", purpose="invitation", role=role)
    return made


async def password_link(db: AsyncSession, by: Actor, user_id: UUID, now: datetime) -> MadeLink:
    """An earlier one no longer works."""
    user = await users.held(db, user_id)
    await links.withdraw(db, "password", user_id, now)
    made = await links.make(db, "password", now=now, user_id=user_id, created_by=by.user_id)
    await audit.note(db, by, "link.made", user.email, purpose="password")
    return made


async def put_password(
    db: AsyncSession, by: Actor, user: User, password_hash: str, now: datetime, keep: UUID | None = None
) -> Changed:
    """Signs out everywhere but on the device to keep. The user is `held`."""
    await users.change(db, user.id, password_hash=password_hash)
    await links.withdraw(db, "password", user.id, now)
    ended = await devices.revoke_all(db, user.id, but=keep, now=now)
    await audit.note(db, by, "password.changed", user.email)
    return Changed(await users.held(db, user.id), ended)


async def forget_expired(db: AsyncSession, now: datetime) -> None:
    """What nobody can use any more."""
    await devices.forget_expired(db, now)
    await links.forget_expired(db, now)


async def _note_ended(db: AsyncSession, by: Actor, ended: Sequence[UUID]) -> None:
    for device_id in ended:
        await audit.note(db, by, "device.signed_out", by.email, device=str(device_id))
