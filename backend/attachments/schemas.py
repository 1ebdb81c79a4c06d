"""What is said over the wire about attachments."""

from typing import Annotated, Final, TypeAlias
from uuid import UUID

from msgspec import Meta

from backend.kit.wire import Answer

MOST: Final = 16
"""With one prompt."""

AttachmentIds: TypeAlias = Annotated[tuple[UUID, ...], Meta(max_length=MOST)]


class Attachment(Answer, frozen=True, kw_only=True):
    """A file that goes along with a prompt."""

    id: UUID
    name: str
    media_type: str
    """As its bytes say: an image, a PDF, or text."""
    size: int
    """In bytes."""
    width: int | None
    """Of an image, in pixels."""
    height: int | None
