"""What a lane is shown of earlier turns. Pure: from a comparison as it stands to messages."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from backend.kit.errors import AppError
from backend.providers.chat import Message, assistant, user
from backend.rooms.snapshot import Comparison, HistoryMode, Response, Turn


@dataclass(frozen=True, slots=True)
class History:
    messages: tuple[Message, ...] = ()
    response_ids: tuple[UUID, ...] = ()
    """Whose answers these are; each stands after the prompt of its turn."""


def history_of(comparison: Comparison, lane_id: UUID, before: int, mode: HistoryMode) -> History:
    """Of the turns before number `before`. A turn without an answer to go on from is left out altogether."""
    earlier = [turn for turn in comparison.turns if turn.number < before and turn.started]
    if mode == "isolated":
        answers = ((turn, latest_of(turn, lane_id)) for turn in earlier)
    else:
        answers = ((turn, _chosen(turn)) for turn in earlier)
    return _of(answers)


def latest_of(turn: Turn, lane_id: UUID) -> Response | None:
    """The last attempt that can be gone on from: whole, or as far as it got."""
    usable = [
        response
        for response in turn.responses
        if response.lane_id == lane_id and response.status != "error" and response.text
    ]
    return max(usable, key=lambda response: response.attempt, default=None)


def by_ids(turns: Iterable[Turn], response_ids: Iterable[UUID]) -> History:
    """What was sent once, from what was written down about it."""
    wanted = set(response_ids)
    return _of((turn, response) for turn in turns for response in turn.responses if response.id in wanted)


def _of(answers: Iterable[tuple[Turn, Response | None]]) -> History:
    pairs = [(turn, response) for turn, response in answers if response is not None]
    return History(tuple(_messages(pairs)), tuple(response.id for _, response in pairs))


def _messages(pairs: Iterable[tuple[Turn, Response]]) -> Iterator[Message]:
    for turn, response in pairs:
        yield user(turn.prompt)
        yield assistant(response.text)


def _chosen(turn: Turn) -> Response | None:
    """The one answer needs no choice."""
    answered = [response for response in turn.responses if response.status != "error" and response.text]
    if turn.chosen_response_id is not None:
        return next((each for each in answered if each.id == turn.chosen_response_id), None)
    if len(answered) > 1:
        message = f"All lanes go on from one answer: choose one of turn {turn.number} first."
        raise AppError(message, status=409, code="choice_needed")
    return answered[0] if answered else None
