"""How the room is told of what is on the record, or cannot be. Pure."""

from typing import assert_never

from backend.comparisons.batch import Ending, TurnEnd
from backend.comparisons.writing import Written
from backend.rooms.protocol import (
    ComparisonChanged,
    ComparisonComplete,
    ComparisonError,
    ModelComplete,
    ModelError,
    RoomEvent,
)
from backend.rooms.snapshot import Comparison, Totals


def end_of(ending: Ending, totals: Totals | None) -> RoomEvent:
    of, closed = ending.identity, ending.closed
    metrics = ending.account.metrics
    match closed.status:
        case "completed" | "cancelled" as whole:
            return ModelComplete(
                session_id=of.comparison_id,
                response_id=of.response_id,
                lane_id=of.lane_id,
                turn_id=of.turn_id,
                model_id=of.model_id,
                metrics=metrics,
                totals=totals,
                stored=totals is not None,
                timestamp=ending.ended_at,
                status=whole,
            )
        case "error" | "interrupted" as broken:
            return ModelError(
                session_id=of.comparison_id,
                response_id=of.response_id,
                lane_id=of.lane_id,
                turn_id=of.turn_id,
                model_id=of.model_id,
                metrics=metrics,
                totals=totals,
                stored=totals is not None,
                timestamp=ending.ended_at,
                status=broken,
                kind=closed.kind or "internal",
                error=closed.message or "",
                retry_after=closed.retry_after,
            )
        case _:
            assert_never(closed.status)


def end_of_turn(end: TurnEnd, written: Written) -> RoomEvent:
    of, turn_id = end.comparison_id, end.turn_id
    totals = written.totals.get(of, Totals(status="failed"))
    if turn_id in written.answered:
        return ComparisonComplete(session_id=of, turn_id=turn_id, totals=totals)
    return ComparisonError(session_id=of, turn_id=turn_id, totals=totals, message="No model has answered.")


def changed_to(now: Comparison) -> ComparisonChanged:
    return ComparisonChanged(
        session_id=now.session_id,
        title=now.title,
        prompt=now.prompt,
        tags=now.tags,
        history_mode=now.history_mode,
        lanes=now.lanes,
        updated_at=now.updated_at,
    )
