"""A comparison from its beginning to the bill, over real sockets: two watch, one drops and returns."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.bakeoff import RunningBakeoff, running_bakeoff
from tests.support.room_client import RoomClient

PASSWORD = "nine dry umbrellas"


@pytest.fixture(params=["native", "portable"])
def bakeoff(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningBakeoff]:
    environ = {"BAKEOFF_REGISTRATION": "open"}
    with running_bakeoff(tmp_path, "--server", request.param, environ=environ) as running:
        yield running


@pytest.fixture
def token(bakeoff: RunningBakeoff) -> str:
    join = {"email": "ada@example.org", "password": PASSWORD}
    signed_in: dict[str, Any] = httpx2.post(f"{bakeoff.url}/auth/register", json=join).json()
    return str(signed_in["accessToken"])


@pytest.fixture
def api(bakeoff: RunningBakeoff, token: str) -> Iterator[httpx2.Client]:
    headers = {"authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=bakeoff.url, headers=headers, timeout=20) as client:
        yield client


def ended(said: dict[str, Any]) -> bool:
    return said["type"] in {"comparison_complete", "comparison_error"}


def test_from_the_first_prompt_to_the_bill(bakeoff: RunningBakeoff, token: str, api: httpx2.Client) -> None:
    models = ["simulator/swift", "simulator/smith@tokens:300@pace:20", "simulator/sage@401"]
    made = api.post("/api/comparisons", json={"prompt": "What is a lane?", "modelIds": models}).json()
    assert made["status"] == "pending"
    session_id = made["sessionId"]

    with RoomClient(bakeoff.url, token) as first, RoomClient(bakeoff.url, token) as second:
        for watcher in (first, second):
            joined = watcher.join(session_id)
            assert (joined["recovered"], joined["seq"], joined["access"]) == (False, 0, "owner")
        assert first.ask("start_comparison", sessionId=session_id)["type"] == "ack"

        # One watcher is gone while most of it happens, and comes back to where it was.
        second.until_type("model_chunk")
        second.drop()
        slow = next(answer for answer in first.comparison.turns[0].responses if answer.model_id == models[1])
        first.until(lambda said: said.get("responseId") == str(slow.id) and said.get("offset", 0) > 100)
        second.open()
        assert second.join(session_id)["recovered"] is True

        # The long answer is stopped; the third never came.
        assert first.ask("stop_model", responseId=str(slow.id))["type"] == "ack"
        for watcher in (first, second):
            watcher.until(ended)
        assert first.comparison == second.comparison
        statuses = {each.model_id: each.status for each in first.comparison.turns[0].responses}
        assert statuses == {models[0]: "completed", models[1]: "cancelled", models[2]: "error"}

        # A second prompt to two of the lanes, then another try of the lane that failed.
        lanes = [str(lane.id) for lane in first.comparison.lanes[:2]]
        again = api.post(
            f"/api/comparisons/{session_id}/turns", json={"prompt": "And a turn?", "laneIds": lanes}
        )
        assert again.status_code == 202
        first.until_type("model_start")
        api.post(f"/api/comparisons/{session_id}/stop")
        failed = next(each for each in first.comparison.turns[0].responses if each.status == "error")
        first.until(ended)
        assert first.ask("regenerate", responseId=str(failed.id))["type"] == "ack"
        first.until(ended)
        second.until(ended)
        second.until(ended)
        attempts = [
            each.attempt for each in second.comparison.turns[0].responses if each.model_id == models[2]
        ]
        assert attempts == [1, 2]
        seen = second.comparison

    stored = api.get(f"/api/comparisons/{session_id}").json()
    told = [each.text for turn in seen.turns for each in turn.responses]
    kept = [each["text"] for turn in stored["turns"] for each in turn["responses"]]
    assert told == kept
    assert stored["totalTokens"] == seen.total_tokens > 0
    assert stored["totalCost"] == pytest.approx(seen.total_cost)

    exported = api.get(f"/api/comparisons/{session_id}/export?format=markdown").text
    assert "And a turn?" in exported
    bill = api.get("/api/reports/costs?group=comparison").json()
    assert bill["totalCost"] == pytest.approx(stored["totalCost"])
