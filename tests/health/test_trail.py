"""From a request to the last line about it: every line of the log says whose it is and what it is about."""

import time
from collections.abc import Callable
from typing import Any

import httpx2

from tests.health.story import BROKEN, ENDLESS, PROMPT, REFUSED, RETRIED, SHORT, Story
from tests.support.household import PASSWORD
from tests.support.parrot import parrot
from tests.support.room_client import RoomClient

Line = dict[str, Any]
PATIENCE = 20.0
SLICE = 24
"""Characters of an answer that no log has by chance."""


def lines(
    told: Story, wanted: Callable[[Line], bool], enough: Callable[[list[Line]], bool] = bool
) -> list[Line]:
    """All that are wanted, once they are enough: an answer can be there before its line."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = [line for line in told.bakeoff.log() if wanted(line)]
        if enough(found):
            return found
        assert time.monotonic() < deadline, found


def about(told: Story, comparison_id: str, last: str) -> list[Line]:
    """All lines of a comparison, once there is one of the `last` kind."""
    return lines(
        told, lambda line: line.get("comparison") == comparison_id, lambda found: bool(of(found, last))
    )


def of(found: list[Line], event: str) -> list[Line]:
    return [line for line in found if line["event"] == event]


def test_a_comparison_over_http_is_one_trail(told: Story) -> None:
    done = told.run(SHORT, REFUSED, RETRIED.replace("@503", "@seed:9@503"), x_request_id="trail-http")
    found = about(told, done["sessionId"], "request.done")

    assert {line["request_id"] for line in found} == {"trail-http"}
    turn = done["turns"][0]
    assert {line["turn"] for line in found if line["event"] != "request.done"} == {turn["id"]}
    assert [line["event"] for line in (found[0], *found[-2:])] == [
        "turn.started",
        "turn.ended",
        "request.done",
    ]
    good, refused, retried = (response["id"] for response in turn["responses"])
    said = {
        key: [(line["event"], line.get("kind")) for line in found if line.get("response") == key]
        for key in (good, refused, retried)
    }
    tried, ended = ("call.tried", None), "response.ended"
    assert said == {
        good: [tried, (ended, None)],
        refused: [tried, ("call.failed", "credentials"), (ended, "credentials")],
        retried: [tried, ("call.failed", "overloaded"), ("call.retried", "overloaded"), tried, (ended, None)],
    }
    assert of(found, "request.done")[0]["turn"] == turn["id"]
    me = told.api.get("/auth/me").json()
    assert of(found, "request.done")[0]["caller"] == me["id"]


def test_a_stop_says_who_stopped_what_and_the_turn_keeps_its_own_name(told: Story) -> None:
    session_id = told.make(ENDLESS)
    path = f"/api/comparisons/{session_id}"
    started = told.api.post(f"{path}/start", headers={"x-request-id": "trail-start"}).json()
    told.api.post(f"{path}/stop", headers={"x-request-id": "trail-stop"}).raise_for_status()
    found = about(told, session_id, "turn.ended")

    (stopped,) = of(found, "turn.stopped")
    assert stopped["request_id"] == "trail-stop"
    assert (stopped["turn"], stopped["responses"]) == (started["turnId"], started["responseIds"])
    assert stopped["why"] == "cancelled"
    for event in ("turn.started", "response.ended", "turn.ended"):
        assert [line["request_id"] for line in of(found, event)] == ["trail-start"]
    assert of(found, "response.ended")[0]["status"] == "cancelled"
    assert {line["event"] for line in found if line["request_id"] == "trail-stop"} == {
        "turn.stopped",
        "request.done",
    }


def test_a_comparison_over_a_socket_carries_the_name_of_the_socket(told: Story) -> None:
    session_id = told.make(ENDLESS)
    with RoomClient(told.bakeoff.url, told.owner.token) as visitor:
        visitor.join(session_id)
        visitor.say("start_comparison", sessionId=session_id)
        response_id = visitor.until_type("model_chunk")["responseId"]
        visitor.ask("stop_model", responseId=response_id)
        visitor.until_type("comparison_error", "comparison_complete")
        assert (
            visitor.ask("join_session", sessionId="018f0000-0000-7000-8000-000000000000")["code"]
            == "not_found"
        )
    found = about(told, session_id, "turn.ended")

    commands = of(found, "command.done")
    assert [line["command"] for line in commands] == ["join_session", "start_comparison", "stop_model"]
    assert {line["code"] for line in commands} == {"ok"}
    (socket_id,) = {line["request_id"] for line in found if line["event"] != "request.done"}
    (opened,) = lines(told, lambda line: line["event"] == "socket.opened" and line["request_id"] == socket_id)
    assert opened["path"] == "/ws"
    turns = {line["turn"] for line in found if line["event"].startswith(("turn.", "response.", "call."))}
    assert len(turns) == 1
    (stopped,) = of(found, "turn.stopped")
    assert stopped["responses"] == [response_id]
    assert stopped["response"] == response_id
    unknown = lines(told, lambda line: line["event"] == "command.done" and line["code"] == "not_found")
    assert unknown[-1]["request_id"] == socket_id


def test_a_refusal_says_its_code(told: Story) -> None:
    headers = {"x-request-id": "trail-refused"}
    told.api.get("/api/comparisons/018f0000-0000-7000-8000-000000000000", headers=headers)
    httpx2.get(
        f"{told.bakeoff.url}/api/info", headers={**headers, "authorization": "Bearer nothing-of-worth"}
    )
    found = lines(told, lambda line: line.get("request_id") == "trail-refused", lambda found: len(found) == 2)
    assert [(line["status"], line["code"]) for line in found] == [
        (404, "not_found"),
        (401, "invalid_credentials"),
    ]


def test_neither_questions_nor_answers_nor_keys_are_in_the_log(told: Story) -> None:
    """At debug, with providers that fail and repeat what they were asked."""
    done = told.run(SHORT, BROKEN, RETRIED.replace("@503", "@seed:11@503"))
    with parrot() as provider:
        mine = {"name": "parrot", "baseUrl": provider.url, "models": ["polly"]}
        made = told.api.post("/api/endpoints", json=mine).json()
        for _ in range(5):
            told.run("parrot/polly", "parrot/polly")
        told.api.delete(f"/api/endpoints/{made['id']}").raise_for_status()
        assert provider.answered >= 5
    log = (told.bakeoff.folder / "log").read_text(encoding="utf-8")
    assert '"level":"debug"' in log
    assert done["sessionId"] in log
    answers = [response["text"] for response in done["turns"][0]["responses"] if response["text"]]
    assert len(answers) == 2
    for text in answers:
        pieces = [text[at : at + SLICE] for at in range(0, len(text) - SLICE, SLICE)]
        assert pieces
        assert [piece for piece in pieces if piece in log] == []
    assert PROMPT not in log
    assert "canary sings" not in log
    for secret in (PASSWORD, told.owner.token, told.key):
        assert secret not in log
