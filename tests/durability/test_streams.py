"""A server that dies, or is told to end, amid fifty comparisons: what was said is on the disk."""

import random
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed

from tests.support.bakeoff import RunningBakeoff, running_bakeoff
from tests.support.room_client import RoomClient
from tests.support.scale import scaled

COMPARISONS = 50
MODELS = ["simulator/swift@tokens:15@pace:50", "simulator/smith@tokens:2000@pace:100"]
ENVIRON = {
    "BAKEOFF_REGISTRATION": "open",
    "BAKEOFF_TURNS_A_MINUTE": "1000",
    "BAKEOFF_TURNS_AT_ONCE": "100",
    "BAKEOFF_JOINS_A_SECOND": "1000",
    "BAKEOFF_DRAIN_SECONDS": "3",
}
KILLS = scaled(1, 20)
LOST_AT_MOST = 0.2
"""Seconds of text."""


def sign_in(bakeoff: RunningBakeoff) -> httpx2.Client:
    who = {"email": "ada@example.org", "password": "nine dry umbrellas"}
    answer = httpx2.post(f"{bakeoff.url}/auth/register", json=who, timeout=20)
    if answer.status_code != 201:
        answer = httpx2.post(f"{bakeoff.url}/auth/login", json=who, timeout=20)
    headers = {"authorization": f"Bearer {answer.json()['accessToken']}"}
    return httpx2.Client(base_url=bakeoff.url, headers=headers, timeout=20)


def start_many(api: httpx2.Client) -> list[str]:
    asked = {"prompt": "Say much.", "modelIds": MODELS, "start": True}
    return [api.post("/api/comparisons", json=asked).json()["sessionId"] for _ in range(COMPARISONS)]


def responses_of(api: httpx2.Client, session_id: str) -> dict[str, dict[str, Any]]:
    comparison = api.get(f"/api/comparisons/{session_id}").json()
    return {each["id"]: each for turn in comparison["turns"] for each in turn["responses"]}


def all_responses(api: httpx2.Client, session_ids: list[str]) -> dict[str, dict[str, Any]]:
    return {key: each for session_id in session_ids for key, each in responses_of(api, session_id).items()}


def watching(bakeoff: RunningBakeoff, api: httpx2.Client) -> RoomClient:
    return RoomClient(bakeoff.url, api.headers["authorization"].removeprefix("Bearer "))


def comes_back_to_what_is_stored(
    bakeoff: RunningBakeoff, api: httpx2.Client, before: RoomClient, session_id: str
) -> None:
    """With a position in a room that has died: the state is given anew, and is that of the database."""
    with watching(bakeoff, api) as watcher:
        watcher.epoch, watcher.seq = before.epoch, before.seq
        assert watcher.join(session_id)["recovered"] is False
        assert watcher.epoch != before.epoch
        shown = {str(each.id): each for turn in watcher.comparison.turns for each in turn.responses}
    stored = responses_of(api, session_id)
    assert {key: (each.status, each.text) for key, each in shown.items()} == {
        key: (each["status"], each["text"]) for key, each in stored.items()
    }


@pytest.fixture(params=[("native", "sqlite"), ("portable", "postgresql")], ids="-".join)
def setup(request: pytest.FixtureRequest) -> tuple[str, Mapping[str, str]]:
    """A server and a database."""
    server, database = request.param
    if database == "sqlite":
        return server, ENVIRON
    return server, {**ENVIRON, "DATABASE_URL": request.getfixturevalue("postgres_url")}


@pytest.mark.promised
@pytest.mark.parametrize("kill", range(KILLS))
def test_a_killed_server_loses_no_finished_answer_and_little_of_the_others(
    setup: tuple[str, Mapping[str, str]], kill: int, tmp_path: Path
) -> None:
    server, environ = setup
    moment = random.uniform(0, 2)
    print(f"kill {kill} after {moment:.3f} s")
    with (
        running_bakeoff(tmp_path, "--server", server, environ=environ) as bakeoff,
        sign_in(bakeoff) as api,
        watching(bakeoff, api) as watcher,
    ):
        session_ids = start_many(api)
        watcher.join(session_ids[0])
        time.sleep(moment)
        seen = all_responses(api, session_ids)
        time.sleep(LOST_AT_MOST)
        bakeoff.process.kill()
        bakeoff.process.wait(10)

    with running_bakeoff(tmp_path, "--server", server, environ=environ) as again, sign_in(again) as api:
        kept = all_responses(api, session_ids)
        comes_back_to_what_is_stored(again, api, watcher, session_ids[0])
        bill = api.get("/api/reports/costs?group=model").json()

    assert set(kept) == set(seen)
    assert {each["status"] for each in kept.values()} <= {"completed", "interrupted"}
    for key, before in seen.items():
        after = kept[key]
        assert after["text"].startswith(before["text"])
        if before["status"] == "completed":
            assert {**after, "stored": True} == before
        if after["text"]:
            assert after["totalTokens"] > 0
            assert after["cost"] is not None
    assert {each["errorKind"] for each in kept.values() if each["status"] == "interrupted"} == {"restart"}
    assert sum(row["requests"] for row in bill["rows"]) == len(kept)
    if not environ.get("DATABASE_URL"):
        with closing(sqlite3.connect(tmp_path / "data" / "bakeoff.db")) as connection:
            assert connection.execute("SELECT count(*) FROM chunks").fetchone() == (0,)


def test_a_server_that_is_told_to_end_says_so_and_writes_everything_down(
    setup: tuple[str, Mapping[str, str]], tmp_path: Path
) -> None:
    server, environ = setup
    with running_bakeoff(tmp_path, "--server", server, environ=environ) as bakeoff:
        with sign_in(bakeoff) as api:
            session_ids = start_many(api)
            with watching(bakeoff, api) as watcher:
                watcher.join(session_ids[0])
                watcher.until_type("model_chunk")
                seen = all_responses(api, session_ids)
                start = time.monotonic()
                bakeoff.process.terminate()
                with pytest.raises(ConnectionClosed) as closed:
                    watcher.until(lambda _: False)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        assert bakeoff.process.wait(20) == 0
        assert time.monotonic() - start < 10

    with running_bakeoff(tmp_path, "--server", server, environ=environ) as again, sign_in(again) as api:
        kept = all_responses(api, session_ids)
    statuses = {each["status"] for each in kept.values()}
    assert statuses == {"completed", "interrupted"}
    for key, before in seen.items():
        assert kept[key]["text"].startswith(before["text"])
