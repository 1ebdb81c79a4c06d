"""Full-text search: texts go in with the transaction that writes them, comparisons come out, newest first.

A text has a number: the place of its comparison, and a number within it. Highest first is newest first. Every
thousand places are a generation, and what one owner has in a generation stands on one shelf. A search goes
from shelf to shelf, so that it ends after a page however many texts would match. Knows nothing of pages.
"""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, delete, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.comparisons import search_index
from backend.comparisons.tables import COMPARISONS, SEARCH_PLACES, SEARCH_SHELVES, SEARCH_TEXTS
from backend.comparisons.words import Term, words_of
from backend.kit.among import among
from backend.kit.upsert import adding, dialect_of, insert_on

Kind: TypeAlias = Literal["title", "prompt", "answer"]

TEXTS: Final = 1 << 24
"""Numbers of one comparison."""
PLACES: Final = 1 << 10
"""Places of one generation."""
BEYOND: Final = (1 << 63) - 1
"""Higher than any number."""

_FIRST_ROWS: Final = 64
_ROWS: Final = 256
_QUICK: Final = 0.005
_MOST_PHRASES: Final = 512

# Built once: that takes longer than to answer them.
_SHELVES: Final = select(SEARCH_SHELVES.c.id, SEARCH_SHELVES.c.generation).where(
    SEARCH_SHELVES.c.owner_id == bindparam("owner", type_=Uuid())
)
_HOME: Final = (SEARCH_SHELVES.c.owner_id, SEARCH_SHELVES.c.generation)
_STANDING: Final = select(*_HOME, SEARCH_SHELVES.c.id).where(
    tuple_(*_HOME).in_(bindparam("homes", expanding=True))
)
_COMPARISONS: Final = select(SEARCH_PLACES.c.place, SEARCH_PLACES.c.comparison_id).where(
    among(SEARCH_PLACES.c.place, "places")
)
_AMOUNT: Final = bindparam("amount", type_=Integer())
_MORE: Final = {"texts": SEARCH_PLACES.c.texts + _AMOUNT}
_HAS_ROOM: Final = SEARCH_PLACES.c.texts < TEXTS - _AMOUNT
_PLACE: Final = tuple(SEARCH_PLACES.c[name] for name in ("comparison_id", "place", "owner_id", "texts"))
_HOLDING: Final = (
    update(SEARCH_PLACES)
    .where(among(SEARCH_PLACES.c.comparison_id, "comparisons"), _HAS_ROOM)
    .values(_MORE)
    .returning(*_PLACE)
)


@dataclass(frozen=True, slots=True)
class Document:
    comparison_id: UUID
    ref: UUID
    """The comparison for its title, the turn for a prompt, the response for an answer."""
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Shelf:
    id: int
    generation: int


@dataclass(frozen=True, slots=True)
class _Place:
    place: int
    owner_id: UUID
    free: int
    """The first number within it that is for us."""

    @property
    def home(self) -> tuple[UUID, int]:
        return self.owner_id, self.place // PLACES


async def remember(db: AsyncSession, documents: Sequence[Document]) -> None:
    """Called last in a transaction: it holds the places until the end. What is known already stays as it is,
    but for titles, which take the place of the one before.
    """
    if not documents:
        return
    texts = {document.ref: document for document in documents}
    places = await _places(db, {document.comparison_id for document in texts.values()}, len(texts))
    if not (numbers := _numbered(list(texts.values()), places)):
        return
    rows = [
        {"number": number, "kind": document.kind, "ref": document.ref} for number, document in numbers.items()
    ]
    fresh = set(await db.scalars(_adding(dialect_of(db)), rows))
    renamed = [n for n, document in numbers.items() if document.kind == "title" and n not in fresh]
    await search_index.remove(db, renamed)
    shelves = await _put_up(db, {place.home for place in places.values()})
    await search_index.add(
        db,
        [
            (number, shelves[places[texts_of.comparison_id].home], words_of(texts_of.text))
            for number, texts_of in numbers.items()
            if number in fresh or number in renamed
        ],
    )


async def forget(db: AsyncSession, comparison_ids: Sequence[UUID]) -> None:
    """Everything of these comparisons, before they are gone for good."""
    query = select(SEARCH_PLACES.c.place).where(SEARCH_PLACES.c.comparison_id.in_(comparison_ids))
    for place in await db.scalars(query):
        within = SEARCH_TEXTS.c.number.between(place * TEXTS, (place + 1) * TEXTS - 1)
        gone = await db.scalars(delete(SEARCH_TEXTS).where(within).returning(SEARCH_TEXTS.c.number))
        await search_index.remove(db, list(gone))
        await db.execute(delete(SEARCH_PLACES).where(SEARCH_PLACES.c.place == place))


async def shelves_of(db: AsyncSession, owner_id: UUID) -> list[Shelf]:
    return [Shelf(*row) for row in await db.execute(_SHELVES, {"owner": owner_id})]


async def shelves_with(db: AsyncSession, comparison_ids: Collection[UUID]) -> list[Shelf]:
    """Where these stand, beside others of their owners."""
    if not comparison_ids:
        return []
    query = select(SEARCH_PLACES.c.owner_id, SEARCH_PLACES.c.place)
    places = await db.execute(query.where(SEARCH_PLACES.c.comparison_id.in_(comparison_ids)))
    homes = {(owner_id, place // PLACES) for owner_id, place in places}
    return [Shelf(shelf, home[1]) for home, shelf in (await _shelves(db, homes)).items()]


async def comparisons_at(db: AsyncSession, places: Collection[int]) -> dict[int, UUID]:
    if not places:
        return {}
    return dict((await db.execute(_COMPARISONS, {"places": list(places)})).all())


class Walk:
    """From the newest shelf back; a few shelves more at a time while little is found and that is quick."""

    def __init__(self, terms: Sequence[Term], shelves: Sequence[Shelf], before: int = BEYOND) -> None:
        self.before = before
        """Everything from here on was looked at."""
        self._terms = terms
        by_age = sorted({(shelf.generation, shelf.id) for shelf in shelves}, reverse=True)
        self._ahead = [
            (generation, [shelf for _, shelf in group])
            for generation, group in groupby(by_age, key=itemgetter(0))
            if generation * PLACES * TEXTS < before
        ]
        self._generations, self._rows = 1, _FIRST_ROWS
        self._most = max(1, _MOST_PHRASES // max(1, len(terms)))

    @property
    def over(self) -> bool:
        return not self._ahead or not self._terms

    async def numbers(self, db: AsyncSession) -> list[int]:
        """The next ones, highest first; perhaps none."""
        batch = self._ahead[: self._generations]
        shelves = [shelf for _, on_them in batch for shelf in on_them]
        rows, self._rows = self._rows, _ROWS
        began = time.perf_counter()
        found = await search_index.find(db, self._terms, shelves, self.before, rows)
        if len(found) == rows:
            self.before = found[-1]
            return found
        self.before = batch[-1][0] * PLACES * TEXTS
        self._ahead = self._ahead[len(batch) :]
        quick = time.perf_counter() - began < _QUICK
        self._generations = min(self._generations * 2, self._most) if quick else 1
        return found


async def _places(db: AsyncSession, comparison_ids: set[UUID], amount: int) -> dict[UUID, _Place]:
    """Each with as many free numbers as there are texts in all: what is left over is never missed."""
    held = await _held(db, _HOLDING, comparison_ids, amount)
    if missing := comparison_ids - held.keys():
        held |= await _held(db, _settling(dialect_of(db)), missing, amount)
    return held


async def _held(db: AsyncSession, statement: Any, ids: set[UUID], amount: int) -> dict[UUID, _Place]:
    held = await db.execute(statement, {"comparisons": list(ids), "amount": amount})
    return {key: _Place(place, owner, texts - amount) for key, place, owner, texts in held}


@cache
def _settling(dialect: str) -> Any:
    """A place for each that has none. Number nought in it is the title's."""
    comparisons = (
        select(COMPARISONS.c.id, COMPARISONS.c.owner_id, 1 + _AMOUNT)
        .where(among(COMPARISONS.c.id, "comparisons"))
        .order_by(COMPARISONS.c.id)
    )
    fresh = insert_on(dialect, SEARCH_PLACES).from_select(["comparison_id", "owner_id", "texts"], comparisons)
    # Somebody else was first: only then, for on PostgreSQL what is not taken leaves a gap.
    either = fresh.on_conflict_do_update(index_elements=["comparison_id"], set_=_MORE, where=_HAS_ROOM)
    return either.returning(*_PLACE)


@cache
def _adding(dialect: str) -> Any:
    return adding(dialect, SEARCH_TEXTS).returning(SEARCH_TEXTS.c.number)


def _numbered(documents: Sequence[Document], places: dict[UUID, _Place]) -> dict[int, Document]:
    numbers = {}
    for offset, document in enumerate(documents):
        place = places.get(document.comparison_id)
        if place is None:
            continue  # it is no longer there, or has more texts than there are numbers
        within = 0 if document.kind == "title" else place.free + offset
        numbers[place.place * TEXTS + within] = document
    return numbers


async def _shelves(db: AsyncSession, homes: set[tuple[UUID, int]]) -> dict[tuple[UUID, int], int]:
    if not homes:
        return {}
    found = await db.execute(_STANDING, {"homes": list(homes)})
    return {(owner_id, generation): shelf for owner_id, generation, shelf in found}


async def _put_up(db: AsyncSession, homes: set[tuple[UUID, int]]) -> dict[tuple[UUID, int], int]:
    """The shelves of these, also where there was none."""
    there = await _shelves(db, homes)
    if missing := homes - there.keys():
        rows = [{"owner_id": owner_id, "generation": generation} for owner_id, generation in sorted(missing)]
        await db.execute(adding(dialect_of(db), SEARCH_SHELVES), rows)
        there |= await _shelves(db, missing)
    return there
