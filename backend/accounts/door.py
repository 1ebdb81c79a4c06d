"""What the routes of this feature share: everything that proves, ends or changes who somebody is.

Whatever changes for somebody is forgotten by the authenticator in the same breath, and told to those who
hold sockets open for them.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Request, Response

from backend.accounts.access_tokens import LIFETIME, AccessTokens
from backend.accounts.actions import Changed, SignedIn, Visit
from backend.accounts.audit import Actor
from backend.accounts.authenticator import Authenticator
from backend.accounts.callers import Caller
from backend.accounts.cookies import Cookies
from backend.accounts.devices import RefreshTokens
from backend.accounts.schemas import SignedInAnswer, UserAnswer
from backend.accounts.signing_in import SigningIn
from backend.accounts.tickets import Tickets
from backend.accounts.users import User
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.http.request_ids import current_request_id

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Door:
    database: Database
    signing_in: SigningIn
    access_tokens: AccessTokens
    refresh_tokens: RefreshTokens
    authenticator: Authenticator
    cookies: Cookies
    tickets: Tickets
    origins: Collection[str]
    ended: Callable[[UUID], None]
    """Called with each device that was signed out and each user whose rights changed."""

    def let_in(self, signed_in: SignedIn) -> Response[SignedInAnswer]:
        """The same answer for browsers, which take the cookies, and for programs, which take the tokens."""
        access = self.access_tokens.issue(signed_in.user.id, signed_in.device_id, clock.now())
        seconds = int(LIFETIME.total_seconds())
        answer = SignedInAnswer(
            access_token=access,
            refresh_token=signed_in.refresh_token,
            expires_in=seconds,
            user=user_answer(signed_in.user),
        )
        cookies = self.cookies.signed_in(access, seconds, signed_in.refresh_token)
        return Response(answer, cookies=cookies, headers={"cache-control": "no-store"})

    def signed_out(self, device_ids: Collection[UUID]) -> None:
        for device_id in device_ids:
            self.authenticator.forget(device_id=device_id)
            self.ended(device_id)

    def changed(self, changed: Changed) -> None:
        """Another role, another state: what was believed of them is not any more."""
        self.authenticator.forget(user_id=changed.user.id)
        self.ended(changed.user.id)
        self.signed_out(changed.ended)


def visit_of(request: AnyRequest) -> Visit:
    client = request.scope.get("client")
    return Visit(
        address=client[0] if client else "",
        user_agent=request.headers.get("user-agent", ""),
        request_id=current_request_id(),
    )


def actor_of(request: AnyRequest, caller: Caller) -> Actor:
    visit = visit_of(request)
    return Actor.of(caller, visit.address, visit.request_id)


def user_answer(user: User) -> UserAnswer:
    return UserAnswer(
        id=user.id,
        email=user.email,
        name=user.name,
        role=user.role,
        enabled=user.enabled,
        has_password=user.has_password,
        created_at=user.created_at,
    )
