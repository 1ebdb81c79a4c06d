"""Which account a profile of the issuer opens: its own, one with the same proven address, or a new one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts import audit, users
from backend.accounts.actions import Registration, Visit
from backend.accounts.oidc import repository
from backend.accounts.oidc.failures import SignInFailed, not_admitted
from backend.accounts.oidc.profile import Profile
from backend.accounts.rights import Role
from backend.accounts.users import EmailTaken, User

How: TypeAlias = Literal["known", "linked", "registered"]


@dataclass(frozen=True, slots=True)
class Entered:
    user: User
    how: How


async def enter(
    db: AsyncSession, profile: Profile, *, registration: Registration, visit: Visit, now: datetime
) -> Entered:
    """Raises SignInFailed for who stays outside; then nothing of it was written."""
    user_id = await repository.user_of(db, profile.issuer, profile.subject)
    if user_id is not None:
        return Entered(_admitted(await users.held(db, user_id)), "known")
    if profile.email is None or not profile.email_verified:
        # Not even a new account: it would lie in wait for the person whose address it is.
        raise not_admitted(
            "The sign-in provider does not vouch for your e-mail address.", "account: no verified address"
        )
    known = await users.by_email(db, profile.email)
    if known is not None:
        entered = Entered(_admitted(await users.held(db, known.id)), "linked")
    else:
        entered = await _register(db, profile, profile.email, registration, visit, now)
    linked = await repository.add_identity(
        db, entered.user.id, issuer=profile.issuer, subject=profile.subject, now=now
    )
    if not linked:  # the same person in another window was faster
        return await enter(db, profile, registration=registration, visit=visit, now=now)
    await audit.note(db, visit.by(entered.user), "identity.linked", entered.user.email, issuer=profile.issuer)
    return entered


async def _register(
    db: AsyncSession,
    profile: Profile,
    email: str,
    registration: Registration,
    visit: Visit,
    now: datetime,
) -> Entered:
    try:
        role = await _role_of_a_newcomer(db, email, registration, now)
        user = await users.add(db, email=email, name=profile.name, role=role, password_hash=None, now=now)
    except (EmailTaken, SignInFailed):
        # Perhaps the same person was faster in another window, and took the invitation along.
        known = await users.by_email(db, email)
        if known is None:
            raise
        return Entered(_admitted(await users.held(db, known.id)), "linked")
    await audit.note(db, visit.by(user), "user.registered", user.email, role=role, issuer=profile.issuer)
    return Entered(user, "registered")


async def _role_of_a_newcomer(
    db: AsyncSession, email: str, registration: Registration, now: datetime
) -> Role:
    """An invitation counts where it is addressed to them: the issuer vouches that the address is theirs."""
    if registration == "closed":
        raise _no_account("account: registration is closed")
    invited_as = await repository.use_invitation(db, email, now)
    if invited_as is None and registration == "invite":
        raise _no_account("account: not invited")
    return invited_as or "member"


def _no_account(reason: str) -> SignInFailed:
    return not_admitted("There is no account for you here. Ask an administrator for one.", reason)


def _admitted(user: User) -> User:
    if not user.enabled:
        raise not_admitted("This account is disabled. Ask an administrator.", "account: disabled")
    return user
