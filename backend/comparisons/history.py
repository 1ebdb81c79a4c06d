"""Which comparisons stand on a page of the history: newest first, as far as somebody may see them.

Nothing is gathered and sorted. Whatever is asked for, something that has the order already is walked from a
cursor on, for as long as a page may take; a page of what is rare can be short and still have a next one.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.comparisons.access import newest_for, own_and_shared, visible_to
from backend.comparisons.search import TEXTS, Walk, shelves_of, shelves_with
from backend.comparisons.tables import ComparisonRow, LaneRow, SearchPlaceRow, TagRow
from backend.comparisons.words import Term
from backend.rooms.snapshot import ComparisonStatus

Cursor: TypeAlias = UUID | int
"""Where the next page goes on: below a comparison, or below a number of the search."""

PATIENCE: Final = 0.02
"""Seconds for which a page goes on looking."""
COUNTED: Final = 1_000
_FIRST_LOOK: Final = 500
_STEP: Final = 1_000
_MOST_SHARED: Final = 1_000


@dataclass(frozen=True, slots=True)
class Filters:
    status: ComparisonStatus | None = None
    model: str | None = None
    tag: str | None = None
    since: UUID | None = None
    """Keys carry the time; this one and those after it."""
    until: UUID | None = None
    """Not this one any more."""
    deleted: bool = False

    @property
    def selective(self) -> bool:
        """Not all that is there is wanted."""
        return (self.status, self.model, self.tag) != (None, None, None)

    def range(self) -> ColumnElement[bool]:
        """What an index of keys can hold to."""
        bounds: list[ColumnElement[bool]] = [true()]
        if self.since is not None:
            bounds.append(ComparisonRow.id >= self.since)
        if self.until is not None:
            bounds.append(ComparisonRow.id < self.until)
        return and_(*bounds)

    def admits(self) -> ColumnElement[bool]:
        """What has to be looked at for each."""
        wanted: list[ColumnElement[bool]] = [true()]
        if self.status is not None:
            wanted.append(ComparisonRow.status == self.status)
        if self.model is not None:
            lane = LaneRow.comparison_id == ComparisonRow.id
            wanted.append(exists().where(lane, LaneRow.model_id == self.model))
        if self.tag is not None:
            wanted.append(exists().where(TagRow.comparison_id == ComparisonRow.id, TagRow.tag == self.tag))
        return and_(*wanted)


@dataclass(frozen=True, slots=True)
class Slice:
    ids: Sequence[UUID]
    next: Cursor | None
    numbers: dict[UUID, list[int]] = field(default_factory=dict)
    """Of the texts that were found, highest first."""


async def listed(
    db: AsyncSession,
    caller: Caller,
    filters: Filters,
    below: UUID | None,
    limit: int,
    offset: int = 0,
    patience: float = PATIENCE,
) -> Slice:
    """`offset` counts what is shown, from the cursor on."""
    wanted = offset + limit + 1
    until = time.monotonic() + patience
    step = max(wanted, _FIRST_LOOK) if filters.selective else wanted
    found: list[UUID] = []
    while True:
        rows = await _candidates(db, caller, filters, below, step)
        found += [key for key, admitted in rows if admitted]
        over = len(rows) < step
        if over or len(found) >= wanted or time.monotonic() > until:
            break
        below, step = rows[-1][0], max(wanted, _STEP)
    page = found[offset : offset + limit]
    if len(found) >= wanted:
        return Slice(page, page[-1])
    return Slice(page, None if over else rows[-1][0])


async def searched(
    db: AsyncSession,
    caller: Caller,
    filters: Filters,
    terms: Sequence[Term],
    before: int,
    limit: int,
    patience: float = PATIENCE,
) -> Slice:
    """With all the terms in one text of theirs."""
    until = time.monotonic() + patience
    shelves = await shelves_of(db, caller.user_id)
    if not filters.deleted:
        shelves += await shelves_with(db, await _shared(db, caller))
    walk = Walk(terms, shelves, before)
    numbers: dict[UUID, list[int]] = {}
    while not walk.over and len(numbers) <= limit:
        found = await walk.numbers(db)
        admitted = await _admitted(db, caller, filters, {number // TEXTS for number in found})
        for number in found:
            if (comparison_id := admitted.get(number // TEXTS)) is not None:
                numbers.setdefault(comparison_id, []).append(number)
        if time.monotonic() > until:
            break
    ids = list(numbers)[:limit]
    if not ids:
        return Slice((), None if walk.over else walk.before)
    last = numbers[ids[-1]][0] // TEXTS * TEXTS
    if len(numbers) > limit:
        return Slice(ids, last, numbers)
    # What else the last one has was not looked at, and is not to be found on the next page again.
    return Slice(ids, None if walk.over else min(walk.before, last), numbers)


async def count(db: AsyncSession, caller: Caller) -> int | None:
    """Of all that this caller sees. None: too many to count them each time."""
    some = newest_for(caller, select(ComparisonRow.id), COUNTED + 1).subquery()
    number = await db.scalar(select(func.count()).select_from(some)) or 0
    return number if number <= COUNTED else None


async def _candidates(
    db: AsyncSession, caller: Caller, filters: Filters, below: UUID | None, amount: int
) -> list[tuple[UUID, bool]]:
    """The next ones, and whether they are wanted."""
    query: Select[*tuple[Any, ...]] = select(ComparisonRow.id, filters.admits().label("admitted"))
    query = query.where(filters.range())
    if below is not None:
        query = query.where(ComparisonRow.id < below)
    if filters.deleted:
        in_trash = query.where(_in_trash_of(caller)).order_by(ComparisonRow.id.desc()).limit(amount)
        rows = await db.execute(in_trash)
    else:
        rows = await db.execute(newest_for(caller, query, amount))
    return [(row[0], bool(row[1])) for row in rows]


async def _admitted(db: AsyncSession, caller: Caller, filters: Filters, places: set[int]) -> dict[int, UUID]:
    """By their places."""
    if not places:
        return {}
    scope = _in_trash_of(caller) if filters.deleted else visible_to(caller)
    query = (
        select(SearchPlaceRow.place, ComparisonRow.id)
        .join(ComparisonRow, ComparisonRow.id == SearchPlaceRow.comparison_id)
        .where(SearchPlaceRow.place.in_(places), scope, filters.range(), filters.admits())
    )
    return dict((await db.execute(query)).all())


async def _shared(db: AsyncSession, caller: Caller) -> Sequence[UUID]:
    _, shared = own_and_shared(caller, select(ComparisonRow.id))
    newest = shared.order_by(ComparisonRow.id.desc()).limit(_MOST_SHARED)
    return list(await db.scalars(newest))


def _in_trash_of(caller: Caller) -> ColumnElement[bool]:
    return ComparisonRow.deleted_at.is_not(None) & (ComparisonRow.owner_id == caller.user_id)
