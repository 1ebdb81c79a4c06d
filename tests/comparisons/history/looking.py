"""The history as somebody reads it: page after page."""

from uuid import UUID

from backend.accounts.callers import Caller
from backend.comparisons import history
from backend.comparisons.history import Filters, Slice
from backend.comparisons.history_items import hits_of
from backend.comparisons.history_schemas import Hit
from backend.comparisons.search import BEYOND
from backend.comparisons.words import terms_of
from backend.kit.db import Database

EVERYTHING = Filters()
_PATIENCE = 0.0  # every page ends as early as it may


async def pages(
    database: Database,
    caller: Caller,
    filters: Filters = EVERYTHING,
    *,
    limit: int = 3,
    patience: float = _PATIENCE,
) -> list[UUID]:
    """Everything, as one goes on from cursor to cursor."""
    found: list[UUID] = []
    below: UUID | None = None
    while True:
        async with database.reading() as db:
            page = await history.listed(db, caller, filters, below, limit, patience=patience)
        found += page.ids
        if page.next is None:
            return found
        assert isinstance(page.next, UUID)
        assert below is None or page.next < below
        below = page.next


async def finds(
    database: Database,
    caller: Caller,
    question: str,
    filters: Filters = EVERYTHING,
    *,
    limit: int = 3,
    patience: float = _PATIENCE,
) -> list[UUID]:
    found: list[UUID] = []
    before = BEYOND
    while True:
        page = await search_page(database, caller, question, filters, before, limit, patience)
        found += page.ids
        if page.next is None:
            return found
        assert isinstance(page.next, int)
        assert page.next < before
        before = page.next


async def search_page(
    database: Database,
    caller: Caller,
    question: str,
    filters: Filters = EVERYTHING,
    before: int = BEYOND,
    limit: int = 3,
    patience: float = 60,
) -> Slice:
    async with database.reading() as db:
        return await history.searched(
            db, caller, filters, terms_of(question), before, limit, patience=patience
        )


async def hits(database: Database, caller: Caller, question: str) -> list[tuple[Hit, ...]]:
    found = await search_page(database, caller, question)
    async with database.reading() as db:
        shown = await hits_of(db, terms_of(question), found.numbers)
    return [shown[key] for key in found.ids]
