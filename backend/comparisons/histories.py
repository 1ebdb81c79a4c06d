"""What a lane is shown of earlier turns. Pure: from a comparison as it stands to messages."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from backend.attachments.schemas import Attachment
from backend.comparisons.attached import NOTHING, Contents, asking
from backend.kit.errors import AppError
from backend.providers.chat import Message, assistant
from backend.rooms.snapshot import Comparison, HistoryMode, Response, Turn

_ANSWERS: Final = frozenset({"completed", "cancelled", "interrupted"})
"""What can be gone on from: whole, or as far as it got. What still grows would be another one later."""


@dataclass(frozen=True, slots=True)
class History:
    messages: tuple[Message, ...] = ()
    response_ids: tuple[UUID, ...] = ()
    """Whose answers these are; each stands after the prompt of its turn."""


def history_of(
    comparison: Comparison, lane_id: UUID, before: int, mode: HistoryMode, contents: Contents = NOTHING
) -> History:
    """Of the turns before number `before`. A turn without an answer to go on from is left out altogether."""
    earlier = [turn for turn in comparison.turns if turn.number < before and turn.started]
    if mode == "isolated":
        answers = ((turn, latest_of(turn, lane_id)) for turn in earlier)
    else:
        answers = ((turn, _chosen(turn)) for turn in earlier)
    return _of(answers, contents)


def latest_of(turn: Turn, lane_id: UUID) -> Response | None:
    """The last attempt that can be gone on from."""
    answered = [response for response in _answers(turn) if response.lane_id == lane_id]
    return max(answered, key=lambda response: response.attempt, default=None)


def by_ids(turns: Iterable[Turn], response_ids: Iterable[UUID], contents: Contents = NOTHING) -> History:
    """What was sent once, from what was written down about it."""
    wanted = set(response_ids)
    answers = ((turn, each) for turn in turns for each in turn.responses if each.id in wanted)
    return _of(answers, contents)


def attached_before(comparison: Comparison, before: int) -> list[Attachment]:
    """What was attached to the turns that some lane at least goes on from."""
    earlier = (turn for turn in comparison.turns if turn.number < before and _answers(turn))
    return [each for turn in earlier for each in turn.attachments]


def _of(answers: Iterable[tuple[Turn, Response | None]], contents: Contents) -> History:
    pairs = [(turn, response) for turn, response in answers if response is not None]
    return History(tuple(_messages(pairs, contents)), tuple(response.id for _, response in pairs))


def _messages(pairs: Iterable[tuple[Turn, Response]], contents: Contents) -> Iterator[Message]:
    for turn, response in pairs:
        yield asking(turn.prompt, turn.attachments, contents)
        yield assistant(response.text)


def _chosen(turn: Turn) -> Response | None:
    """The one lane that answered needs no choice."""
    answered = _answers(turn)
    if turn.chosen_response_id is not None:
        return next((each for each in answered if each.id == turn.chosen_response_id), None)
    lanes = {response.lane_id for response in answered}
    if len(lanes) > 1:
        message = f"All lanes go on from one answer: choose one of turn {turn.number} first."
        raise AppError(message, status=409, code="choice_needed")
    return latest_of(turn, lanes.pop()) if lanes else None


def _answers(turn: Turn) -> list[Response]:
    return [response for response in turn.responses if response.status in _ANSWERS and response.text]
