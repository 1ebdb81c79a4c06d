"""What happens in a comparison, told event by event: each follows from those before it, as in real life."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from backend.kit.utf16 import units
from backend.rooms.protocol import (
    ChoiceMade,
    ComparisonChanged,
    ComparisonComplete,
    ComparisonError,
    ModelChunk,
    ModelComplete,
    ModelError,
    ModelReasoning,
    ModelRetry,
    ModelStart,
    ResponseAdded,
    ResponseStored,
    TurnQueued,
    TurnStarted,
)
from backend.rooms.snapshot import (
    Buckets,
    Comparison,
    HistoryMode,
    Lane,
    LaneParameters,
    Metrics,
    Response,
    Retry,
    Totals,
    Turn,
)

BEGINNING = datetime(2026, 11, 21, 12, tzinfo=UTC)
OWNER = UUID(int=0xABC)


def numbered_ids(first: int = 1) -> Iterator[UUID]:
    return (UUID(f"01900000-0000-7000-8000-{number:012x}") for number in count(first))


class Story:
    def __init__(self, lanes: int = 2, session_id: UUID | None = None, owner_id: UUID = OWNER) -> None:
        self._ids = numbered_ids()
        self._milliseconds = count()
        self._lengths: dict[tuple[UUID, type], int] = {}
        self._totals = Totals(status="in_progress")
        self._turns = 0
        self.lanes = tuple(self.lane(f"house/model-{number}") for number in range(lanes))
        self.beginning = Comparison(
            session_id=session_id or next(self._ids),
            title="Why?",
            prompt="Why?",
            models=tuple(lane.model_id for lane in self.lanes),
            history_mode="isolated",
            lanes=self.lanes,
            owner_id=owner_id,
            created_at=BEGINNING,
            updated_at=BEGINNING,
            status="pending",
        )
        self.session_id = self.beginning.session_id

    def now(self) -> datetime:
        return BEGINNING + timedelta(milliseconds=16 * next(self._milliseconds))

    def lane(self, model_id: str, **more: Any) -> Lane:
        fields = {"label": "", "system_prompt": "", "parameters": LaneParameters(), "fallback_model_ids": ()}
        return Lane(id=next(self._ids), model_id=model_id, **(fields | more))

    def response(self, turn_id: UUID, lane: Lane, attempt: int = 1) -> Response:
        return Response(
            id=next(self._ids),
            turn_id=turn_id,
            lane_id=lane.id,
            model_id=lane.model_id,
            attempt=attempt,
            status="pending",
            created_at=self.now(),
        )

    def turn(
        self, prompt: str = "Why?", *, mode: HistoryMode = "isolated", queued: int | None = None
    ) -> Turn:
        self._turns += 1
        turn_id = next(self._ids)
        lanes = [lane for lane in self.lanes if not lane.removed]
        return Turn(
            id=turn_id,
            number=self._turns,
            prompt=prompt,
            history_mode=mode,
            asked_by="Ada",
            created_at=self.now(),
            started=True,
            queue_place=queued,
            responses=tuple(self.response(turn_id, lane) for lane in lanes),
        )

    def starts(self, turn: Turn) -> TurnStarted:
        return TurnStarted(session_id=self.session_id, turn=turn)

    def waits(self, turn: Turn, place: int | None) -> TurnQueued:
        return TurnQueued(session_id=self.session_id, turn_id=turn.id, place=place)

    def regenerates(self, turn: Turn, first: Response) -> ResponseAdded:
        lane = next(lane for lane in self.lanes if lane.id == first.lane_id)
        return ResponseAdded(
            session_id=self.session_id, response=self.response(turn.id, lane, first.attempt + 1)
        )

    def begins(self, response: Response) -> ModelStart:
        return ModelStart(**self._of(response), timestamp=self.now())

    def says(self, response: Response, chunk: str) -> ModelChunk:
        return ModelChunk(**self._piece(ModelChunk, response, chunk))

    def thinks(self, response: Response, chunk: str) -> ModelReasoning:
        return ModelReasoning(**self._piece(ModelReasoning, response, chunk))

    def retries(self, response: Response) -> ModelRetry:
        retry = Retry(
            kind="rate_limited",
            message="Too many.",
            wait_ms=250.0,
            next_model_id=response.model_id,
            at=self.now(),
        )
        return ModelRetry(**self._of(response), retry=retry)

    def completes(
        self, response: Response, status: Any = "completed", *, stored: bool = True
    ) -> ModelComplete:
        ended = self._ended(response, stored=stored)
        return ModelComplete(**ended, status=status)

    def fails(self, response: Response, kind: Any = "provider_error", status: Any = "error") -> ModelError:
        ended = self._ended(response, stored=True)
        return ModelError(**ended, status=status, kind=kind, error="It went wrong.", retry_after=2.0)

    def stores(self, response: Response) -> ResponseStored:
        return ResponseStored(session_id=self.session_id, response_id=response.id, totals=self._count())

    def ends(self, turn: Turn) -> ComparisonComplete:
        self._totals = replace(self._totals, status="completed")
        return ComparisonComplete(session_id=self.session_id, turn_id=turn.id, totals=self._totals)

    def ends_badly(self, turn: Turn) -> ComparisonError:
        self._totals = replace(self._totals, status="failed")
        return ComparisonError(
            session_id=self.session_id, turn_id=turn.id, totals=self._totals, message="Nobody answered."
        )

    def chooses(self, turn: Turn, response: Response | None) -> ChoiceMade:
        chosen = response.id if response else None
        return ChoiceMade(session_id=self.session_id, turn_id=turn.id, response_id=chosen)

    def changes(
        self,
        title: str,
        lanes: tuple[Lane, ...],
        mode: HistoryMode = "isolated",
        prompt: str = "Why?",
    ) -> ComparisonChanged:
        self.lanes = lanes
        return ComparisonChanged(
            session_id=self.session_id,
            title=title,
            prompt=prompt,
            tags=("physics",),
            history_mode=mode,
            lanes=lanes,
            updated_at=self.now(),
        )

    def _of(self, response: Response) -> dict[str, Any]:
        return {
            "session_id": self.session_id,
            "response_id": response.id,
            "lane_id": response.lane_id,
            "model_id": response.model_id,
        }

    def _piece(self, kind: type, response: Response, chunk: str) -> dict[str, Any]:
        offset = self._lengths.get((response.id, kind), 0)
        self._lengths[response.id, kind] = offset + units(chunk)
        return {**self._of(response), "offset": offset, "chunk": chunk, "timestamp": self.now()}

    def _ended(self, response: Response, *, stored: bool) -> dict[str, Any]:
        length = self._lengths.get((response.id, ModelChunk), 0)
        metrics = Metrics(
            provider="house",
            answered_by=response.model_id,
            input_tokens=3,
            output_tokens=length,
            total_tokens=length + 3,
            buckets=Buckets(input=3, output=length),
            tokens_origin="reported",
            cost=length / 1000,
            cost_origin="computed",
            time_to_first_token_ms=12.5,
            response_time_ms=250.0,
            tokens_per_second=40.0,
            finish_reason="stop",
        )
        return {
            **self._of(response),
            "turn_id": response.turn_id,
            "metrics": metrics,
            "totals": self._count() if stored else None,
            "stored": stored,
            "timestamp": self.now(),
        }

    def _count(self) -> Totals:
        done = self._totals.response_count + 1
        self._totals = replace(self._totals, response_count=done, total_tokens=done * 10)
        return self._totals
