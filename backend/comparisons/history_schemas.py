"""What the history answers over HTTP."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from msgspec import Meta

from backend.comparisons.excerpts import Excerpt
from backend.comparisons.search import Kind
from backend.kit.wire import Answer
from backend.rooms.protocol import Access
from backend.rooms.snapshot import Totals

MOST_ITEMS = 100
MOST_SKIPPED = 10_000

Limit: TypeAlias = Annotated[int, Meta(ge=1, le=MOST_ITEMS)]
Offset: TypeAlias = Annotated[int, Meta(ge=0, le=MOST_SKIPPED)]


class Hit(Excerpt, frozen=True, kw_only=True):
    """Where a comparison has what was looked for."""

    kind: Kind
    turn_id: UUID | None = None
    response_id: UUID | None = None
    model_id: str | None = None


class HistoryItem(Totals, frozen=True, kw_only=True):
    session_id: UUID
    title: str
    prompt: str
    """The beginning of the first one."""
    models: tuple[str, ...]
    tags: tuple[str, ...]
    lane_count: int
    turn_count: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    access: Access
    owner: str | None
    """Whose it is; null: yours."""
    hits: tuple[Hit, ...] = ()


class HistoryPage(Answer, frozen=True):
    items: tuple[HistoryItem, ...]
    next_cursor: str | None
    """Null at the end, and only there: a page of what is rare may hold less than you asked for."""
    total: int | None = None
    """Of the first page of everything, up to a thousand."""


class TagCount(Answer, frozen=True):
    tag: str
    count: int
    """Of your latest comparisons."""
