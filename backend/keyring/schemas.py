"""What the API says of keys and endpoints, and what it is told. A key goes in and never comes out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from backend.keyring.names import LONGEST, PATTERN
from backend.keyring.repository import UserEndpoint
from backend.kit.wire import Answer, Command
from backend.providers.endpoints import Dialect

MOST_MODELS = 500

# What a header can carry, without blanks.
Secret = Annotated[str, Meta(min_length=1, max_length=4096, pattern="^[!-~]+$")]
Name = Annotated[str, Meta(min_length=1, max_length=LONGEST, pattern=PATTERN)]
Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\u0000-\u001f\u007f]*$")]
Url = Annotated[str, Meta(min_length=1, max_length=500)]
Models = Annotated[tuple[Line, ...], Meta(max_length=MOST_MODELS)]


class SaveKey(Command, frozen=True):
    key: Secret
    shared: bool = False
    """For everyone; needs the right to."""

    def __repr__(self) -> str:
        return f"SaveKey(shared={self.shared})"


class ProviderKey(Answer, frozen=True):
    endpoint: str
    display_name: str
    last_four: str
    """Empty for a short key, and for everyone's where it is not one's to manage."""
    shared: bool
    saved_at: datetime
    tested_at: datetime | None
    """Null: the provider could not be asked when it was saved."""


class SavedProviderKey(ProviderKey, frozen=True):
    warning: str | None
    """Why it could not be tested."""


class CreateEndpoint(Command, frozen=True):
    name: Name
    """The first part of the ids of its models."""
    base_url: Url
    display_name: Line | None = None
    dialect: Dialect = "chat"
    discovers: bool | None = None
    """Its models are asked for; without `models` they always are."""
    models: Models = ()
    shared: bool = False
    """For everyone; needs the right to."""


class ChangeEndpoint(Command, frozen=True):
    """What is null or missing stays. Another base URL drops the keys that were saved for this one."""

    base_url: Url | None = None
    display_name: Line | None = None
    dialect: Dialect | None = None
    discovers: bool | None = None
    models: Models | None = None


class OwnEndpoint(Answer, frozen=True):
    id: UUID
    name: str
    display_name: str
    base_url: str
    dialect: Dialect
    discovers: bool
    models: tuple[str, ...]
    shared: bool
    created_at: datetime
    changed_at: datetime


class ChangedEndpoint(Answer, frozen=True):
    endpoint: OwnEndpoint
    keys_dropped: int


def endpoint_of(endpoint: UserEndpoint) -> OwnEndpoint:
    return OwnEndpoint(
        id=endpoint.id,
        name=endpoint.name,
        display_name=endpoint.display_name,
        base_url=endpoint.base_url,
        dialect=endpoint.dialect,
        discovers=endpoint.discovers,
        models=endpoint.models,
        shared=endpoint.owner_id is None,
        created_at=endpoint.created_at,
        changed_at=endpoint.changed_at,
    )
