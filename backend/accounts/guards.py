"""Who may call which route: each declares one right, and without one nobody gets in."""

from typing import Any, Final, cast

from litestar import Request

from backend.accounts.callers import NOBODY_MAY, Caller
from backend.accounts.rights import Right
from backend.kit.errors import AppError

_RIGHT: Final = "right"

AnyRequest = Request[Any, Any, Any]


def needs(right: Right) -> dict[str, Any]:
    """For the `opt` of a route."""
    return {_RIGHT: right}


def right_of(opt: dict[str, Any]) -> Right | None:
    return cast("Right | None", opt.get(_RIGHT))


def require_right(request: AnyRequest) -> None:
    """Before each request. No guard of Litestar's, which copies the whole handler for each call of one."""
    if error := objection(caller_of(request), right_of(request.route_handler.opt)):
        raise error


def objection(caller: Caller | None, right: Right | None) -> AppError | None:
    if right in NOBODY_MAY:
        return None
    if caller is None:
        headers = {"www-authenticate": "Bearer"}
        return AppError("Sign in first.", status=401, code="not_signed_in", headers=headers)
    if right is None or not caller.may(right):
        return AppError("Your role does not allow this.", status=403, code="forbidden")
    return None


def caller_of(request: AnyRequest) -> Caller | None:
    """Put there by who looked at the credentials."""
    caller: Caller | None = request.scope["state"].get("caller")
    return caller


def provide_caller(request: AnyRequest) -> Caller:
    """For routes whose right nobody has without having signed in."""
    caller = caller_of(request)
    if caller is None:
        raise AppError("Sign in first.", status=401, code="not_signed_in")
    return caller
