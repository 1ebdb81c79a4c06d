"""The queries about comparisons, lanes, turns and responses. Who may see one is settled in access.py."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, cast
from uuid import UUID

import msgspec
from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.attachments import repository as attachments
from backend.attachments.schemas import Attachment
from backend.comparisons.access import visible_to
from backend.comparisons.tables import (
    COMPARISONS,
    LANES,
    RESPONSES,
    TAGS,
    TURNS,
    ComparisonRow,
    LaneRow,
    ResponseRow,
)
from backend.comparisons.writing import totals_from
from backend.kit.errors import NotFound
from backend.rooms.snapshot import (
    Comparison,
    HistoryMode,
    Lane,
    LaneParameters,
    Metrics,
    Response,
    Retry,
    Turn,
)

# Built once: that takes longer than to answer them.
_ID: Final = bindparam("comparison", type_=Uuid())
_COMPARISON: Final = select(COMPARISONS).where(COMPARISONS.c.id == _ID, COMPARISONS.c.deleted_at.is_(None))
_ITS_LANES: Final = select(LANES).where(LANES.c.comparison_id == _ID).order_by(LANES.c.position, LANES.c.id)
_ITS_TAGS: Final = select(TAGS.c.tag).where(TAGS.c.comparison_id == _ID).order_by(TAGS.c.tag)
_ITS_TURNS: Final = select(TURNS).where(TURNS.c.comparison_id == _ID).order_by(TURNS.c.number)
_ITS_RESPONSES: Final = select(RESPONSES).where(RESPONSES.c.comparison_id == _ID).order_by(RESPONSES.c.id)
_UNFINISHED: Final = (
    select(RESPONSES.c.id, RESPONSES.c.turn_id, RESPONSES.c.lane_id)
    .join(TURNS, TURNS.c.id == RESPONSES.c.turn_id)
    .where(
        RESPONSES.c.comparison_id == _ID,
        RESPONSES.c.status.in_(("pending", "streaming")),
        TURNS.c.started_at.is_not(None),
    )
)
_LAST_NUMBER: Final = select(func.max(TURNS.c.number)).where(TURNS.c.comparison_id == _ID)
_ATTEMPTS: Final = (
    select(RESPONSES.c.lane_id, func.max(RESPONSES.c.attempt))
    .where(RESPONSES.c.turn_id == bindparam("turn", type_=Uuid()))
    .group_by(RESPONSES.c.lane_id)
)
_LOCKING: Final = select(COMPARISONS.c.id).where(COMPARISONS.c.id == _ID).with_for_update()


async def load(db: AsyncSession, comparison_id: UUID) -> Comparison:
    """All of it. Raises NotFound for what is not there or was deleted."""
    row = (await db.execute(_COMPARISON, {"comparison": comparison_id})).one_or_none()
    if row is None:
        raise NotFound
    lanes = await lanes_of(db, comparison_id)
    totals = msgspec.structs.asdict(totals_from(row))
    return Comparison(
        **totals,
        session_id=row.id,
        title=row.title,
        prompt=row.prompt,
        models=tuple(lane.model_id for lane in lanes if not lane.removed),
        history_mode=cast("HistoryMode", row.history_mode),
        tags=await tags_of(db, comparison_id),
        lanes=lanes,
        turns=await turns_of(db, comparison_id),
        owner_id=row.owner_id,
        branched_from=row.branched_from,
        imported_at=row.imported_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def lanes_of(db: AsyncSession, comparison_id: UUID) -> tuple[Lane, ...]:
    """In their order; those that were removed are among them."""
    rows = await db.execute(_ITS_LANES, {"comparison": comparison_id})
    return tuple(
        Lane(
            id=row.id,
            model_id=row.model_id,
            label=row.label,
            system_prompt=row.system_prompt,
            parameters=msgspec.convert(row.parameters, LaneParameters),
            fallback_model_ids=tuple(row.fallback_model_ids),
            removed=row.removed_at is not None,
        )
        for row in rows
    )


async def tags_of(db: AsyncSession, comparison_id: UUID) -> tuple[str, ...]:
    return tuple(await db.scalars(_ITS_TAGS, {"comparison": comparison_id}))


async def turns_of(db: AsyncSession, comparison_id: UUID) -> tuple[Turn, ...]:
    """With all attempts, by lane and attempt as they were made."""
    turns = (await db.execute(_ITS_TURNS, {"comparison": comparison_id})).all()
    responses: dict[UUID, list[Response]] = {turn.id: [] for turn in turns}
    for row in await db.execute(_ITS_RESPONSES, {"comparison": comparison_id}):
        responses[row.turn_id].append(response_from(row))
    attached = await attachments.of_turns(db, comparison_id)
    return tuple(
        turn_from(row, responses[row.id], [each.about for each in attached.get(row.id, ())]) for row in turns
    )


def turn_from(row: Any, responses: Iterable[Response], attached: Iterable[Attachment]) -> Turn:
    return Turn(
        id=row.id,
        number=row.number,
        prompt=row.prompt,
        attachments=tuple(attached),
        history_mode=cast("HistoryMode", row.history_mode),
        asked_by=row.asked_by_name,
        created_at=row.created_at,
        started=row.started_at is not None,
        chosen_response_id=row.chosen_response_id,
        responses=tuple(responses),
    )


def response_from(row: Any) -> Response:
    """Metrics come camelCase out of their column, as they went in."""
    metrics = msgspec.convert(row.metrics, Metrics)
    return Response(
        **msgspec.structs.asdict(metrics),
        id=row.id,
        turn_id=row.turn_id,
        lane_id=row.lane_id,
        model_id=row.model_id,
        attempt=row.attempt,
        status=row.status,
        text=row.text,
        reasoning=row.reasoning,
        error_kind=row.error_kind,
        error_message=row.error_message,
        retry_after=row.retry_after,
        retries=tuple(msgspec.convert(row.retries, list[Retry])),
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


async def latest_models(db: AsyncSession, owner_id: UUID) -> tuple[str, ...]:
    """Of the comparison that somebody made last."""
    latest = (
        select(ComparisonRow.id)
        .where(ComparisonRow.owner_id == owner_id, ComparisonRow.deleted_at.is_(None))
        .order_by(ComparisonRow.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    found = await db.scalars(
        select(LaneRow.model_id)
        .where(LaneRow.comparison_id == latest, LaneRow.removed_at.is_(None))
        .order_by(LaneRow.position)
    )
    return tuple(found)


async def comparison_of_response(db: AsyncSession, response_id: UUID) -> UUID | None:
    return await db.scalar(select(ResponseRow.comparison_id).where(ResponseRow.id == response_id))


async def unfinished(db: AsyncSession, comparison_id: UUID) -> Sequence[Any]:
    """Responses of turns that were started, and have not ended: `id`, `turn_id`, `lane_id`."""
    return (await db.execute(_UNFINISHED, {"comparison": comparison_id})).all()


async def next_number(db: AsyncSession, comparison_id: UUID) -> int:
    return (await db.scalar(_LAST_NUMBER, {"comparison": comparison_id}) or 0) + 1


async def attempts(db: AsyncSession, turn_id: UUID) -> dict[UUID, int]:
    """How many each lane has had in a turn."""
    return dict((await db.execute(_ATTEMPTS, {"turn": turn_id})).all())


async def lock(db: AsyncSession, comparison_id: UUID) -> None:
    """Until the transaction ends. SQLite has one writer at a time anyway."""
    await db.execute(_LOCKING, {"comparison": comparison_id})


async def is_answer(db: AsyncSession, turn_id: UUID, response_id: UUID) -> bool:
    """One that can be gone on from: whole, or as far as it got."""
    query = select(ResponseRow.id).where(
        ResponseRow.id == response_id,
        ResponseRow.turn_id == turn_id,
        ResponseRow.status.in_(("completed", "cancelled", "interrupted")),
        ResponseRow.text != "",
    )
    return await db.scalar(query) is not None


async def response_row(db: AsyncSession, response_id: UUID) -> Any:
    """None when there is none."""
    return (
        await db.execute(
            select(
                ResponseRow.comparison_id,
                ResponseRow.turn_id,
                ResponseRow.model_id,
                ResponseRow.system_prompt,
                ResponseRow.parameters,
                ResponseRow.history,
                ResponseRow.metrics,
            ).where(ResponseRow.id == response_id)
        )
    ).one_or_none()


async def titles(db: AsyncSession, caller: Caller, comparison_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Of those that the caller may see: who answers for the bill does not read along."""
    rows = await db.execute(
        select(ComparisonRow.id, ComparisonRow.title).where(
            ComparisonRow.id.in_(comparison_ids), visible_to(caller)
        )
    )
    return dict(rows.all())
