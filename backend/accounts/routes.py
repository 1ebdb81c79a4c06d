"""Signing in, staying signed in, signing out, and one's own account."""

from typing import Any
from uuid import UUID

from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Redirect

from backend.accounts import actions, devices, users
from backend.accounts.callers import Caller
from backend.accounts.credentials import cookie_of, refuse_other_sites
from backend.accounts.devices import NotRefreshed
from backend.accounts.door import AnyRequest, Door, actor_of, user_answer, visit_of
from backend.accounts.guards import needs
from backend.accounts.schemas import (
    ChangePassword,
    ChangeProfile,
    DeviceAnswer,
    LogIn,
    LogOut,
    Refresh,
    Register,
    ResetPassword,
    SignedInAnswer,
    UserAnswer,
)
from backend.kit import clock
from backend.kit.errors import AppError, NotFound

_TAGS = ["accounts"]


@post("/auth/register", tags=_TAGS, opt=needs("anyone"))
async def register(
    request: AnyRequest, door: NamedDependency[Door], data: JSONBody[Register]
) -> Response[SignedInAnswer]:
    """Make an account and sign in."""
    signed_in = await door.signing_in.register(
        data.email,
        data.password,
        visit_of(request),
        clock.now(),
        name=data.name,
        invitation=data.invitation,
    )
    return door.let_in(signed_in)


@post("/auth/login", tags=_TAGS, status_code=200, opt=needs("anyone"))
async def log_in(
    request: AnyRequest, door: NamedDependency[Door], data: JSONBody[LogIn]
) -> Response[SignedInAnswer]:
    """Sign in with e-mail address and password."""
    return door.let_in(
        await door.signing_in.log_in(data.email, data.password, visit_of(request), clock.now())
    )


@get("/auth/first", tags=_TAGS, opt=needs("anyone"), include_in_schema=False)
async def first_owner(request: AnyRequest, door: NamedDependency[Door], link: FromQuery[str]) -> Redirect:
    """The link that the server prints at its first start."""
    async with door.database.transaction() as db:
        signed_in = await actions.first_owner(db, link, visit_of(request), clock.now())
    return Redirect("/", status_code=303, cookies=door.let_in(signed_in).cookies)


@post("/auth/refresh", tags=_TAGS, status_code=200, opt=needs("anyone"))
async def refresh(
    request: AnyRequest, door: NamedDependency[Door], data: JSONBody[Refresh]
) -> Response[SignedInAnswer]:
    """A new access token for a refresh token, which is good for one use; its successor comes along."""
    token = data.refresh_token
    if token is None:
        token = cookie_of(request.scope, door.cookies.refresh)
        refuse_other_sites(request.scope, door.origins)
    if not token:
        raise _sign_in_again()
    async with door.database.transaction() as db:
        outcome = await actions.refresh(db, door.refresh_tokens, token, visit_of(request), clock.now())
    if isinstance(outcome, NotRefreshed):
        if outcome.device_id is not None:
            door.signed_out([outcome.device_id])
        raise _sign_in_again()
    return door.let_in(outcome)


@post("/auth/logout", tags=_TAGS, status_code=204, opt=needs("account"))
async def log_out(
    request: AnyRequest, door: NamedDependency[Door], caller: NamedDependency[Caller], data: JSONBody[LogOut]
) -> Response[None]:
    """Sign out here, or everywhere."""
    by = actor_of(request, caller)
    async with door.database.transaction() as db:
        if data.everywhere or caller.device_id is None:
            ended = await actions.sign_out_everywhere(db, by, caller.user_id, clock.now())
        else:
            ended = await actions.sign_out(db, by, caller.user_id, caller.device_id, clock.now())
    door.signed_out(ended)
    return Response(None, status_code=204, cookies=door.cookies.signed_out())


@get("/auth/me", tags=_TAGS, opt=needs("account"))
async def me(door: NamedDependency[Door], caller: NamedDependency[Caller]) -> UserAnswer:
    """Who is signed in."""
    async with door.database.reading() as db:
        user = await users.by_id(db, caller.user_id)
    if user is None:
        raise _sign_in_again()
    return user_answer(user)


@patch("/auth/me", tags=_TAGS, opt=needs("account"))
async def change_me(
    request: AnyRequest,
    door: NamedDependency[Door],
    caller: NamedDependency[Caller],
    data: JSONBody[ChangeProfile],
) -> UserAnswer:
    """Change one's own name, or the e-mail address, which takes the password."""
    user = await door.signing_in.change_profile(
        caller.user_id, data.name, data.email, data.current_password, visit_of(request)
    )
    door.authenticator.forget(user_id=user.id)
    return user_answer(user)


@post("/auth/password", tags=_TAGS, status_code=204, opt=needs("account"))
async def change_password(
    request: AnyRequest,
    door: NamedDependency[Door],
    caller: NamedDependency[Caller],
    data: JSONBody[ChangePassword],
) -> None:
    """Change or set one's password. Signs out everywhere else."""
    changed = await door.signing_in.change_password(
        caller.user_id,
        caller.device_id,
        data.current_password,
        data.new_password,
        visit_of(request),
        clock.now(),
    )
    door.signed_out(changed.ended)


@post("/auth/password/reset", tags=_TAGS, status_code=204, opt=needs("anyone"))
async def reset_password(
    request: AnyRequest, door: NamedDependency[Door], data: JSONBody[ResetPassword]
) -> None:
    """Set a new password by a link. Signs out everywhere."""
    changed = await door.signing_in.reset_password(
        data.link, data.new_password, visit_of(request), clock.now()
    )
    door.changed(changed)


@get("/auth/devices", tags=_TAGS, opt=needs("account"))
async def list_devices(
    door: NamedDependency[Door], caller: NamedDependency[Caller]
) -> tuple[DeviceAnswer, ...]:
    """Where one is signed in, the last used first."""
    async with door.database.reading() as db:
        found = await devices.listed(db, caller.user_id, clock.now())
    return tuple(
        DeviceAnswer(
            id=device.id,
            user_agent=device.user_agent,
            address=device.address,
            created_at=device.created_at,
            last_used_at=device.last_used_at,
            current=device.id == caller.device_id,
        )
        for device in found
    )


@delete("/auth/devices/{device_id:uuid}", tags=_TAGS, opt=needs("account"))
async def end_device(
    request: AnyRequest,
    door: NamedDependency[Door],
    caller: NamedDependency[Caller],
    device_id: FromPath[UUID],
) -> None:
    """Sign out on one of one's devices."""
    async with door.database.transaction() as db:
        ended = await actions.sign_out(db, actor_of(request, caller), caller.user_id, device_id, clock.now())
    if not ended:
        raise NotFound
    door.signed_out(ended)


def _sign_in_again() -> AppError:
    return AppError("Sign in again.", status=401, code="not_signed_in")


HANDLERS: tuple[Any, ...] = (
    register,
    log_in,
    first_owner,
    refresh,
    log_out,
    me,
    change_me,
    change_password,
    reset_password,
    list_devices,
    end_device,
)
