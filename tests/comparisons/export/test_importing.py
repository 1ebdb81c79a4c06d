from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from backend.comparisons.export.archive import Archive, Document, document
from backend.comparisons.importing import checked
from backend.kit.errors import Invalid
from tests.comparisons.export.example import EXAMPLE, NOW, key
from tests.support.archives import archives, content
from tests.support.laws import law

File = dict[str, Any]


def written() -> File:
    decoded: File = msgspec.json.decode(document(EXAMPLE, NOW))
    return decoded


def read(file: File) -> Archive:
    """Through the bytes, as a client sends them."""
    return checked(msgspec.json.decode(msgspec.json.encode(file), type=Document))


def refused(file: File) -> list[str]:
    with pytest.raises(Invalid) as caught:
        read(file)
    return [problem.field for problem in caught.value.details]


@settings(law, max_examples=20)
@given(archives())
def test_every_archive_can_be_read_back(archive: Archive) -> None:
    back = checked(msgspec.json.decode(document(archive, NOW), type=Document))
    assert back == archive


def test_the_file_says_what_it_is() -> None:
    file = written()
    assert (file["format"], file["version"]) == ("bakeoff-comparison", 1)
    assert content(read(file)) == content(EXAMPLE)


def test_fields_of_a_later_time_are_passed_over() -> None:
    file = written()
    file["comparison"]["mood"] = "good"
    assert read(file) == read(written())


def put(path: str, value: object) -> Callable[[File], None]:
    def change(file: File) -> None:
        *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
        place: Any = file
        for step in steps:
            place = place[step]
        place[last] = value

    return change


TURN = "comparison.turns.0"
ANSWER = f"{TURN}.responses.0"


def nested(depth: int) -> File:
    schema: File = {}
    for _ in range(depth):
        schema = {"inner": [schema]}
    return {"name": "answer", "schema": schema}


LIES: dict[str, tuple[Callable[[File], None], str]] = {
    "negative tokens": (put(f"{ANSWER}.inputTokens", -1), f"{ANSWER}.inputTokens"),
    "negative bucket": (put(f"{ANSWER}.buckets.cacheRead", -1), f"{ANSWER}.buckets.cacheRead"),
    "negative cost": (put(f"{ANSWER}.cost", -0.5), f"{ANSWER}.cost"),
    "negative time": (put(f"{ANSWER}.responseTimeMs", -1), f"{ANSWER}.responseTimeMs"),
    "endless number": (put(f"{ANSWER}.totalTokens", 10**15), f"{ANSWER}.totalTokens"),
    "all the money": (put(f"{ANSWER}.cost", 9_000_000.0), f"{TURN}.responses.0.cost"),
    "no attempt": (put(f"{ANSWER}.attempt", 0), f"{ANSWER}.attempt"),
    "unknown lane": (put(f"{ANSWER}.laneId", str(key(77))), f"{ANSWER}.laneId"),
    "another turn": (put(f"{ANSWER}.turnId", str(key(77))), f"{ANSWER}.turnId"),
    "unknown history": (put(f"{ANSWER}.history", [str(key(77))]), f"{ANSWER}.history"),
    "own history": (put(f"{ANSWER}.history", [str(key(11))]), f"{ANSWER}.history"),
    "choice from elsewhere": (put(f"{TURN}.chosenResponseId", str(key(21))), f"{TURN}.chosenResponseId"),
    "an answer twice": (put(f"{TURN}.responses.1.id", str(key(11))), f"{TURN}.responses.1.id"),
    "a lane twice": (put("comparison.lanes.1.id", str(key(1))), "comparison.lanes.1.id"),
    "a tag twice": (put("comparison.tags", ["a", "a"]), "comparison.tags.1"),
    "an empty tag": (put("comparison.tags", [""]), "comparison.tags.0"),
    "many tags": (put("comparison.tags", [str(number) for number in range(21)]), "comparison.tags"),
    "a long title": (put("comparison.title", "a" * 201), "comparison.title"),
    "a NUL": (put(f"{ANSWER}.text", "a\0b"), f"{ANSWER}.text"),
    "no prompt": (put(f"{TURN}.prompt", ""), f"{TURN}.prompt"),
    "a turn 0": (put(f"{TURN}.number", 0), f"{TURN}.number"),
    "a turn before": (put("comparison.turns.1.number", 1), "comparison.turns.1.number"),
    "no lane": (put("comparison.lanes", []), "comparison.lanes"),
    "no turn": (put("comparison.turns", []), "comparison.turns"),
    "not begun but answered": (put(f"{TURN}.started", value=False), f"{TURN}.responses.0.status"),
    "no time zone": (put(f"{TURN}.createdAt", "2026-11-21T12:00:00"), f"{TURN}.createdAt"),
    "before Christ, nearly": (put("exportedAt", "0001-01-01T00:00:00+14:00"), "exportedAt"),
    "a timeline that goes back": (put(f"{ANSWER}.timeline", [[9, 9, 0], [8, 9, 0]]), f"{ANSWER}.timeline"),
    "a schema without a floor": (
        put("comparison.lanes.0.parameters.responseFormat", nested(40)),
        "comparison.lanes.0.parameters.responseFormat.schema",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_refused_by_the_name_of_its_field(lie: str) -> None:
    change, field = LIES[lie]
    file = written()
    change(file)
    assert refused(file)[0] == field


def test_twenty_five_lanes_are_too_many_unless_some_have_left() -> None:
    file = written()
    lane = file["comparison"]["lanes"][0]
    more = [lane | {"id": str(key(500 + number))} for number in range(23)]
    file["comparison"]["lanes"] += more
    assert refused(file) == ["comparison.lanes"]
    more[0]["removed"] = True
    assert len(read(file).lanes) == 26


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("version", 2),
        ("format", "chat"),
        (f"{ANSWER}.status", "perfect"),
        (f"{ANSWER}.costOrigin", "felt"),
        (f"{ANSWER}.timeline", [[1, -1, 0]]),
        (f"{ANSWER}.timeline", [[1, 1]]),
        (f"{ANSWER}.price.rates", {"gold": {"dollars": 1}}),
        ("comparison.lanes.0.parameters.temperature", 3),
    ],
)
def test_what_is_no_such_thing_is_refused_by_its_type(path: str, value: object) -> None:
    file = written()
    put(path, value)(file)
    with pytest.raises(msgspec.ValidationError) as caught:
        read(file)
    assert path.rpartition(".")[2] in str(caught.value)


def test_a_file_of_nothing_but_faults_names_some_of_them() -> None:
    file = written()
    file["comparison"]["tags"] = [""] * 20
    file["comparison"]["turns"][0]["responses"] *= 200
    for response in file["comparison"]["turns"][0]["responses"]:
        response["outputTokens"] = -1
    assert len(refused(file)) == 20
