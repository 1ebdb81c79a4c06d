"""What a comparison is called: as somebody said, or else by its first prompt."""

from typing import Final
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.comparisons.tables import ComparisonRow, TurnRow
from backend.rooms.snapshot import Turn

_LONGEST: Final = 80


def title_of(prompt: str) -> str:
    """Its first line."""
    line = prompt.strip().splitlines()[0].strip()
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


async def follow_prompt(db: AsyncSession, comparison_id: UUID, turn: Turn) -> str | None:
    """Another prompt took the place of the first one: it is the comparison's, which is called by it unless
    somebody gave a title. Returns the title; None when nothing is other than before.
    """
    earlier = exists().where(TurnRow.comparison_id == comparison_id, TurnRow.number < turn.number)
    was = await db.execute(
        select(ComparisonRow.title, ComparisonRow.prompt).where(ComparisonRow.id == comparison_id, ~earlier)
    )
    before = was.one_or_none()
    if before is None or before.prompt == turn.prompt:
        return None
    title = title_of(turn.prompt) if before.title == title_of(before.prompt) else before.title
    values = {"prompt": turn.prompt, "title": title}
    await db.execute(update(ComparisonRow).where(ComparisonRow.id == comparison_id).values(**values))
    return title
