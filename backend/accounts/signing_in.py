"""Everything that needs a password: its hash is slow, so it is made between two transactions, never in one.

What the first transaction saw is looked at again in the second.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from uuid import UUID

from backend.accounts import actions, audit, links, users
from backend.accounts.actions import Changed, Registration, SignedIn, Visit
from backend.accounts.links import Link, LinkUseless
from backend.accounts.passwords import Passwords, refuse_weak
from backend.accounts.throttle import Throttle
from backend.accounts.users import EmailTaken, User
from backend.kit.db import Database
from backend.kit.errors import AppError, FieldProblem, Invalid, NotFound


class WrongCredentials(AppError):  # noqa: N818 - reads as what it is
    """Nobody learns which of the two is wrong, or that the account is disabled."""

    def __init__(self) -> None:
        message = "The e-mail address or the password is wrong."
        super().__init__(message, status=401, code="wrong_credentials")


class TooManyTries(AppError):  # noqa: N818 - reads as what it is
    def __init__(self, seconds: float) -> None:
        wait = ceil(seconds)
        super().__init__(
            f"Too many tries. The next one can be made in {wait} s.",
            status=429,
            code="too_many_tries",
            headers={"Retry-After": str(wait)},
        )


class CannotRegister(AppError):  # noqa: N818 - reads as what it is
    def __init__(self, message: str = "This account cannot be made.") -> None:
        super().__init__(message, status=403, code="cannot_register")


@dataclass(frozen=True, slots=True)
class SigningIn:
    database: Database
    passwords: Passwords
    throttle: Throttle
    registration: Registration

    async def log_in(self, email: str, password: str, visit: Visit, now: datetime) -> SignedIn:
        self._attempt(email, visit)
        user, stored = await self._known(email)
        fits = await self.passwords.verify(stored, password)
        if not fits or stored is None or user is None or not user.enabled:
            await self._note_failure(user, visit)
            raise WrongCredentials
        fresh = await self.passwords.hash(password) if self.passwords.outdated(stored) else None
        async with self.database.transaction() as db:
            user = await users.held(db, user.id)
            # Whoever changed the password meanwhile did so to keep somebody out.
            if not user.enabled or await users.password_hash(db, user.id) != stored:
                raise WrongCredentials
            if fresh is not None:
                await users.change(db, user.id, password_hash=fresh)
            signed_in = await actions.sign_in(db, user, visit, now)
        self.throttle.succeeded(email, visit.address)
        return signed_in

    async def register(
        self,
        email: str,
        password: str,
        visit: Visit,
        now: datetime,
        *,
        name: str = "",
        invitation: str | None = None,
    ) -> SignedIn:
        """With an address that has an account, everything is done that is done with another one."""
        if self.registration == "closed" or (self.registration == "invite" and invitation is None):
            raise CannotRegister("Here an account begins with an invitation.")
        email, name = users.email_of(email), users.name_of(name)
        refuse_weak(password, about=(email, name))
        self._attempt(None, visit)
        if invitation is not None:
            async with self.database.reading() as db:
                _refuse_other_guest(await links.look(db, invitation, "invitation", now), email)
        hashed = await self.passwords.hash(password)
        try:
            async with self.database.transaction() as db:
                link = await links.use(db, invitation, "invitation", now) if invitation is not None else None
                role = (link.role if link else None) or "member"
                user = await users.add(db, email=email, name=name, role=role, password_hash=hashed, now=now)
                await audit.note(db, visit.by(user), "user.registered", user.email, role=role)
                signed_in = await actions.sign_in(db, user, visit, now)
        except EmailTaken:
            async with self.database.transaction() as db:
                await audit.note(db, visit.by_nobody(email), "user.register_refused", email)
            raise CannotRegister from None
        self.throttle.succeeded(None, visit.address)
        return signed_in

    async def change_password(
        self, user_id: UUID, device_id: UUID | None, current: str, new: str, visit: Visit, now: datetime
    ) -> Changed:
        """By who is signed in. The first one needs no `current`. Ends all other devices."""
        async with self.database.reading() as db:
            user = await users.by_id(db, user_id)
            stored = await users.password_hash(db, user_id)
        if user is None:
            raise NotFound("There is no such user.")
        refuse_weak(new, about=(user.email, user.name), field="newPassword")
        await self._confirm(user, stored, current, visit)
        hashed = await self.passwords.hash(new)
        async with self.database.transaction() as db:
            user = await users.held(db, user_id)
            if not user.enabled or await users.password_hash(db, user_id) != stored:
                raise WrongCredentials
            return await actions.put_password(db, visit.by(user), user, hashed, now, keep=device_id)

    async def change_profile(
        self, user_id: UUID, name: str | None, email: str | None, current: str, visit: Visit
    ) -> User:
        """Another address can open the account by OpenID Connect, so that takes the password as well."""
        async with self.database.reading() as db:
            user = await users.by_id(db, user_id)
            stored = await users.password_hash(db, user_id)
        if user is None:
            raise NotFound("There is no such user.")
        if email is not None and email.strip().lower() != user.email:
            await self._confirm(user, stored, current, visit)
        async with self.database.transaction() as db:
            return await actions.change_profile(db, visit.by(user), user_id, name=name, email=email)

    async def reset_password(self, secret: str, new: str, visit: Visit, now: datetime) -> Changed:
        """By a link. Signs in nowhere, ends all devices."""
        self._attempt(None, visit)
        async with self.database.reading() as db:
            link = await links.look(db, secret, "password", now)
            user = await users.by_id(db, link.user_id) if link.user_id else None
        if user is None:
            raise LinkUseless
        refuse_weak(new, about=(user.email, user.name), field="newPassword")
        hashed = await self.passwords.hash(new)
        async with self.database.transaction() as db:
            await links.use(db, secret, "password", now)
            user = await users.held(db, user.id)
            if not user.enabled:
                raise LinkUseless
            changed = await actions.put_password(db, visit.by(user), user, hashed, now)
        self.throttle.succeeded(user.email, visit.address)
        return changed

    async def _confirm(self, user: User, stored: str | None, current: str, visit: Visit) -> None:
        """That it is they who ask, for who has a password."""
        if stored is None:
            return
        self._attempt(user.email, visit)
        if not await self.passwords.verify(stored, current):
            await self._note_failure(user, visit)
            raise Invalid([FieldProblem(field="currentPassword", message="This is not your password.")])
        self.throttle.succeeded(user.email, visit.address)

    def _attempt(self, account: str | None, visit: Visit) -> None:
        if wait := self.throttle.attempt(account, visit.address, time.monotonic()):
            raise TooManyTries(wait)

    async def _known(self, email: str) -> tuple[User | None, str | None]:
        async with self.database.reading() as db:
            user = await users.by_email(db, email.strip().lower())
            # Asked in either case, as the rest is: time is not to tell.
            stored = await users.password_hash(db, user.id if user else UUID(int=0))
        return user, stored

    async def _note_failure(self, user: User | None, visit: Visit) -> None:
        """Of an unknown account the name is not kept: it may be a password in the wrong field."""
        by = visit.by_nobody(user.email if user else "")
        async with self.database.transaction() as db:
            await audit.note(db, by, "user.sign_in_failed", by.email)


def _refuse_other_guest(link: Link, email: str) -> None:
    if link.email not in {None, email}:
        raise CannotRegister("This invitation is for another e-mail address.")
