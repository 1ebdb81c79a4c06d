"""Looks at what a request brings to prove who is asking, before any route does.

A header that proves nothing is refused: who sends one wants to know. A cookie that proves nothing is not
there: a browser sends an old one with everything, also when it is about to sign in.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

from backend.accounts.callers import Caller
from backend.accounts.cookies import Cookies
from backend.accounts.door import Door
from backend.accounts.same_site import HARMLESS, is_own_page, origin_of
from backend.kit.application import AsgiApp, Receive, Scope, Send
from backend.kit.errors import AppError
from backend.kit.http.answers import send_error
from backend.kit.http.headers import joined, values
from backend.kit.http.request_log import CALLER
from backend.kit.unavailable import DatabaseUnavailable


@dataclass(frozen=True, slots=True)
class Credentials:
    app: AsgiApp
    cookies: Cookies
    door: Callable[[], Door]
    """Opened when the application starts; not needed for those who bring nothing."""
    origins: Collection[str]
    """Of other sites whose pages may call the API with their users' cookies."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            caller = scope.setdefault("state", {})["caller"] = await self._caller(scope)
        except AppError as error:
            await send_error(send, error)
        except DatabaseUnavailable:
            message = "The database does not answer."
            await send_error(send, AppError(message, status=503, code="database_unavailable"))
        else:
            scope[CALLER] = str(caller.user_id) if caller else None
            await self.app(scope, receive, send)

    async def _caller(self, scope: Scope) -> Caller | None:
        if given := joined(scope, b"authorization"):
            return await self._by_header(given)
        token = cookie_of(scope, self.cookies.access)
        caller = await self.door().authenticator.caller(token, "cookie") if token else None
        if caller is not None and scope["method"] not in HARMLESS:
            refuse_other_sites(scope, self.origins)
        return caller

    async def _by_header(self, given: str) -> Caller:
        scheme, _, credential = given.partition(" ")
        caller = None
        if scheme.lower() == "bearer":
            caller = await self.door().authenticator.caller(credential.strip(), "token")
        if caller is None:
            headers = {"www-authenticate": 'Bearer error="invalid_token"'}
            message = "These credentials are not, or no longer, valid."
            raise AppError(message, status=401, code="invalid_credentials", headers=headers)
        return caller


def cookie_of(scope: Mapping[str, Any], name: str) -> str | None:
    for header in values(scope, b"cookie"):
        try:
            morsel = SimpleCookie(header).get(name)
        except CookieError:
            continue
        if morsel is not None:
            return morsel.value
    return None


def refuse_other_sites(scope: Mapping[str, Any], origins: Collection[str]) -> None:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    own = origin_of(scope["scheme"], headers.get("host", ""))
    if not is_own_page(headers, own, origins):
        message = "This request did not come from a page of this server."
        raise AppError(message, status=403, code="other_site")
