"""A file that comes back: what it must be so that it can be kept. Everything in it may be a lie.

Types have been looked at before; here it is sizes, numbers, and whether things belong together.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice, pairwise
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from backend.attachments.schemas import MOST
from backend.comparisons.export.archive import Archive, ArchivedResponse, ArchivedTurn, Document
from backend.comparisons.schemas import MOST_LANES
from backend.kit.columns import Money
from backend.kit.errors import FieldProblem, Invalid
from backend.rooms.snapshot import LaneParameters

_MOST_PROBLEMS: Final = 20
_MOST: Final = 10**12
"""Of anything that is counted: tokens, milliseconds. Ten thousand million of those still have a sum."""
_MOST_NESTED: Final = 64
_MOST_TURNS: Final = 100_000
_MOST_ATTEMPTS: Final = 10_000
_YEARS: Final = range(1970, 9000)

# By the name of the field, wherever it stands; of a list it is each element.
_LONGEST: Final = {
    "title": 200,
    "label": 80,
    "tags": 50,
    "modelId": 200,
    "fallbackModelIds": 200,
    "prompt": 1_000_000,
    "systemPrompt": 1_000_000,
}
_NEVER_EMPTY: Final = frozenset({"tags", "modelId", "fallbackModelIds", "prompt"})
_MOST_ELEMENTS: Final = {"tags": 20, "fallbackModelIds": 5, "stop": 4, "attachments": MOST}
# What these hold is looked at by their types, or means nothing to us.
_ELSEWHERE: Final = frozenset({"schema", "price", "timeline", "seed"})

Problems = Iterator[FieldProblem]


def checked(document: Document) -> Archive:
    """What can be stored as it is. Raises Invalid, naming the fields. Not for the loop."""
    archive = document.comparison
    # One after the other: what comes later relies on what was before.
    looks: tuple[Callable[[], Problems], ...] = (
        lambda: _nesting(archive),
        lambda: _values(_plain(replace(document, files={})), "", ""),
        lambda: _lanes(archive),
        lambda: _turns(archive),
        lambda: _costs(archive),
    )
    for look in looks:
        if problems := list(islice(look(), _MOST_PROBLEMS)):
            raise Invalid(problems)
    turns = tuple(_settled(turn, document.exported_at) for turn in archive.turns)
    return replace(archive, turns=turns)


def _settled(turn: ArchivedTurn, at: datetime) -> ArchivedTurn:
    """Nobody goes on with what was running when the file was written."""
    if not turn.started:
        return turn
    settled = (
        replace(
            response,
            status="interrupted",
            error_kind="stream_cut",
            error_message="It was still being answered when it was exported.",
            ended_at=at,
        )
        if response.status in {"pending", "streaming"}
        else response
        for response in turn.responses
    )
    return replace(turn, responses=tuple(settled))


def _plain(document: Document) -> Any:
    return msgspec.to_builtins(document, builtin_types=(datetime,))


def _values(value: Any, path: str, name: str) -> Problems:
    match value:
        case dict():
            for key, inner in value.items():
                if key not in _ELSEWHERE:
                    yield from _values(inner, f"{path}.{key}" if path else key, key)
        case list() | tuple():
            if len(value) > (most := _MOST_ELEMENTS.get(name, _MOST)):
                yield FieldProblem(path, f"At most {most}.")
            for index, inner in enumerate(value):
                yield from _values(inner, f"{path}.{index}", name)
        case _:
            if objection := _objection(value, name):
                yield FieldProblem(path, objection)


def _objection(value: object, name: str) -> str | None:
    match value:
        case str():
            if "\0" in value:
                return "It has a NUL in it."
            if len(value) > _LONGEST.get(name, len(value)):
                return f"At most {_LONGEST[name]} characters."
            return "It is empty." if not value and name in _NEVER_EMPTY else None
        case int() | float():
            return None if 0 <= value <= _MOST else f"A number from 0 to {_MOST}."
        case datetime():
            known = value.tzinfo is not None and value.year in _YEARS
            return None if known else "A moment with its time zone."
    return None


def _nesting(archive: Archive) -> Problems:
    for position, lane in enumerate(archive.lanes):
        if _too_deep(lane.parameters):
            yield _nested(f"comparison.lanes.{position}")
    for path, response in _all_responses(archive):
        if _too_deep(response.parameters):
            yield _nested(path)


def _nested(path: str) -> FieldProblem:
    return FieldProblem(f"{path}.parameters.responseFormat.schema", "It is nested too deeply.")


def _too_deep(parameters: LaneParameters) -> bool:
    if parameters.response_format is None:
        return False
    level: list[Any] = [parameters.response_format.schema]
    for _ in range(_MOST_NESTED):
        level = [inner for each in level for inner in _inner(each)]
        if not level:
            return False
    return True


def _inner(value: object) -> Iterable[Any]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
    return ()


def _lanes(archive: Archive) -> Problems:
    where = "comparison.lanes"
    taking_part = sum(not lane.removed for lane in archive.lanes)
    if not archive.lanes or taking_part > MOST_LANES:
        yield FieldProblem(where, f"From 1 to {MOST_LANES}.")
    yield from _twice(where, [lane.id for lane in archive.lanes], "id")
    yield from _twice("comparison.tags", archive.tags, "")


def _turns(archive: Archive) -> Problems:
    where = "comparison.turns"
    if not archive.turns:
        yield FieldProblem(where, "At least one.")
    yield from _twice(where, [turn.id for turn in archive.turns], "id")
    numbers = [0, *(turn.number for turn in archive.turns)]
    for index, (before, number) in enumerate(pairwise(numbers)):
        if not before < number <= _MOST_TURNS:
            yield FieldProblem(f"{where}.{index}.number", "They begin at 1 and rise.")
    lanes = {lane.id for lane in archive.lanes}
    known: set[UUID] = set()
    for index, turn in enumerate(archive.turns):
        yield from _turn(turn, f"{where}.{index}", lanes, known)


def _turn(turn: ArchivedTurn, path: str, lanes: set[UUID], known: set[UUID]) -> Problems:
    """`known` are the responses before it, and after it its own too."""
    where = f"{path}.responses"
    attempts = [(response.lane_id, response.attempt) for response in turn.responses]
    yield from _twice(where, attempts, "attempt")
    own: set[UUID] = set()
    for index, response in enumerate(turn.responses):
        if response.id in own | known:
            yield FieldProblem(f"{where}.{index}.id", "It is there twice.")
        own.add(response.id)
        yield from _response(response, f"{where}.{index}", turn, lanes, known)
    if turn.chosen_response_id is not None and turn.chosen_response_id not in own:
        yield FieldProblem(f"{path}.chosenResponseId", "There is no such response in this turn.")
    known |= own


def _response(
    response: ArchivedResponse, path: str, turn: ArchivedTurn, lanes: set[UUID], known: set[UUID]
) -> Problems:
    if response.turn_id != turn.id:
        yield FieldProblem(f"{path}.turnId", "It stands in another turn.")
    if response.lane_id not in lanes:
        yield FieldProblem(f"{path}.laneId", "There is no such lane.")
    if not 1 <= response.attempt <= _MOST_ATTEMPTS:
        yield FieldProblem(f"{path}.attempt", f"From 1 to {_MOST_ATTEMPTS}.")
    if not turn.started and response.status != "pending":
        yield FieldProblem(f"{path}.status", "Its turn has not begun.")
    if not known.issuperset(response.history):
        yield FieldProblem(f"{path}.history", "There are no such responses before it.")
    if any(after[part] < before[part] for before, after in pairwise(response.timeline) for part in range(3)):
        yield FieldProblem(f"{path}.timeline", "It goes back.")


def _costs(archive: Archive) -> Problems:
    """Each of them, and their sum: the database ends there."""
    spent = 0.0
    for path, response in _all_responses(archive):
        spent += response.cost or 0.0
        if spent >= float(Money.LARGEST):
            yield FieldProblem(f"{path}.cost", f"All together it is more than {Money.LARGEST} dollars.")
            return


def _all_responses(archive: Archive) -> Iterator[tuple[str, ArchivedResponse]]:
    for number, turn in enumerate(archive.turns):
        for index, response in enumerate(turn.responses):
            yield f"comparison.turns.{number}.responses.{index}", response


def _twice(where: str, keys: Iterable[object], name: str) -> Problems:
    seen: set[object] = set()
    for index, key in enumerate(keys):
        if key in seen:
            yield FieldProblem(f"{where}.{index}.{name}".rstrip("."), "It is there twice.")
        seen.add(key)
