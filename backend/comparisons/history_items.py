"""What a list shows of comparisons, for a page of them at once. Which ones, others have found out."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts import users
from backend.accounts.callers import Caller
from backend.comparisons import tags
from backend.comparisons.access import access_column
from backend.comparisons.excerpts import excerpt
from backend.comparisons.history_schemas import HistoryItem, Hit
from backend.comparisons.search import Kind
from backend.comparisons.tables import ComparisonRow, LaneRow, ResponseRow, SearchTextRow, TurnRow
from backend.comparisons.words import Term
from backend.comparisons.writing import totals_from
from backend.rooms.protocol import Access

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
)


async def items(
    db: AsyncSession, caller: Caller, ids: Sequence[UUID], hits: Mapping[UUID, tuple[Hit, ...]] | None = None
) -> tuple[HistoryItem, ...]:
    """In this order."""
    if not ids:
        return ()
    query = select(*_COLUMNS, access_column(caller).label("access")).where(ComparisonRow.id.in_(ids))
    rows = {row.id: row for row in await db.execute(query)}
    models, tagged, turns = await _models(db, ids), await tags.of(db, ids), await _turns(db, ids)
    owners = {row.owner_id for row in rows.values()} - {caller.user_id}
    names = await users.emails(db, owners) if owners else {}

    def item(row: Any) -> HistoryItem:
        return HistoryItem(
            **msgspec.structs.asdict(totals_from(row)),
            session_id=row.id,
            title=row.title,
            prompt=row.prompt if len(row.prompt) <= _PROMPT else f"{row.prompt[: _PROMPT - 1]}…",
            models=tuple(models.get(row.id, ())),
            tags=tagged.get(row.id, ()),
            lane_count=len(models.get(row.id, ())),
            turn_count=turns.get(row.id, 0),
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
    query = select(SearchTextRow.number, SearchTextRow.kind, SearchTextRow.ref)
    wanted = [number for found in shown.values() for number in found]
    rows = (await db.execute(query.where(SearchTextRow.number.in_(wanted)))).all()
    refs: dict[str, list[UUID]] = {"title": [], "prompt": [], "answer": []}
    for _, kind, ref in rows:
        refs[kind].append(ref)
    texts = await _titles(db, refs["title"]) | await _prompts(db, refs["prompt"])
    texts |= await _answers(db, refs["answer"])
    hits = {number: _hit(cast("Kind", kind), texts[ref], terms) for number, kind, ref in rows if ref in texts}
    return {key: tuple(hits[number] for number in found if number in hits) for key, found in shown.items()}


def _hit(kind: Kind, source: Any, terms: Sequence[Term]) -> Hit:
    text, turn_id, response_id, model_id = source
    found = excerpt(text, terms)
    return Hit(
        text=found.text,
        marks=found.marks,
        kind=kind,
        turn_id=turn_id,
        response_id=response_id,
        model_id=model_id,
    )


_Texts = dict[UUID, tuple[str, UUID | None, UUID | None, str | None]]


async def _titles(db: AsyncSession, ids: Sequence[UUID]) -> _Texts:
    query = select(ComparisonRow.id, ComparisonRow.title).where(ComparisonRow.id.in_(ids))
    return {key: (title, None, None, None) for key, title in await db.execute(query)} if ids else {}


async def _prompts(db: AsyncSession, ids: Sequence[UUID]) -> _Texts:
    query = select(TurnRow.id, func.substr(TurnRow.prompt, 1, _MOST_CHARACTERS)).where(TurnRow.id.in_(ids))
    return {key: (prompt, key, None, None) for key, prompt in await db.execute(query)} if ids else {}


async def _answers(db: AsyncSession, ids: Sequence[UUID]) -> _Texts:
    text = func.substr(ResponseRow.text, 1, _MOST_CHARACTERS)
    query = select(ResponseRow.id, text, ResponseRow.turn_id, ResponseRow.model_id)
    if not ids:
        return {}
    rows = await db.execute(query.where(ResponseRow.id.in_(ids)))
    return {key: (text, turn_id, key, model_id) for key, text, turn_id, model_id in rows}


async def _models(db: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """Of the lanes that are there, in their order."""
    query = (
        select(LaneRow.comparison_id, LaneRow.model_id)
        .where(LaneRow.comparison_id.in_(ids), LaneRow.removed_at.is_(None))
        .order_by(LaneRow.comparison_id, LaneRow.position)
    )
    models: dict[UUID, list[str]] = {}
    for comparison_id, model_id in await db.execute(query):
        models.setdefault(comparison_id, []).append(model_id)
    return models


async def _turns(db: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, int]:
    query = select(TurnRow.comparison_id, func.count()).where(TurnRow.comparison_id.in_(ids))
    rows = await db.execute(query.group_by(TurnRow.comparison_id))
    return dict(rows.all())
