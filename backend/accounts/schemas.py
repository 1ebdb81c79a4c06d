"""What is said over HTTP about accounts."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from backend.accounts.actions import Registration
from backend.accounts.rights import Role, Scope
from backend.kit.wire import Answer, Command

Typed = Annotated[str, Meta(max_length=1024)]


class Register(Command, frozen=True):
    email: Typed
    password: Typed
    name: Typed = ""
    invitation: Typed | None = None


class LogIn(Command, frozen=True):
    email: Typed
    password: Typed


class Refresh(Command, frozen=True):
    """A browser says nothing: its cookie says it."""

    refresh_token: Typed | None = None


class LogOut(Command, frozen=True):
    everywhere: bool = False


class ChangeProfile(Command, frozen=True):
    name: Typed | None = None
    email: Typed | None = None
    current_password: Typed = ""
    """For another e-mail address, by who has a password."""


class ChangePassword(Command, frozen=True):
    new_password: Typed
    current_password: Typed = ""
    """Not needed by who has none yet."""


class ResetPassword(Command, frozen=True):
    link: Typed
    new_password: Typed


class MakeApiKey(Command, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1, max_length=3)]
    expires_at: datetime | None = None


class Invite(Command, frozen=True):
    role: Role = "member"
    email: Typed | None = None


class ChangeUser(Command, frozen=True):
    role: Role | None = None
    enabled: bool | None = None


class UserAnswer(Answer, frozen=True):
    id: UUID
    email: str
    name: str
    role: Role
    enabled: bool
    has_password: bool
    created_at: datetime


class WaysIn(Answer, frozen=True):
    registration: Registration
    provider: bool
    """Whether one can sign in with an OpenID Connect provider, at `GET /auth/login`."""
    empty: bool
    """Nobody has an account yet: the first is made by the link that the server printed."""


class SignedInAnswer(Answer, frozen=True):
    access_token: str
    refresh_token: str
    expires_in: int
    user: UserAnswer


class DeviceAnswer(Answer, frozen=True):
    id: UUID
    user_agent: str
    address: str
    created_at: datetime
    last_used_at: datetime
    current: bool


class ApiKeyAnswer(Answer, frozen=True):
    id: UUID
    name: str
    shown: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewApiKey(Answer, frozen=True):
    key: ApiKeyAnswer
    secret: str
    """Shown now and never again."""


class LinkAnswer(Answer, frozen=True):
    id: UUID
    secret: str
    """Shown now and never again."""
    expires_at: datetime


class Ticket(Answer, frozen=True):
    ticket: str
    expires_in: int


class AuditAnswer(Answer, frozen=True):
    id: UUID
    at: datetime
    user_id: UUID | None
    email: str
    action: str
    subject: str
    address: str
    request_id: str
    details: dict[str, Any]
