"""A copy of a room believes nothing, and what people were sent is kept against what is stored."""

import json
from typing import Any

import pytest

from soak.copy import Copy, LawBroken
from soak.delivered import Delivered, End

RESPONSE = "018f0000-0000-7000-8000-000000000004"


def snapshot(**changed: Any) -> dict[str, Any]:
    lane = "018f0000-0000-7000-8000-000000000002"
    response = {
        "id": RESPONSE, "turnId": "018f0000-0000-7000-8000-000000000003", "laneId": lane, "modelId": "a/b",
        "attempt": 1, "status": "streaming", "createdAt": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    turn = {
        "id": response["turnId"], "number": 1, "prompt": "?", "historyMode": "isolated", "askedBy": "me",
        "createdAt": "2026-01-01T00:00:00Z", "started": True, "responses": [response],
    }  # fmt: skip
    whole = {
        "sessionId": "018f0000-0000-7000-8000-000000000001", "title": "", "prompt": "?", "models": ["a/b"],
        "historyMode": "isolated", "tags": [], "status": "in_progress", "turns": [turn],
        "lanes": [{"id": lane, "modelId": "a/b", "label": "", "systemPrompt": "", "parameters": {},
                   "fallbackModelIds": []}],
        "ownerId": "018f0000-0000-7000-8000-000000000009", "createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    return whole | changed


def joined(copy: Copy, *, seq: int = 4, epoch: str = "e") -> None:
    copy.joined({"epoch": epoch, "seq": seq, "recovered": False, "snapshot": snapshot()})


def chunk(seq: int, offset: int, text: str) -> tuple[dict[str, Any], str]:
    said = {
        "type": "model_chunk", "sessionId": snapshot()["sessionId"], "seq": seq, "responseId": RESPONSE,
        "laneId": snapshot()["lanes"][0]["id"], "modelId": "a/b", "offset": offset, "chunk": text,
        "timestamp": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    return said, json.dumps(said)


@pytest.fixture
def copy() -> Copy:
    made = Copy("one", Delivered())
    joined(made)
    return made


def test_chunks_that_follow_are_taken(copy: Copy) -> None:
    copy.hear(*chunk(5, 0, "A 👩"))
    copy.hear(*chunk(6, 4, "!"))
    assert copy.position == {"epoch": "e", "after": 6}
    assert copy.running


@pytest.mark.parametrize(("seq", "offset"), [(6, 0), (4, 0), (5, 1)])
def test_a_gap_a_repetition_and_a_wrong_offset_are_findings(copy: Copy, seq: int, offset: int) -> None:
    with pytest.raises(LawBroken):
        copy.hear(*chunk(seq, offset, "x"))


def test_a_recovery_into_another_life_of_the_room_is_a_finding(copy: Copy) -> None:
    with pytest.raises(LawBroken):
        copy.joined({"epoch": "other", "seq": 9, "recovered": True, "snapshot": None})


def test_what_get_says_is_held_against_the_copy_when_it_is_there(copy: Copy) -> None:
    there = snapshot(room={"epoch": "e", "seq": 5}, access="owner")
    there["turns"][0]["responses"][0]["text"] = "A"
    copy.looked(there)
    assert copy.compared == 0
    copy.hear(*chunk(5, 0, "A"))
    assert copy.compared == 1


def test_a_state_that_differs_from_what_get_says_is_a_finding(copy: Copy) -> None:
    copy.looked(snapshot(room={"epoch": "e", "seq": 5}, access="owner", title="another"))
    with pytest.raises(LawBroken, match="title"):
        copy.hear(*chunk(5, 0, "A"))


def test_events_that_a_fetched_snapshot_has_already_are_passed_over() -> None:
    copy = Copy("one", Delivered())
    copy.joined({"epoch": "e", "seq": 4, "recovered": False, "snapshot": None})
    assert not copy.complete
    whole = snapshot(room={"epoch": "e", "seq": 6}, access="owner")
    whole["turns"][0]["responses"][0]["text"] = "AB"
    copy.fetched(whole)
    copy.hear(*chunk(5, 0, "A"))
    copy.hear(*chunk(6, 1, "B"))
    copy.hear(*chunk(7, 2, "C"))
    assert copy.position["after"] == 7


def test_two_different_ends_of_one_response_are_noted() -> None:
    delivered = Delivered()
    delivered.end("one", End("completed", "A", ""), stored=True)
    delivered.end("one", End("completed", "A", ""), stored=True)
    assert delivered.differences == []
    delivered.end("one", End("completed", "B", ""), stored=True)
    assert len(delivered.differences) == 1


def test_what_came_in_good_time_before_a_kill_is_owed() -> None:
    delivered = Delivered()
    delivered.grew("one", "A", "")
    moment = delivered.growing["one"].marks[-1][0]
    delivered.growing["one"].marks[-1] = (moment - 1, 1, 0)
    delivered.grew("one", "AB", "")
    delivered.grew("two", "late", "")
    delivered.server_ended(moment - 0.5)
    assert delivered.owed == {"one": ("A", "")}
    assert delivered.growing == {}
