"""The history over HTTP: its pages, the trash, the tags in it."""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.accounts.guards import needs
from backend.comparisons import history, tags, trash
from backend.comparisons.checks import invalid, storable
from backend.comparisons.history import Cursor, Filters, Slice
from backend.comparisons.history_items import hits_of, items
from backend.comparisons.history_schemas import (
    MOST_ITEMS,
    MOST_SKIPPED,
    HistoryItem,
    HistoryPage,
    TagCount,
)
from backend.comparisons.search import BEYOND
from backend.comparisons.studio import Studio
from backend.comparisons.words import terms_of
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.errors import NotFound
from backend.rooms.snapshot import ComparisonStatus

_TAGS: Final = ["history"]

Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=MOST_ITEMS)]
Offset: TypeAlias = Annotated[int, QueryParameter(ge=0, le=MOST_SKIPPED)]
Words: TypeAlias = Annotated[str, QueryParameter(max_length=1000)]
_DAY_OR_MOMENT: Final[Any] = {"anyOf": [{"format": "date"}, {"format": "date-time"}]}
From: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        name="from",
        max_length=40,
        description="Those made since: a day of UTC, or a moment with its time zone.",
        schema_extra=_DAY_OR_MOMENT,
    ),
]
To: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        name="to",
        max_length=40,
        description="Those made until: a day of UTC and all of it, or a moment with its time zone.",
        schema_extra=_DAY_OR_MOMENT,
    ),
]


async def _list_comparisons(  # noqa: PLR0913 - one for each way to look for something
    *,
    database: NamedDependency[Database],
    caller: NamedDependency[Caller],
    limit: Limit = 20,
    cursor: FromQuery[str | None] = None,
    offset: Offset = 0,
    q: Words = "",
    model: FromQuery[str | None] = None,
    status: FromQuery[ComparisonStatus | None] = None,
    tag: FromQuery[str | None] = None,
    since: From = None,
    until: To = None,
    deleted: FromQuery[bool] = False,
) -> HistoryPage:
    """Your comparisons and those shared with you, newest first; with `q`, those that have all its words."""
    filters = Filters(
        status=status,
        model=storable(model, "model") if model is not None else None,
        tag=tags.tag_of(storable(tag, "tag")) if tag is not None else None,
        since=_key_of("from", since, timedelta()),
        until=_key_of("to", until, timedelta(days=1)),
        deleted=deleted,
    )
    after = _cursor_of(cursor) if cursor is not None else None
    async with database.reading() as db:
        return await list_page(db, caller, filters, q, after, limit, offset)


async def list_page(
    db: AsyncSession,
    caller: Caller,
    filters: Filters,
    q: str,
    after: Cursor | None,
    limit: int,
    offset: int,
) -> HistoryPage:
    if not q.strip():
        if isinstance(after, int):
            raise _no_cursor()
        listed = await history.listed(db, caller, filters, after, limit, offset)
        total = await history.count(db, caller) if after is None and filters == Filters() else None
        shown = await items(db, caller, listed.ids)
        return HistoryPage(items=shown, next_cursor=_shown(listed), total=total)
    if isinstance(after, UUID):
        raise _no_cursor()
    terms = terms_of(q)
    found = await history.searched(db, caller, filters, terms, after or BEYOND, limit, offset)
    hits = await hits_of(db, terms, {key: found.numbers[key] for key in found.ids})
    return HistoryPage(items=await items(db, caller, found.ids, hits), next_cursor=_shown(found))


@delete("/api/comparisons/{comparison_id:uuid}", tags=_TAGS, opt=needs("comparisons.run"))
async def delete_comparison(
    comparison_id: FromPath[UUID], caller: NamedDependency[Caller], studio: NamedDependency[Studio]
) -> None:
    """Into the trash, from where its owner can take it back for thirty days; what runs in it is stopped."""
    async with studio.database.transaction() as db:
        await trash.discard(db, caller, comparison_id, clock.now())
    studio.conductor.stop_comparison(comparison_id)
    studio.hub.close(comparison_id)


@post(
    "/api/comparisons/{comparison_id:uuid}/restore",
    tags=_TAGS,
    opt=needs("comparisons.run"),
    status_code=200,
)
async def restore_comparison(
    comparison_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
) -> HistoryItem:
    """Out of the trash."""
    async with database.transaction() as db:
        await trash.restore(db, caller, comparison_id, clock.now())
        for item in await items(db, caller, [comparison_id]):
            return item
    raise NotFound


@get("/api/tags", tags=_TAGS, opt=needs("comparisons.read"))
async def list_tags(
    database: NamedDependency[Database], caller: NamedDependency[Caller], q: Words = ""
) -> list[TagCount]:
    """The tags of your latest comparisons, the most used first; with `q`, those that begin so."""
    async with database.reading() as db:
        return [
            TagCount(tag=tag, count=count) for tag, count in await tags.counted(db, caller, storable(q, "q"))
        ]


def _shown(found: Slice) -> str | None:
    match found.next:
        case None:
            return None
        case UUID() as key:
            raw = key.bytes
        case number:
            raw = number.to_bytes(8)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _cursor_of(text: str) -> Cursor:
    make: dict[int, Callable[[bytes], Cursor]] = {16: lambda raw: UUID(bytes=raw), 8: int.from_bytes}
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        cursor = make[len(raw)](raw)
    except (binascii.Error, ValueError, KeyError):
        raise _no_cursor() from None
    if isinstance(cursor, int) and not 0 < cursor <= BEYOND:
        raise _no_cursor()
    return cursor


def _no_cursor() -> Exception:
    return invalid("cursor", "It is none of this list.")


def _key_of(field: str, text: str | None, of_a_day: timedelta) -> UUID | None:
    """The lowest key of that moment; a day begins, or ends, at midnight UTC."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
        moment = datetime.combine(day, time(), UTC) + of_a_day
    except ValueError:
        moment = _moment(field, text)
    except OverflowError:
        raise invalid(field, "That is too far away.") from None
    milliseconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return UUID(int=min(max(milliseconds, 0), (1 << 48) - 1) << 80)


def _moment(field: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(field, "Say a day, such as 2026-11-21, or a moment with its time zone.") from None
    if moment.tzinfo is None:
        raise invalid(field, "A moment needs its time zone.")
    return moment


# The second address is the one that older clients know.
HANDLERS: tuple[Any, ...] = (
    *(
        get(path, tags=_TAGS, opt=needs("comparisons.read"), operation_id=operation)(_list_comparisons)
        for path, operation in (("/api/comparisons", "listComparisons"), ("/comparison", "listSessions"))
    ),
    delete_comparison,
    restore_comparison,
    list_tags,
)
