"""What somebody wants of each lane: checked, written, changed."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.comparisons import repository
from backend.comparisons.checks import invalid, storable
from backend.comparisons.schemas import LaneChange, LaneInput
from backend.comparisons.tables import LANES, LaneRow, ResponseRow
from backend.kit import clock
from backend.kit.ids import new_id
from backend.rooms.snapshot import Lane


def check(lanes: Sequence[LaneInput], most: int, field: str) -> None:
    """Raises Invalid."""
    if len(lanes) > most:
        raise invalid(field, f"There may be {most} at most.")
    for place, lane in enumerate(lanes):
        storable(lane.label, f"lanes.{place}.label")
        storable(lane.system_prompt, f"lanes.{place}.systemPrompt")
        for number, stop in enumerate(lane.parameters.stop):
            storable(stop, f"lanes.{place}.parameters.stop.{number}")


def lane_of(lane: LaneInput) -> Lane:
    """A new one."""
    return Lane(
        id=new_id(),
        model_id=lane.model_id,
        label=lane.label,
        system_prompt=lane.system_prompt,
        parameters=lane.parameters,
        fallback_model_ids=lane.fallback_model_ids,
    )


def row_of(comparison_id: UUID, position: int, lane: LaneInput | Lane) -> dict[str, Any]:
    return {
        "comparison_id": comparison_id,
        "position": position,
        "model_id": lane.model_id,
        "label": lane.label,
        "system_prompt": lane.system_prompt,
        "parameters": msgspec.to_builtins(lane.parameters),
        "fallback_model_ids": list(lane.fallback_model_ids),
    }


async def add(db: AsyncSession, comparison_id: UUID, lanes: Sequence[Lane]) -> None:
    rows = [{"id": lane.id, **row_of(comparison_id, place, lane)} for place, lane in enumerate(lanes)]
    await db.execute(insert(LANES), rows)


async def put(db: AsyncSession, comparison_id: UUID, lanes: Sequence[LaneChange]) -> None:
    """A lane that is left out is removed; one that has answers stays to be seen with them."""
    there = {lane.id for lane in await repository.lanes_of(db, comparison_id)}
    _check_ids(lanes, there)
    at = clock.now()
    for place, lane in enumerate(lanes):
        row = row_of(comparison_id, place, lane)
        if lane.id is None:
            await db.execute(insert(LANES).values(id=new_id(), **row))
        else:
            await db.execute(update(LANES).where(LANES.c.id == lane.id).values(**row, removed_at=None))
    for gone in there - {lane.id for lane in lanes}:
        answered = await db.scalar(select(exists().where(ResponseRow.lane_id == gone)))
        if answered:
            position = len(lanes)
            await db.execute(
                update(LaneRow).where(LaneRow.id == gone).values(removed_at=at, position=position)
            )
        else:
            await db.execute(delete(LaneRow).where(LaneRow.id == gone))


def _check_ids(lanes: Sequence[LaneChange], there: set[UUID]) -> None:
    seen: set[UUID] = set()
    for place, lane in enumerate(lanes):
        if lane.id is not None and (lane.id not in there or lane.id in seen):
            raise invalid(f"lanes.{place}.id", "This comparison has no such lane, or it is named twice.")
        if lane.id is not None:
            seen.add(lane.id)
