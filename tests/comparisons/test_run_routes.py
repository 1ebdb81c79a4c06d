"""Comparisons for scripts over real HTTP: waited for, or read as events, resumed where they broke off."""

import random
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.bakeoff import RunningBakeoff, running_bakeoff
from tests.support.event_stream import ACCEPT, PATIENCE, Follower, stream

QUICK = "simulator/swift@ttft:0@pace:0@tokens:200"
PACED = "simulator/smith@ttft:0@pace:5@tokens:150"
ENDLESS = "simulator/smith@ttft:0@pace:10@tokens:100000"
BROKEN = "simulator/sage@401"
RUN = "/api/comparisons/run"
ENVIRON = {
    "BAKEOFF_REGISTRATION": "open",
    "BAKEOFF_TURNS_A_MINUTE": "1000",
    "BAKEOFF_REQUESTS_A_MINUTE": "0",
    "BAKEOFF_DRAIN_SECONDS": "60",
}


def sign_in(bakeoff: RunningBakeoff, name: str) -> httpx2.Client:
    join = {"email": f"{name}@example.org", "password": "nine dry umbrellas"}
    token = httpx2.post(f"{bakeoff.url}/auth/register", json=join, timeout=PATIENCE).json()["accessToken"]
    headers = {"authorization": f"Bearer {token}"}
    return httpx2.Client(base_url=bakeoff.url, headers=headers, timeout=PATIENCE)


@dataclass(frozen=True)
class House:
    bakeoff: RunningBakeoff
    ada: httpx2.Client
    bert: httpx2.Client

    def made(self, *models: str) -> str:
        asked = {"prompt": "Why?", "modelIds": models, "start": True}
        return str(self.ada.post("/api/comparisons", json=asked).json()["sessionId"])

    def stored(self, session_id: object) -> dict[str, Any]:
        found: dict[str, Any] = self.ada.get(f"/api/comparisons/{session_id}").json()
        return found

    def over(self, session_id: object) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while (found := self.stored(session_id))["status"] in {"pending", "in_progress"}:
            assert time.monotonic() < deadline, "it does not end"
            time.sleep(0.02)
        return found

    def stop(self, session_id: object) -> None:
        assert self.ada.post(f"/api/comparisons/{session_id}/stop").status_code == 202


@pytest.fixture(scope="module", params=["native", "portable"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("run")
    with (
        running_bakeoff(folder, "--server", request.param, environ=ENVIRON) as bakeoff,
        sign_in(bakeoff, "ada") as ada,
        sign_in(bakeoff, "bert") as bert,
    ):
        yield House(bakeoff, ada, bert)


def texts(comparison: dict[str, Any]) -> list[str]:
    return [each["text"] for turn in comparison["turns"] for each in turn["responses"]]


def heard_texts(follower: Follower) -> list[str]:
    return [each.text for turn in follower.comparison.turns for each in turn.responses]


def events_path(session_id: object) -> str:
    return f"/api/comparisons/{session_id}/events"


def test_who_waits_gets_the_finished_comparison(house: House) -> None:
    answer = house.ada.post(RUN, json={"prompt": "Why?", "modelIds": [QUICK, BROKEN, PACED]})

    assert answer.status_code == 200
    done = answer.json()
    statuses = [each["status"] for each in done["turns"][0]["responses"]]
    assert (done["status"], statuses) == ("completed", ["completed", "error", "completed"])
    assert texts(done) == texts(house.stored(done["sessionId"]))
    assert done["totalTokens"] > 0


def test_a_run_as_events_is_whole_and_ends_with_the_turn(house: House) -> None:
    follower = Follower()
    with stream(
        house.ada, "POST", RUN, json={"prompt": "Why?", "modelIds": [QUICK, BROKEN, PACED]}
    ) as events:
        follower.hear_all(events)

    # From before the first event, so that nothing of the run is in the snapshot already.
    assert [told.kind for told in follower.told][:2] == ["joined", "turn_started"]
    assert follower.told[-1].kind == "comparison_complete"
    stored = house.stored(follower.session_id)
    assert heard_texts(follower) == texts(stored)
    assert (follower.comparison.total_tokens, follower.comparison.status) == (
        stored["totalTokens"],
        "completed",
    )


def test_a_run_in_which_nobody_answers_ends_as_one(house: House) -> None:
    with stream(house.ada, "POST", RUN, json={"prompt": "Why?", "modelIds": [BROKEN]}) as events:
        told = list(events)
    assert told[-1].kind == "comparison_error"


def test_who_was_cut_off_goes_on_exactly_where_he_was(house: House) -> None:
    """Again and again, by either of the two addresses."""
    moments = random.Random(7)
    follower = Follower()
    with stream(house.ada, "POST", RUN, json={"prompt": "Why?", "modelIds": [PACED, PACED]}) as events:
        follower.hear(next(events))
        for _ in range(moments.randrange(1, 8)):
            follower.hear(next(events))
    session_id = follower.session_id
    while follower.told[-1].kind != "comparison_complete":
        back = {"last-event-id": follower.last_id}
        if moments.random() < 0.5:
            resumed = stream(house.ada, "POST", RUN, headers=back, json={"prompt": "Why?"})
        else:
            resumed = stream(house.ada, "GET", events_path(session_id), headers=back)
        with resumed as events:
            for _ in range(moments.randrange(1, 40)):
                if (told := next(events, None)) is None:
                    break
                follower.hear(told)
                if told.kind == "comparison_complete":
                    break
    assert len(follower.recovered) > 3
    assert follower.recovered == [False, *[True] * (len(follower.recovered) - 1)]

    back = {"last-event-id": follower.last_id}
    with stream(house.ada, "POST", RUN, headers=back, json={"prompt": "Why?"}) as events:
        assert [told.kind for told in events] == ["joined"]
    start = {"last-event-id": follower.told[0].id}
    with stream(house.ada, "POST", RUN, headers=start, json={"prompt": "Why?"}) as events:
        assert next(events).data["recovered"] is True
        assert list(events) == follower.told[1:]
    assert heard_texts(follower) == texts(house.over(session_id))


def test_a_position_of_another_life_of_the_room_begins_anew(house: House) -> None:
    session_id = house.made(QUICK)
    stored = house.over(session_id)
    for position in (f"{session_id}:{'0' * 32}:1", f"{session_id}::0", f"{session_id}:x:-3"):
        follower = Follower()
        with stream(house.ada, "GET", events_path(session_id), headers={"last-event-id": position}) as events:
            follower.hear(next(events))
        assert follower.recovered == [False]
        assert heard_texts(follower) == texts(stored)
        # A run that is over has nothing more to tell.
        with stream(
            house.ada, "POST", RUN, headers={"last-event-id": position}, json={"prompt": "x"}
        ) as ended:
            assert [told.kind for told in ended] == ["joined"]


@pytest.mark.parametrize("position", ["x", "1", "a:b:c", "{}:x", "{}:x:y"])
def test_what_is_no_position_is_refused_by_name(house: House, position: str) -> None:
    session_id = house.made(QUICK)
    back = ACCEPT | {"last-event-id": position.format(session_id)}
    for answer in (
        house.ada.get(events_path(session_id), headers=back),
        house.ada.post(RUN, headers=back, json={"prompt": "x"}),
    ):
        assert answer.status_code == 422
        assert [each["field"] for each in answer.json()["details"]] == ["Last-Event-ID"]


def test_a_client_that_leaves_stops_nothing(house: House) -> None:
    with stream(house.ada, "POST", RUN, json={"prompt": "Why?", "modelIds": [PACED]}) as events:
        session_id = next(events).data["sessionId"]
        while next(events).kind != "model_chunk":
            pass
    done = house.over(session_id)
    assert done["status"] == "completed"
    assert [each["finishReason"] for each in done["turns"][0]["responses"]] == ["stop"]


def test_who_does_not_read_holds_nobody_up_and_loses_nothing(house: House) -> None:
    """Whatever became of his stream meanwhile, he comes back for the rest."""
    asked = {"prompt": "Say much.", "modelIds": ["simulator/smith@ttft:0@pace:0@tokens:4000"] * 3}
    session_id = house.ada.post("/api/comparisons", json=asked).json()["sessionId"]
    narrow = httpx2.HTTPTransport(socket_options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)])
    follower, late = Follower(), Follower()
    with (
        httpx2.Client(base_url=house.bakeoff.url, headers=house.ada.headers, transport=narrow) as lazy,
        stream(lazy, "GET", events_path(session_id)) as unread,
    ):
        late.hear(next(unread))
        with stream(house.ada, "GET", events_path(session_id)) as events:
            follower.hear(next(events))
            assert house.ada.post(f"/api/comparisons/{session_id}/start").status_code == 202
            while follower.told[-1].kind != "comparison_complete":
                follower.hear(next(events))
        stored = house.stored(session_id)
        assert heard_texts(follower) == texts(stored)
        for told in unread:
            late.hear(told)
            if told.kind == "comparison_complete":
                break
    back = {"last-event-id": late.last_id}
    with stream(house.ada, "POST", RUN, headers=back, json={"prompt": "x"}) as events:
        late.hear_all(events)
    assert heard_texts(late) == texts(stored)


def test_a_comparison_of_somebody_else_is_not_there(house: House) -> None:
    session_id = house.made(QUICK)
    done = house.over(session_id)
    assert done["status"] == "completed"
    position = ACCEPT | {"last-event-id": f"{session_id}:x:1"}
    for answer in (
        house.bert.get(events_path(session_id), headers=ACCEPT),
        house.bert.get(events_path(session_id), headers=position),
        house.bert.post(RUN, headers=position, json={"prompt": "x"}),
        # A position of one comparison opens no other.
        house.ada.get(events_path(house.made(QUICK)), headers=position),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    nobody = httpx2.get(f"{house.bakeoff.url}{events_path(session_id)}", headers=ACCEPT)
    assert nobody.status_code == 401


def test_a_guest_reads_along_until_the_link_is_taken_back(house: House) -> None:
    session_id, hidden = house.made(ENDLESS), house.made(QUICK)
    made = house.ada.post(f"/api/comparisons/{session_id}/shares", json={"link": True}).json()
    guest = {"authorization": f"Bearer {made['secret']}"}
    with httpx2.Client(base_url=house.bakeoff.url, headers=guest, timeout=PATIENCE) as client:
        assert client.get(events_path(hidden), headers=ACCEPT).status_code == 404
        refused = client.post(RUN, headers=ACCEPT, json={"prompt": "x", "modelIds": [QUICK]})
        assert refused.status_code == 403
        with stream(client, "GET", events_path(session_id)) as events:
            joined = next(events)
            assert joined.data["access"] == "viewer"
            assert next(told for told in events if told.kind == "model_chunk")
            share = f"/api/comparisons/{session_id}/shares/{made['share']['id']}"
            assert house.ada.delete(share).status_code == 204
            assert all(told.kind != "comparison_complete" for told in events)
        assert house.stored(session_id)["status"] == "in_progress"
        assert client.get(events_path(session_id), headers=ACCEPT).status_code == 401
    house.stop(session_id)


def test_a_deleted_comparison_ends_its_streams(house: House) -> None:
    session_id = house.made(QUICK)
    house.over(session_id)
    with stream(house.ada, "GET", events_path(session_id)) as events:
        next(events)
        assert house.ada.delete(f"/api/comparisons/{session_id}").status_code == 204
        (last,) = events
    assert (last.kind, last.data["reason"], last.id) == ("session_closed", "deleted", "")


@pytest.mark.parametrize("server", ["native", "portable"])
def test_a_server_that_ends_does_not_wait_for_who_only_listens(server: str, tmp_path: Path) -> None:
    with (
        running_bakeoff(tmp_path, "--server", server, environ=ENVIRON) as bakeoff,
        sign_in(bakeoff, "ada") as ada,
    ):
        asked = {"prompt": "Why?", "modelIds": [QUICK]}
        session_id = ada.post(RUN, json=asked).json()["sessionId"]
        with stream(ada, "GET", events_path(session_id)) as events:
            joined = next(events)
            # It would be a minute otherwise.
            assert bakeoff.terminate() == 0
            (last,) = events
        assert (last.kind, last.data["reason"]) == ("session_closed", "restarting")
    with running_bakeoff(tmp_path, "--server", server, environ=ENVIRON) as again:
        headers = {"authorization": ada.headers["authorization"], "last-event-id": joined.id}
        with (
            httpx2.Client(base_url=again.url, headers=headers) as client,
            stream(client, "GET", events_path(session_id)) as events,
        ):
            assert next(events).data["recovered"] is False
