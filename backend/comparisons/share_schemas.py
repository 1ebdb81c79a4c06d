"""What is said over HTTP about shares."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.kit.wire import Answer, Command
from backend.rooms.protocol import Access

Level: TypeAlias = Literal["viewer", "commenter", "editor"]


class CreateShare(Command, frozen=True):
    """With somebody who has an account here, or with whoever has the link: one of the two."""

    email: Annotated[str, Meta(max_length=1024)] | None = None
    link: bool = False
    level: Level = "viewer"
    expires_at: datetime | None = None


class ChangeShare(Command, frozen=True):
    """What is left out stays. Without an end: null."""

    level: Level | UnsetType = UNSET
    expires_at: datetime | UnsetType | None = UNSET


class UseLink(Command, frozen=True):
    token: Annotated[str, Meta(max_length=1024)]


class ShareAnswer(Answer, frozen=True):
    id: UUID
    kind: Literal["person", "link"]
    level: Level
    email: str | None
    """Of a person."""
    shown: str | None
    """How a link begins."""
    link_id: UUID | None
    """The link by which a person came; it takes them with it."""
    created_at: datetime
    expires_at: datetime | None
    expired: bool
    opened_count: int
    last_opened_at: datetime | None


class NewShare(Answer, frozen=True):
    share: ShareAnswer
    secret: str | None = None
    """Of a link, shown now and never again: also a bearer token for the API and its sockets."""
    url: str | None = None
    """For browsers. They never send what stands after the `#`, so that it is in no log."""


class OpenedShare(Answer, frozen=True):
    """What a link leads to."""

    session_id: UUID
    title: str
    access: Access
    expires_at: datetime | None
