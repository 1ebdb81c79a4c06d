"""Signing in and out at the issuer: away, back again, and out there as well."""

from datetime import datetime
from typing import Annotated, Any, Final

import structlog
from litestar import get
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts import actions, api_keys, devices, links, users
from backend.accounts.credentials import cookie_of
from backend.accounts.door import AnyRequest, Door, actor_of, visit_of
from backend.accounts.guards import caller_of, needs
from backend.accounts.oidc import repository
from backend.accounts.oidc.actions import Entered, enter
from backend.accounts.oidc.failures import SignInFailed, declined, start_again
from backend.accounts.oidc.journey import LIFETIME_SECONDS
from backend.accounts.oidc.profile import Profile
from backend.accounts.oidc.relying_party import RelyingParty
from backend.accounts.schemas import WaysIn
from backend.kit import clock
from backend.kit.errors import NotFound

log = structlog.get_logger()

_TAGS = ["accounts"]
_JOURNEY: Final = "bakeoff-journey"
_ID_TOKEN: Final = "bakeoff-id"  # noqa: S105 - the name of a cookie
_PATH: Final = "/auth"
_MONTH: Final = 30 * 24 * 60 * 60


@get("/auth/ways", tags=_TAGS, opt=needs("anyone"))
async def ways_in(door: NamedDependency[Door], relying_party: NamedDependency[RelyingParty | None]) -> WaysIn:
    """How one can come in here: what a sign-in page has to offer."""
    async with door.database.reading() as db:
        empty = await users.nobody(db)
    return WaysIn(registration=door.signing_in.registration, provider=relying_party is not None, empty=empty)


@get("/auth/login", tags=_TAGS, status_code=302, opt=needs("anyone"))
async def log_in_elsewhere(
    door: NamedDependency[Door],
    relying_party: NamedDependency[RelyingParty | None],
    return_to: Annotated[str, QueryParameter(name="returnTo")] = "/",
) -> Redirect:
    """Sign in with the provider that this server trusts."""
    departure = await _known(relying_party).begin(return_to)
    kept = _cookie(door, _JOURNEY, departure.cookie, LIFETIME_SECONDS)
    return Redirect(departure.url, status_code=302, cookies=[kept])


@get("/auth/callback", tags=_TAGS, status_code=303, opt=needs("anyone"))
async def come_back(
    request: AnyRequest,
    door: NamedDependency[Door],
    relying_party: NamedDependency[RelyingParty | None],
    code: FromQuery[str] = "",
    told_state: Annotated[str, QueryParameter(name="state")] = "",
    error: FromQuery[str] = "",
) -> Redirect:
    """Where that provider sends the browser back to."""
    try:
        if error:
            raise declined(error)
        journey = cookie_of(request.scope, _JOURNEY)
        if not journey:
            raise start_again("callback: no cookie")
        arrival = await _known(relying_party).finish(code, told_state, journey)
        now, visit = clock.now(), visit_of(request)
        async with door.database.transaction() as db:
            registration = door.signing_in.registration
            entered = await enter(db, arrival.profile, registration=registration, visit=visit, now=now)
            await _shut_out_whoever_was_here(db, door, entered, arrival.profile, now)
            signed_in = await actions.sign_in(db, entered.user, visit, now)
    except SignInFailed as failed:
        log.warning("sign_in.failed", reason=failed.reason)
        raise
    cookies = [
        *door.let_in(signed_in).cookies,
        _cookie(door, _JOURNEY, "", 0),
        _cookie(door, _ID_TOKEN, arrival.profile.id_token or "", _MONTH),
    ]
    return Redirect(arrival.return_to, status_code=303, cookies=cookies)


@get("/auth/logout", tags=_TAGS, status_code=302, opt=needs("anyone"))
async def log_out_elsewhere(
    request: AnyRequest, door: NamedDependency[Door], relying_party: NamedDependency[RelyingParty | None]
) -> Redirect:
    """Sign out here and with that provider."""
    there = _known(relying_party)
    caller = caller_of(request)
    if caller is not None and caller.device_id is not None:
        async with door.database.transaction() as db:
            by = actor_of(request, caller)
            ended = await actions.sign_out(db, by, caller.user_id, caller.device_id, clock.now())
        door.signed_out(ended)
    url = await there.end_session_url(cookie_of(request.scope, _ID_TOKEN) or "")
    cookies = [*door.cookies.signed_out(), _cookie(door, _ID_TOKEN, "", 0)]
    return Redirect(url or "/", status_code=302, cookies=cookies)


async def _shut_out_whoever_was_here(
    db: AsyncSession, door: Door, entered: Entered, profile: Profile, now: datetime
) -> None:
    """Nobody proved the address of the account that was found: who made it may have waited for its owner."""
    if entered.how != "linked":
        return
    user = entered.user
    await users.change(db, user.id, password_hash=None)
    await repository.forget_others(db, user.id, issuer=profile.issuer, subject=profile.subject)
    await api_keys.revoke_all(db, user.id, now)
    await links.withdraw(db, "password", user.id, now)
    door.signed_out(await devices.revoke_all(db, user.id, now=now))
    door.authenticator.forget(user_id=user.id)


def _known(relying_party: RelyingParty | None) -> RelyingParty:
    if relying_party is None:
        raise NotFound("No other provider to sign in with is set up here.")
    return relying_party


def _cookie(door: Door, name: str, value: str, seconds: int) -> Cookie:
    return Cookie(
        key=name,
        value=value,
        path=_PATH,
        max_age=seconds,
        httponly=True,
        secure=door.cookies.secure,
        samesite="lax",
    )


HANDLERS: tuple[Any, ...] = (ways_in, log_in_elsewhere, come_back, log_out_elsewhere)
