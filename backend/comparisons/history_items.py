"""What a list shows of comparisons, for a page of them at once. Which ones, others have found out."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeAlias, cast
from uuid import UUID

import msgspec
from sqlalchemy import Executable, func, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts import users
from backend.accounts.callers import Caller
from backend.comparisons.access import AnySelect, Somebody, access_column, names_of, somebody_like
from backend.comparisons.excerpts import excerpt
from backend.comparisons.history_schemas import HistoryItem, Hit
from backend.comparisons.search import Kind
from backend.comparisons.tables import ComparisonRow, LaneRow, ResponseRow, SearchTextRow, TagRow, TurnRow
from backend.comparisons.words import Term
from backend.comparisons.writing import totals_from
from backend.kit.among import among
from backend.rooms.protocol import Access

_Labels: TypeAlias = dict[UUID, list[str]]

_PROMPT: Final = 300
_MOST_HITS: Final = 3
_MOST_CHARACTERS: Final = 100_000

_COLUMNS: Final = (
    ComparisonRow.id,
    ComparisonRow.owner_id,
    ComparisonRow.title,
    func.substr(ComparisonRow.prompt, 1, _PROMPT + 1).label("prompt"),
    ComparisonRow.status,
    ComparisonRow.total_tokens,
    ComparisonRow.total_cost,
    ComparisonRow.unknown_costs,
    ComparisonRow.response_count,
    ComparisonRow.completed_count,
    ComparisonRow.completed_ms,
    ComparisonRow.created_at,
    ComparisonRow.updated_at,
    ComparisonRow.deleted_at,
    select(func.count())
    .where(TurnRow.comparison_id == ComparisonRow.id)
    .scalar_subquery()
    .label("turn_count"),
)
_LABELS: Final[Executable] = union_all(
    select(LaneRow.comparison_id, LaneRow.position, LaneRow.model_id.label("label")).where(
        among(LaneRow.comparison_id, "ids"), LaneRow.removed_at.is_(None)
    ),
    select(TagRow.comparison_id, null(), TagRow.tag).where(among(TagRow.comparison_id, "ids")),
).order_by("position")
# Whichever of the three it is, the others are not there.
_TEXTS: Final = (
    select(
        SearchTextRow.number,
        SearchTextRow.kind,
        func.coalesce(
            ComparisonRow.title,
            func.substr(TurnRow.prompt, 1, _MOST_CHARACTERS),
            func.substr(ResponseRow.text, 1, _MOST_CHARACTERS),
        ).label("text"),
        func.coalesce(TurnRow.id, ResponseRow.turn_id).label("turn_id"),
        ResponseRow.id.label("response_id"),
        ResponseRow.model_id,
    )
    .outerjoin(ComparisonRow, ComparisonRow.id == SearchTextRow.ref)
    .outerjoin(TurnRow, TurnRow.id == SearchTextRow.ref)
    .outerjoin(ResponseRow, ResponseRow.id == SearchTextRow.ref)
    .where(among(SearchTextRow.number, "numbers"))
)


@cache
def _shown_to(somebody: Somebody) -> AnySelect:
    query: AnySelect = select(*_COLUMNS, access_column(somebody).label("access"))
    return query.where(among(ComparisonRow.id, "ids"))


async def items(
    db: AsyncSession, caller: Caller, ids: Sequence[UUID], hits: Mapping[UUID, tuple[Hit, ...]] | None = None
) -> tuple[HistoryItem, ...]:
    """In this order."""
    if not ids:
        return ()
    named = names_of(caller) | {"ids": ids}
    rows = {row.id: row for row in await db.execute(_shown_to(somebody_like(caller)), named)}
    models, tags = await _labels(db, ids)
    owners = {row.owner_id for row in rows.values()} - {caller.user_id}
    names = await users.emails(db, owners) if owners else {}

    def item(row: Any) -> HistoryItem:
        return HistoryItem(
            **msgspec.structs.asdict(totals_from(row)),
            session_id=row.id,
            title=row.title,
            prompt=row.prompt if len(row.prompt) <= _PROMPT else f"{row.prompt[: _PROMPT - 1]}…",
            models=tuple(models.get(row.id, ())),
            tags=tuple(sorted(tags.get(row.id, ()))),
            lane_count=len(models.get(row.id, ())),
            turn_count=row.turn_count,
            created_at=row.created_at,
            updated_at=row.updated_at,
            deleted_at=row.deleted_at,
            access=cast("Access", row.access),
            owner=None if row.owner_id == caller.user_id else names.get(row.owner_id, ""),
            hits=(hits or {}).get(row.id, ()),
        )

    return tuple(item(rows[key]) for key in ids if key in rows)


async def hits_of(
    db: AsyncSession, terms: Sequence[Term], numbers: Mapping[UUID, Sequence[int]]
) -> dict[UUID, tuple[Hit, ...]]:
    """A few for each comparison: its title first, then prompts and answers as they came."""
    shown = {key: sorted(found)[:_MOST_HITS] for key, found in numbers.items()}
    wanted = [number for found in shown.values() for number in found]
    rows = await db.execute(_TEXTS, {"numbers": wanted})
    hits = {row.number: _hit(row, terms) for row in rows if row.text is not None}
    return {key: tuple(hits[number] for number in found if number in hits) for key, found in shown.items()}


def _hit(row: Any, terms: Sequence[Term]) -> Hit:
    found = excerpt(row.text, terms)
    return Hit(
        text=found.text,
        marks=found.marks,
        kind=cast("Kind", row.kind),
        turn_id=row.turn_id,
        response_id=row.response_id,
        model_id=row.model_id,
    )


async def _labels(db: AsyncSession, ids: Sequence[UUID]) -> tuple[_Labels, _Labels]:
    """The models of the lanes that are there, in their order; the tags, in none."""
    models: _Labels = {}
    tags: _Labels = {}
    for comparison_id, position, label in await db.execute(_LABELS, {"ids": ids}):
        labels = tags if position is None else models
        labels.setdefault(comparison_id, []).append(label)
    return models, tags
