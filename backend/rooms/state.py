"""A comparison in memory, changed by its room's events alone: the same events, the same comparison.

The page has a twin of it, so it stays this plain. Knows neither sockets nor the database.
"""

from typing import assert_never
from uuid import UUID

from msgspec.structs import asdict, replace

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
    RoomEvent,
    TurnQueued,
    TurnStarted,
)
from backend.rooms.snapshot import Comparison, Lane, Response, Totals, Turn
from backend.rooms.text import GrowingText, OutOfStep


class _Answer:
    """A response; its texts are kept apart, because they grow."""

    __slots__ = ("reasoning", "response", "text")

    def __init__(self, response: Response) -> None:
        self.response = response
        self.text = GrowingText(response.text)
        self.reasoning = GrowingText(response.reasoning)

    def change(self, **values: object) -> None:
        self.response = replace(self.response, **values)

    def end(self, event: ModelComplete | ModelError, **failure: object) -> None:
        numbers = asdict(event.metrics)
        self.change(status=event.status, ended_at=event.timestamp, stored=event.stored, **failure, **numbers)

    def snapshot(self) -> Response:
        if self.text.grown or self.reasoning.grown:
            self.change(text=self.text.read(), reasoning=self.reasoning.read())
        return self.response


class RoomState:
    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._turns: dict[UUID, Turn] = {}
        self._answers: dict[UUID, _Answer] = {}
        self._of_turn: dict[UUID, list[_Answer]] = {}
        for turn in comparison.turns:
            self._put(turn)

    def snapshot(self) -> Comparison:
        turns = tuple(
            replace(turn, responses=tuple(answer.snapshot() for answer in self._of_turn[turn.id]))
            for turn in self._turns.values()
        )
        return replace(self._comparison, turns=turns)

    def apply(self, event: RoomEvent) -> None:
        """An event that is known already changes nothing. Raises OutOfStep, and then nothing is changed."""
        match event:
            case ModelChunk():
                self._answer(event.response_id).text.add(event.offset, event.chunk)
            case ModelReasoning():
                self._answer(event.response_id).reasoning.add(event.offset, event.chunk)
            case ModelStart() | ModelRetry() | ModelComplete() | ModelError() | ResponseStored():
                self._to_response(event)
            case TurnStarted() | TurnQueued() | ResponseAdded() | ChoiceMade():
                self._to_turn(event)
            case ComparisonComplete() | ComparisonError():
                self._total(event.totals)
            case ComparisonChanged():
                self._change(event)
            case _:
                assert_never(event)

    def _to_response(
        self, event: ModelStart | ModelRetry | ModelComplete | ModelError | ResponseStored
    ) -> None:
        answer = self._answer(event.response_id)
        match event:
            case ModelStart():
                if answer.response.status == "pending":
                    answer.change(status="streaming", started_at=event.timestamp)
            case ModelRetry():
                if event.retry not in answer.response.retries:
                    answer.change(retries=(*answer.response.retries, event.retry))
            case ModelComplete():
                answer.end(event, error_kind=None, error_message=None, retry_after=None)
                self._total(event.totals)
            case ModelError():
                failure = {"error_kind": event.kind, "error_message": event.error}
                answer.end(event, **failure, retry_after=event.retry_after)
                self._total(event.totals)
            case ResponseStored():
                answer.change(stored=True)
                self._total(event.totals)
            case _:
                assert_never(event)

    def _to_turn(self, event: TurnStarted | TurnQueued | ResponseAdded | ChoiceMade) -> None:
        match event:
            case TurnStarted():
                self._put(event.turn)
            case ResponseAdded():
                self._add(event.response)
            case TurnQueued():
                self._change_turn(event.turn_id, queue_place=event.place)
            case ChoiceMade():
                self._change_turn(event.turn_id, chosen_response_id=event.response_id)
            case _:
                assert_never(event)

    def _answer(self, response_id: UUID) -> _Answer:
        answer = self._answers.get(response_id)
        if answer is None:
            raise OutOfStep(f"nobody has heard of response {response_id}")
        return answer

    def _put(self, turn: Turn) -> None:
        """Answers that are known are further than those that a turn begins with."""
        self._turns[turn.id] = replace(turn, responses=())
        self._of_turn.setdefault(turn.id, [])
        for response in turn.responses:
            self._add(response)

    def _add(self, response: Response) -> None:
        if response.turn_id not in self._turns:
            raise OutOfStep(f"nobody has heard of turn {response.turn_id}")
        if response.id not in self._answers:
            answer = self._answers[response.id] = _Answer(response)
            self._of_turn[response.turn_id].append(answer)
            if response.status in {"pending", "streaming"}:
                latest = max(self._comparison.updated_at, response.created_at)
                self._comparison = replace(self._comparison, status="in_progress", updated_at=latest)

    def _change_turn(self, turn_id: UUID, **values: object) -> None:
        turn = self._turns.get(turn_id)
        if turn is None:
            raise OutOfStep(f"nobody has heard of turn {turn_id}")
        self._turns[turn_id] = replace(turn, **values)

    def _total(self, totals: Totals | None) -> None:
        if totals is not None:
            self._comparison = replace(self._comparison, **asdict(totals))

    def _change(self, event: ComparisonChanged) -> None:
        self._comparison = replace(
            self._comparison,
            title=event.title,
            prompt=event.prompt,
            tags=event.tags,
            history_mode=event.history_mode,
            lanes=event.lanes,
            models=models_of(event.lanes),
            updated_at=event.updated_at,
        )


def models_of(lanes: tuple[Lane, ...]) -> tuple[str, ...]:
    return tuple(lane.model_id for lane in lanes if not lane.removed)
