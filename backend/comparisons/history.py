"""Which comparisons stand on a page of the history: newest first, as far as somebody may see them.

Nothing is gathered and sorted. Whatever is asked for, something that has the order already is walked from a
cursor on, for as long as a page may take; a page of what is rare can be short and still have a next one.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.comparisons import history_statements as statements
from backend.comparisons import search_index
from backend.comparisons.access import names_of, somebody_like
from backend.comparisons.history_statements import Shape
from backend.comparisons.search import TEXTS, Walk, comparisons_at, shelves_of, shelves_with
from backend.comparisons.words import Term
from backend.rooms.snapshot import ComparisonStatus

Cursor: TypeAlias = UUID | int
"""Where the next page goes on: below a comparison, or below a number of the search."""

Row: TypeAlias = tuple[UUID, bool]
"""A comparison, and whether it is wanted."""
Look: TypeAlias = Callable[[AsyncSession, Caller, "Filters", UUID | None, int], Awaitable[list[Row]]]

PATIENCE: Final = 0.015
"""Seconds for which a page goes on looking."""
COUNTED: Final = 1_000
_FOR_AN_OFFSET: Final = 1.0
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
        """Not everything in its time is wanted."""
        return (self.status, self.model, self.tag) != (None, None, None)

    def shape(self, caller: Caller, below: UUID | None = None) -> Shape:
        return Shape(
            somebody_like(caller),
            deleted=self.deleted,
            status=self.status,
            model=self.model is not None,
            tag=self.tag is not None,
            since=self.since is not None,
            below=(self.until, below) != (None, None),
        )

    def values(self, caller: Caller, below: UUID | None = None) -> dict[str, Any]:
        """By the names that statements of this shape have for them."""
        ends = [end for end in (self.until, below) if end is not None]
        filters = {
            "model": self.model,
            "tag": self.tag,
            "since": self.since,
            "below": min(ends, default=None),
        }
        return names_of(caller) | filters


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
    if not filters.selective:
        rows = await _newest(db, caller, filters, below, limit + 1, offset)
        shown = [key for key, _ in rows]
        return Slice(shown[:limit], shown[limit - 1] if len(shown) > limit else None)
    wanted = offset + limit + 1
    until = time.monotonic() + (_FOR_AN_OFFSET if offset else patience)
    step = _FIRST_LOOK
    look: Look = _newest
    found: list[UUID] = []
    while True:
        rows = await look(db, caller, filters, below, step)
        found += [key for key, admitted in rows if admitted]
        over = len(rows) < step
        if over or len(found) >= wanted or time.monotonic() > until:
            break
        below = rows[-1][0]
        step, look = _STEP, _newest if filters.deleted else _labelled
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
    offset: int = 0,
    patience: float = PATIENCE,
) -> Slice:
    """With all the terms in one text of theirs."""
    wanted = offset + limit + 1
    shared = set() if filters.deleted else await _shared(db, caller)
    shelves = await shelves_of(db, caller.user_id) + await shelves_with(db, shared)
    await search_index.prepare(db)
    until = time.monotonic() + (_FOR_AN_OFFSET if offset else patience)
    walk = Walk(terms, shelves, before)
    numbers: dict[UUID, list[int]] = {}
    while not walk.over and len(numbers) < wanted:
        found = await walk.numbers(db)
        at = await comparisons_at(db, {number // TEXTS for number in found})
        admitted = await _admitted(db, caller, filters, set(at.values()), shared)
        for number in found:
            comparison_id = at.get(number // TEXTS)
            if comparison_id in admitted:
                numbers.setdefault(comparison_id, []).append(number)
        if time.monotonic() > until:
            break
    ids = list(numbers)[offset : offset + limit]
    if not numbers:
        return Slice((), None if walk.over else walk.before)
    last = numbers[ids[-1] if ids else list(numbers)[-1]][0] // TEXTS * TEXTS
    if len(numbers) >= wanted:
        return Slice(ids, last, numbers)
    # What else the last one has was not looked at, and is not to be found on the next page again.
    return Slice(ids, None if walk.over else min(walk.before, last), numbers)


async def count(db: AsyncSession, caller: Caller) -> int | None:
    """Of all that this caller sees. None: too many to count them each time."""
    statement = statements.counted(somebody_like(caller))
    number = await db.scalar(statement, names_of(caller) | {"limit": COUNTED + 1}) or 0
    return number if number <= COUNTED else None


async def _newest(
    db: AsyncSession, caller: Caller, filters: Filters, below: UUID | None, amount: int, offset: int = 0
) -> list[Row]:
    """The next ones of all that there are."""
    values = filters.values(caller, below) | {"limit": amount, "offset": offset}
    rows = await db.execute(statements.newest(filters.shape(caller, below)), values)
    return [(row[0], bool(row[1])) for row in rows]


async def _labelled(
    db: AsyncSession, caller: Caller, filters: Filters, below: UUID | None, amount: int
) -> list[Row]:
    """The next ones with the tag or the model, whosever they are: quicker where few of many have it."""
    if filters.tag is None and filters.model is None:
        return await _newest(db, caller, filters, below, amount)
    statement = statements.labelled(filters.shape(caller, below))
    keys = list(await db.scalars(statement, filters.values(caller, below) | {"limit": amount}))
    admitted = await _admitted(db, caller, filters, set(keys), await _shared(db, caller))
    return [(key, key in admitted) for key in keys]


async def _admitted(
    db: AsyncSession, caller: Caller, filters: Filters, keys: AbstractSet[UUID], shared: AbstractSet[UUID]
) -> set[UUID]:
    # One's own first; in the trash there is nothing else.
    halves = zip(statements.admitted(filters.shape(caller)), (keys - shared, keys & shared), strict=False)
    values = filters.values(caller)
    return {
        row[0]
        for half, among in halves
        if among
        for row in await db.execute(half, values | {"among": list(among)})
    }


async def _shared(db: AsyncSession, caller: Caller) -> set[UUID]:
    """The newest that others share with them."""
    statement = statements.shared(somebody_like(caller))
    return set(await db.scalars(statement, names_of(caller) | {"limit": _MOST_SHARED}))
