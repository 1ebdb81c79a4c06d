"""What a lane is shown of earlier turns."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest

from backend.comparisons.histories import by_ids, history_of
from backend.kit.errors import AppError
from backend.kit.ids import new_id
from backend.providers.chat import assistant, user
from backend.rooms.snapshot import Comparison, HistoryMode, Response, ResponseStatus, Turn

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
A, B = new_id(), new_id()


def response(lane: UUID, text: str, status: ResponseStatus = "completed", attempt: int = 1) -> Response:
    return Response(
        id=new_id(),
        turn_id=new_id(),
        lane_id=lane,
        model_id="simulator/swift",
        attempt=attempt,
        status=status,
        text=text,
        created_at=NOW,
    )


def turn(number: int, *responses: Response, chosen: Response | None = None, started: bool = True) -> Turn:
    return Turn(
        id=new_id(),
        number=number,
        prompt=f"Prompt {number}",
        history_mode="isolated",
        asked_by="Ada",
        created_at=NOW,
        started=started,
        chosen_response_id=chosen.id if chosen else None,
        responses=responses,
    )


def compared(*turns: Turn) -> Comparison:
    return Comparison(
        status="completed",
        session_id=new_id(),
        title="",
        prompt="Prompt 1",
        models=(),
        history_mode="isolated",
        lanes=(),
        turns=turns,
        owner_id=new_id(),
        created_at=NOW,
        updated_at=NOW,
    )


def shown(comparison: Comparison, lane: UUID, mode: HistoryMode, before: int = 9) -> Sequence[object]:
    history = history_of(comparison, lane, before, mode)
    again = by_ids(comparison.turns, history.response_ids)
    assert again == history
    return history.messages


def test_in_isolation_a_lane_sees_its_own_answers() -> None:
    comparison = compared(turn(1, response(A, "a1"), response(B, "b1")), turn(2, response(B, "b2")))
    assert shown(comparison, A, "isolated") == (user("Prompt 1"), assistant("a1"))
    assert shown(comparison, B, "isolated") == (
        user("Prompt 1"),
        assistant("b1"),
        user("Prompt 2"),
        assistant("b2"),
    )
    assert shown(comparison, B, "isolated", before=2) == (user("Prompt 1"), assistant("b1"))


def test_a_lane_goes_on_from_its_last_attempt_that_came_to_something() -> None:
    attempts = (response(A, "one"), response(A, "two", "cancelled", 2), response(A, "three", "error", 3))
    assert shown(compared(turn(1, *attempts)), A, "isolated")[1] == assistant("two")


@pytest.mark.parametrize("mode", ["isolated", "shared"])
@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("error", "half"),
        ("completed", ""),
        ("interrupted", ""),
        ("pending", ""),
        ("streaming", "what is still growing"),
    ],
)
def test_what_is_no_answer_is_left_out_with_its_prompt(
    mode: HistoryMode, status: ResponseStatus, text: str
) -> None:
    comparison = compared(
        turn(1, response(A, text, status)), turn(2, response(A, "a2")), turn(3, started=False)
    )
    assert shown(comparison, A, mode) == (user("Prompt 2"), assistant("a2"))


def test_together_all_lanes_go_on_from_the_answer_that_was_chosen() -> None:
    chosen = response(B, "b1", "interrupted")
    comparison = compared(turn(1, response(A, "a1"), chosen, chosen=chosen))
    assert (
        shown(comparison, A, "shared")
        == shown(comparison, B, "shared")
        == (user("Prompt 1"), assistant("b1"))
    )


def test_together_nothing_goes_on_before_somebody_has_chosen() -> None:
    comparison = compared(turn(1, response(A, "a1"), response(B, "b1")))
    with pytest.raises(AppError) as refusal:
        shown(comparison, A, "shared")
    assert (refusal.value.status, refusal.value.code) == (409, "choice_needed")


def test_the_only_lane_that_answered_needs_no_choice() -> None:
    attempts = (response(A, "one"), response(A, "two", attempt=2), response(B, "half", "error"))
    assert shown(compared(turn(1, *attempts)), B, "shared")[1] == assistant("two")
