"""What /metrics says of a real server on which everything has happened."""

import re
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from backend.kit.metrics import Metrics
from tests.health.story import ENDLESS, REFUSED, RETRIED, SHORT, Story, story
from tests.support.room_client import RoomClient

OURS = "bakeoff_"


def responses_in(told: Story) -> list[dict[str, Any]]:
    """Of everything that was ever asked there."""
    found, cursor = [], ""
    while True:
        page = told.api.get(f"/api/comparisons?limit=100{cursor}").json()
        for item in page["items"]:
            comparison = told.api.get(f"/api/comparisons/{item['sessionId']}").json()
            found += [response for turn in comparison["turns"] for response in turn["responses"]]
        if not page.get("nextCursor"):
            return found
        cursor = f"&cursor={page['nextCursor']}"


def named(provider: str) -> str:
    return provider if provider == "simulator" else "(users)"


def test_ends_tokens_and_costs_are_those_in_the_database(told: Story) -> None:
    told.run(SHORT)
    responses = responses_in(told)
    ends = Counter((named(each["provider"]), each["errorKind"] or each["status"]) for each in responses)
    assert len(ends) > 4
    assert {key for key, *_ in ends} == {"simulator", "(users)"}
    for (provider, outcome), count in ends.items():
        assert told.figure("bakeoff_responses_total", provider=provider, outcome=outcome) == count
    assert told.figure("bakeoff_responses_total") == len(responses)
    for direction, field in (("in", "inputTokens"), ("out", "outputTokens")):
        tokens = sum(each[field] or 0 for each in responses)
        assert tokens > 0
        assert told.figure("bakeoff_tokens_total", direction=direction) == tokens
    cost = sum(each["cost"] or 0 for each in responses)
    assert cost > 0
    assert told.figure("bakeoff_cost_dollars_total") == pytest.approx(cost)
    asked = [each for each in responses if each["queueMs"] is not None]
    unknown = sum(named(each["provider"]) == "(users)" and each["cost"] is None for each in asked)
    assert unknown > 0
    assert told.figure("bakeoff_unknown_costs_total", provider="(users)") == unknown
    began = sum(each["timeToFirstTokenMs"] is not None for each in responses)
    assert told.figure("bakeoff_first_token_seconds_count") == began
    seconds = sum(each["timeToFirstTokenMs"] or 0 for each in responses) / 1000
    assert told.figure("bakeoff_first_token_seconds_sum") == pytest.approx(seconds)


def test_a_retry_is_counted_by_what_the_try_before_it_failed_of(told: Story) -> None:
    before = told.figure("bakeoff_retries_total", reason="overloaded")
    tries = told.figure("bakeoff_provider_tries_total", provider="simulator")
    refused = told.figure("bakeoff_provider_tries_total", outcome="credentials")
    done = told.run(RETRIED.replace("@503", "@seed:7@503"), REFUSED)
    made = [len(response["retries"]) for response in done["turns"][0]["responses"]]
    assert made == [1, 0]
    assert told.figure("bakeoff_retries_total", reason="overloaded") == before + 1
    assert told.figure("bakeoff_provider_tries_total", provider="simulator") == tries + 3
    assert told.figure("bakeoff_provider_tries_total", outcome="credentials") == refused + 1


def test_an_endpoint_of_a_user_adds_no_label(told: Story) -> None:
    providers = {sample.labels["provider"] for sample in told.samples() if "provider" in sample.labels}
    assert providers >= {"simulator", "(users)"}
    assert "mine" not in providers
    assert told.figure("bakeoff_provider_tries_total", provider="(users)", outcome="ok") > 0


def test_drops_joins_and_refusals_are_counted(told: Story) -> None:
    assert told.figure("bakeoff_sockets_closed_total", code="4408") >= 1
    assert told.figure("bakeoff_room_joins_total", given="replay") >= 1
    assert told.figure("bakeoff_room_joins_total", given="snapshot") >= 1
    before = told.figure("bakeoff_refusals_total", code="invalid_credentials")
    told.turned_away()
    assert told.figure("bakeoff_refusals_total", code="invalid_credentials") == before + 1
    assert told.figure("bakeoff_refusals_total", code="validation_failed") >= 1
    with RoomClient(told.bakeoff.url, told.owner.token) as visitor:
        unknown = visitor.ask("join_session", sessionId="018f0000-0000-7000-8000-000000000000")
    assert unknown["code"] == "not_found"
    assert told.figure("bakeoff_refusals_total", code="not_found") >= 1


def test_each_event_of_a_room_counts_once_and_a_delivery_for_each_who_hears_it(told: Story) -> None:
    session_id = told.make(SHORT)
    url, token = told.bakeoff.url, told.owner.token
    with RoomClient(url, token) as first, RoomClient(url, token) as second:
        first.join(session_id)
        second.join(session_id)
        events = told.figure("bakeoff_room_events_total")
        deliveries = told.figure("bakeoff_room_deliveries_total")
        assert told.figure("bakeoff_room_members") == 2
        first.say("start_comparison", sessionId=session_id)
        for visitor in (first, second):
            visitor.until_type("comparison_complete")
        assert told.figure("bakeoff_room_events_total") == events + len(first.events)
        assert told.figure("bakeoff_room_deliveries_total") == deliveries + 2 * len(first.events)


def test_when_nothing_runs_nothing_is_left(told: Story) -> None:
    told.run(SHORT)
    idle = ("turns_running", "turns_waiting", "streams_running", "calls_waiting", "unwritten_rows")
    assert {name: told.figure(OURS + name) for name in idle} == dict.fromkeys(idle, 0)
    assert told.figure("bakeoff_unwritten_age_seconds") == 0
    assert told.figure("bakeoff_group_rows_count") > 0
    assert told.figure("bakeoff_loop_lag_seconds_count") > 0


def test_everything_that_is_declared_is_there_and_named_as_prometheus_wants_it(told: Story) -> None:
    declared = {metric.name for metric in Metrics.declare("1").registry.collect()}
    families = {sample.name for sample in told.samples()}
    for name in declared:
        assert any(each.startswith(name) for each in families), name
    ours = {name for name in declared if name.startswith(OURS)}
    assert len(ours) > 25
    assert not [name for name in ours if re.search(r"_(ms|milliseconds|kb|percent|count)$", name)]
    types = {metric.name: metric.type for metric in Metrics.declare("1").registry.collect()}
    bare = {name for name in ours if types[name] == "histogram" and not name.endswith(("_seconds", "_rows"))}
    assert bare == set()


@pytest.mark.parametrize(
    ("limit", "place", "elsewhere"),
    [("TURNS_AT_ONCE", "user", "server"), ("SERVER_TURNS_AT_ONCE", "server", "user")],
)
def test_who_waits_is_seen_and_for_what(tmp_path: Path, limit: str, place: str, elsewhere: str) -> None:
    with story(tmp_path, {f"BAKEOFF_{limit}": "1"}) as scene:
        running, waiting = scene.make(ENDLESS, ENDLESS), scene.make(ENDLESS)
        with RoomClient(scene.bakeoff.url, scene.owner.token) as visitor:
            visitor.join(running)
            visitor.say("start_comparison", sessionId=running)
            for _ in range(2):
                visitor.until_type("model_start")
        scene.api.post(f"/api/comparisons/{waiting}/start").raise_for_status()
        assert scene.figure("bakeoff_turns_running") == 1
        assert scene.figure("bakeoff_streams_running") == 2
        assert scene.figure("bakeoff_turns_waiting", place=place) == 1
        assert scene.figure("bakeoff_turns_waiting", place=elsewhere) == 0


def test_a_database_that_refuses_is_counted_by_its_reason_and_what_waits_grows_old(tmp_path: Path) -> None:
    with story(tmp_path) as scene:
        session_id = scene.make(ENDLESS)
        with RoomClient(scene.bakeoff.url, scene.owner.token) as visitor:
            visitor.join(session_id)
            visitor.say("start_comparison", sessionId=session_id)
            visitor.until_type("model_chunk")
            with closing(sqlite3.connect(tmp_path / "data" / "bakeoff.db", isolation_level=None)) as holder:
                holder.execute("BEGIN IMMEDIATE")
                while not scene.figure(
                    "bakeoff_database_unavailable_total", reason="locked by another process"
                ):
                    visitor.until_type("model_chunk")
                assert scene.figure("bakeoff_unwritten_age_seconds") > 1
                assert scene.figure("bakeoff_unwritten_rows") > 0
                holder.execute("ROLLBACK")
                while scene.figure("bakeoff_unwritten_age_seconds") > 1:
                    visitor.until_type("model_chunk")
