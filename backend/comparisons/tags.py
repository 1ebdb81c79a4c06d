"""Words by which people put comparisons in order: in lower case, so that each is there once."""

import unicodedata
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.comparisons.access import newest_for
from backend.comparisons.tables import ComparisonRow, TagRow
from backend.kit.errors import FieldProblem, Invalid
from backend.kit.upsert import insert

MOST_TAGS: Final = 20
LONGEST_TAG: Final = 50
COUNTED: Final = 5_000
"""Comparisons that are looked at for what somebody's tags are."""
_MOST_SHOWN: Final = 100


def tag_of(given: str) -> str:
    """As it is kept. Empty: there is nothing in it."""
    return " ".join(unicodedata.normalize("NFC", given.lower()).split())


def normalised(given: Sequence[str]) -> tuple[str, ...]:
    """Each once, in their order. Raises Invalid."""
    tags = [tag_of(tag) for tag in given]
    problems = [
        FieldProblem(field=f"tags.{number}", message=f"A tag has 1 to {LONGEST_TAG} printable characters.")
        for number, tag in enumerate(tags)
        if not tag or len(tag) > LONGEST_TAG or not tag.isprintable()
    ]
    if len(set(tags)) > MOST_TAGS:
        problems.append(FieldProblem(field="tags", message=f"There may be {MOST_TAGS} at most."))
    if problems:
        raise Invalid(problems)
    return tuple(dict.fromkeys(tags))


async def put(db: AsyncSession, comparison_id: UUID, tags: Sequence[str]) -> None:
    """In place of those before; as `normalised` gives them."""
    others = delete(TagRow).where(TagRow.comparison_id == comparison_id, TagRow.tag.not_in(tags))
    await db.execute(others)
    await add(db, comparison_id, tags)


async def add(db: AsyncSession, comparison_id: UUID, tags: Sequence[str]) -> None:
    """Those that it has already it keeps."""
    if tags:
        rows = [{"comparison_id": comparison_id, "tag": tag} for tag in tags]
        await db.execute(insert(db, TagRow).on_conflict_do_nothing(), rows)


async def counted(db: AsyncSession, caller: Caller, beginning: str = "") -> list[tuple[str, int]]:
    """Of what this caller sees, the most used first."""
    seen = newest_for(caller, select(ComparisonRow.id), COUNTED).subquery()
    often = func.count()
    query = (
        select(TagRow.tag, often)
        .join(seen, seen.c.id == TagRow.comparison_id)
        .where(_begins(tag_of(beginning)))
        .group_by(TagRow.tag)
        .order_by(often.desc(), TagRow.tag)
        .limit(_MOST_SHOWN)
    )
    return [(tag, amount) for tag, amount in await db.execute(query)]


def _begins(beginning: str) -> ColumnElement[bool]:
    return TagRow.tag.startswith(beginning, autoescape=True)
