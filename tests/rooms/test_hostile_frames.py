"""Frames that are none, commands that are wrong: each is answered, none does harm."""

import json
from typing import Any
from uuid import UUID

import pytest

from backend.kit.ids import new_id
from tests.rooms.stage import Page, Stage

SESSION = str(UUID(int=7))

# What is sent, and: the code, the id that comes back, the field that is named.
FRAMES: list[tuple[Any, str, Any, str | None]] = [
    ("", "malformed", None, None),
    ("{", "malformed", None, None),
    ("nonsense", "malformed", None, None),
    ('{"type": "join_session", "id": 1} trailing', "malformed", None, None),
    ("[" * 60_000, "malformed", None, None),
    ('{"id": 3, "type": ' * 3_000, "malformed", None, None),
    ("[]", "malformed", None, None),
    ("null", "malformed", None, None),
    ('"text"', "malformed", None, None),
    (b'{"type": "leave_session"}', "malformed", None, None),
    (b"\xff\xfe", "malformed", None, None),
    ({}, "unknown_command", None, "type"),
    ({"id": 5}, "unknown_command", 5, "type"),
    ({"type": "drop_tables", "id": 5}, "unknown_command", 5, "type"),
    ({"type": "joined", "id": 5}, "unknown_command", 5, "type"),
    ({"type": None, "id": "five"}, "unknown_command", "five", "type"),
    ({"type": ["typing"], "id": 5}, "unknown_command", 5, "type"),
    ({"type": "join_session", "id": 6}, "validation_failed", 6, "sessionId"),
    ({"type": "join_session", "id": 6, "sessionId": "x"}, "validation_failed", 6, "sessionId"),
    ({"type": "join_session", "id": 6, "sessionId": 7}, "validation_failed", 6, "sessionId"),
    ({"type": "join_session", "sessionId": SESSION, "after": -1}, "validation_failed", None, "after"),
    ({"type": "join_session", "sessionId": SESSION, "after": 1.5}, "validation_failed", None, "after"),
    ({"type": "join_session", "sessionId": SESSION, "epoch": "e" * 65}, "validation_failed", None, "epoch"),
    ({"type": "typing", "sessionId": SESSION, "typing": "yes"}, "validation_failed", None, "typing"),
    ({"type": "typing", "sessionId": SESSION, "loud": True}, "validation_failed", None, "loud"),
    ({"type": "typing", "sessionId": SESSION, "id": {}}, "validation_failed", None, "id"),
    ({"type": "typing", "sessionId": SESSION, "id": "i" * 65}, "validation_failed", None, "id"),
    ({"type": "start_comparison", "sessionId": SESSION, "prompt": ""}, "validation_failed", None, "prompt"),
    (
        {"type": "start_comparison", "sessionId": SESSION, "laneIds": [SESSION, "x"]},
        "validation_failed",
        None,
        "laneIds.1",
    ),
    (
        {"type": "start_comparison", "sessionId": SESSION, "laneIds": [SESSION] * 25},
        "validation_failed",
        None,
        "laneIds",
    ),
    ({"type": "authenticate", "token": "t" * 8193}, "validation_failed", None, "token"),
]


@pytest.fixture
def page(stage: Stage) -> Page:
    return stage.open(stage.person().token)


def test_each_frame_is_answered_with_what_is_wrong_with_it(page: Page) -> None:
    for sent, code, command_id, field in FRAMES:
        page.socket.send(sent if isinstance(sent, str | bytes) else json.dumps(sent))
        answer = page.listen()
        shown = str(sent)[:80]
        assert (answer["type"], answer["code"], answer["id"]) == ("error", code, command_id), shown
        assert [problem["field"] for problem in answer["details"]] == ([field] if field else []), shown
        assert answer["message"], shown
        # Twenty in a row would be too many.
        page.socket.send(json.dumps({"type": "leave_session", "id": 0, "sessionId": SESSION}))
        assert page.listen()["type"] == "ack"


def test_a_field_is_named_and_the_reason_said(page: Page) -> None:
    page.socket.send(json.dumps({"type": "join_session", "id": 1}))
    answer = page.listen()
    assert answer["details"] == [{"field": "sessionId", "message": "It is required."}]
    assert answer["message"] == "These fields cannot be used: sessionId."


def test_twenty_bad_frames_in_a_row_are_enough(page: Page) -> None:
    for _ in range(20):
        page.socket.send("{")
    assert page.ending() == (1008, "nothing of what you send can be used")
    assert len(page.kept) >= 19


def test_who_guesses_at_credentials_is_sent_away(stage: Stage) -> None:
    page = stage.open()
    for number in range(20):
        page.say("authenticate", token=f"guess {number}")
    assert page.ending()[0] == 1008


def test_a_bug_behind_a_command_is_ours_and_the_socket_stays(stage: Stage) -> None:
    ada = stage.person()
    story = stage.archive.keep(ada.id)
    page = stage.open(ada.token)
    session = str(story.session_id)
    answer = page.ask("start_comparison", sessionId=session, prompt="a bug")
    assert (answer["code"], answer["sessionId"]) == ("internal_error", session)
    assert "on purpose" not in answer["message"]
    assert page.join(story.session_id)["type"] == "joined"


def test_an_error_names_its_command_and_its_session(page: Page) -> None:
    session = new_id()
    answer = page.join(session)
    assert (answer["code"], answer["sessionId"]) == ("not_found", str(session))


def test_signals_are_answered_only_when_they_ask_for_it(stage: Stage) -> None:
    ada = stage.person()
    story = stage.archive.keep(ada.id)
    page = stage.open(ada.token)
    page.join(story.session_id)
    page.until("presence")
    for kind in ("typing", "viewing"):
        page.socket.send(json.dumps({"type": kind, "sessionId": str(story.session_id)}))
        assert page.ask(kind, sessionId=str(story.session_id))["type"] == "ack"
    assert {said["type"] for said in page.kept} <= {"presence"}
