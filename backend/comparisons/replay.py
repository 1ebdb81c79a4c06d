"""A finished comparison as it happened, to be played back: when each answer began, grew and ended."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from backend.comparisons.export.archive import Archive, ArchivedResponse, ArchivedTurn, Timeline
from backend.kit.wire import Answer
from backend.providers.failures import FailureKind
from backend.rooms.snapshot import ResponseStatus

_MILLISECOND = timedelta(milliseconds=1)


class PlayedRetry(Answer, frozen=True, kw_only=True):
    at_ms: float
    """Since the turn began."""
    wait_ms: float
    kind: FailureKind
    message: str
    next_model_id: str


class PlayedResponse(Answer, frozen=True, kw_only=True):
    """All moments but those of the timeline count from the beginning of the turn."""

    response_id: UUID
    lane_id: UUID
    model_id: str
    attempt: int
    status: ResponseStatus
    asked_ms: float
    started_ms: float | None
    """Null: nobody was asked."""
    ended_ms: float | None
    queue_ms: float | None
    """Waited here before it was sent, within the time after its start."""
    retries: tuple[PlayedRetry, ...]
    timeline: Timeline
    """Milliseconds since the response began; UTF-16 units of answer and of reasoning that were there."""


class PlayedTurn(Answer, frozen=True, kw_only=True):
    turn_id: UUID
    number: int
    started_at: datetime | None
    ended_ms: float | None
    responses: tuple[PlayedResponse, ...]


class Replay(Answer, frozen=True, kw_only=True):
    session_id: UUID
    turns: tuple[PlayedTurn, ...]


def replay_of(archive: Archive) -> Replay:
    return Replay(session_id=archive.session_id, turns=tuple(_turn(turn) for turn in archive.turns))


def _turn(turn: ArchivedTurn) -> PlayedTurn:
    start = turn.started_at or turn.created_at
    return PlayedTurn(
        turn_id=turn.id,
        number=turn.number,
        started_at=turn.started_at,
        ended_ms=_since(start, turn.ended_at),
        responses=tuple(_response(response, start) for response in turn.responses),
    )


def _response(response: ArchivedResponse, start: datetime) -> PlayedResponse:
    return PlayedResponse(
        response_id=response.id,
        lane_id=response.lane_id,
        model_id=response.model_id,
        attempt=response.attempt,
        status=response.status,
        asked_ms=_after(start, response.created_at),
        started_ms=_since(start, response.started_at),
        ended_ms=_since(start, response.ended_at),
        queue_ms=response.queue_ms,
        retries=tuple(_retries(response, start)),
        timeline=response.timeline,
    )


def _retries(response: ArchivedResponse, start: datetime) -> Iterator[PlayedRetry]:
    for retry in response.retries:
        yield PlayedRetry(
            at_ms=_after(start, retry.at),
            wait_ms=retry.wait_ms,
            kind=retry.kind,
            message=retry.message,
            next_model_id=retry.next_model_id,
        )


def _since(start: datetime, at: datetime | None) -> float | None:
    return None if at is None else _after(start, at)


def _after(start: datetime, at: datetime) -> float:
    """Responses are made before their turn is started: they were there at 0."""
    return max(0.0, (at - start) / _MILLISECOND)
