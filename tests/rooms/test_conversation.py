"""Commands in their order, within their limits, and nobody held up by one that takes long."""

from collections.abc import Callable

from backend.kit.unavailable import DatabaseUnavailable
from backend.limits.commands import CommandLimits
from backend.limits.memory import memory_buckets
from backend.rooms.conversation import MOST_AT_ONCE
from backend.rooms.visitor import MOST_ROOMS
from tests.rooms.stage import Stage


def test_commands_are_answered_in_the_order_they_came(stage: Stage) -> None:
    ada = stage.person()
    story = stage.archive.keep(ada.id)
    page = stage.open(ada.token)
    session = str(story.session_id)
    kinds = ["start_comparison", "join_session", "stop_comparison", "leave_session"] * 20
    numbers = [page.say(kind, sessionId=session) for kind in kinds]
    answered = []
    while len(answered) < len(numbers):
        said = page.listen()
        if said.get("id") in numbers:
            answered.append(said["id"])
            assert said["type"] in {"ack", "joined"}
    assert answered == numbers
    assert [type(each).__name__ for each in stage.archive.performed] == [
        "StartComparison",
        "StopComparison",
    ] * 20


def test_a_start_that_takes_long_holds_up_neither_stop_nor_leave(stage: Stage) -> None:
    ada = stage.person()
    story = stage.archive.keep(ada.id)
    page = stage.open(ada.token)
    session = str(story.session_id)
    stage.now(stage.archive.may_go_on.clear)
    start = page.say("start_comparison", sessionId=session)
    assert page.ask("stop_comparison", sessionId=session)["type"] == "ack"
    assert page.ask("leave_session", sessionId=session)["type"] == "ack"
    assert [type(each).__name__ for each in stage.archive.performed] == ["StopComparison"]
    stage.now(stage.archive.may_go_on.set)
    assert page.answer_to(start)["type"] == "ack"


def test_what_is_begun_and_not_done_is_bounded(stage: Stage) -> None:
    ada = stage.person()
    story = stage.archive.keep(ada.id)
    page = stage.open(ada.token)
    stage.now(stage.archive.may_go_on.clear)
    numbers = [page.say("start_comparison", sessionId=str(story.session_id)) for _ in range(MOST_AT_ONCE + 1)]
    refused = page.answer_to(numbers[-1])
    assert refused["code"] == "busy"
    stage.now(stage.archive.may_go_on.set)
    done = [page.answer_to(number)["type"] for number in numbers[:-1]]
    assert done == ["ack"] * MOST_AT_ONCE


def test_what_was_asked_for_is_done_though_the_asker_has_gone(stage: Stage) -> None:
    ada = stage.person()
    story = stage.archive.keep(ada.id)
    page = stage.open(ada.token)
    page.join(story.session_id)
    stage.now(stage.archive.may_go_on.clear)
    page.say("start_comparison", sessionId=str(story.session_id))
    room = stage.hub.find(story.session_id)
    assert room is not None
    page.socket.close()
    # He is no longer in the room, whatever becomes of what he began.
    stage.until(lambda: room.members == 0)
    assert stage.archive.performed == []
    stage.now(stage.archive.may_go_on.set)
    stage.until(lambda: len(stage.archive.performed) == 1)


def test_a_leave_takes_back_a_join_that_is_still_under_way(stage: Stage) -> None:
    ada = stage.person()
    story = stage.archive.keep(ada.id)
    page = stage.open(ada.token)
    session = str(story.session_id)
    load, opening = stage.archive.load, stage.archive.may_go_on

    async def slow(session_id):
        await opening.wait()
        return await load(session_id)

    stage.hub._load = slow
    stage.now(opening.clear)
    join = page.say("join_session", sessionId=session)
    assert page.ask("leave_session", sessionId=session)["type"] == "ack"
    stage.now(opening.set)
    assert page.answer_to(join)["code"] == "taken_back"
    room = stage.hub.find(story.session_id)
    assert room is not None
    assert room.members == 0
    assert page.join(story.session_id)["type"] == "joined"


def test_little_left_is_a_warning_and_nothing_left_an_error(stage_with: Callable[..., Stage]) -> None:
    stage = stage_with(limits=CommandLimits(memory_buckets()))
    ada = stage.person()
    story = stage.archive.keep(ada.id)
    page = stage.open(ada.token)
    session = str(story.session_id)
    for left in range(19, -1, -1):
        assert page.ask("start_comparison", sessionId=session)["type"] == "ack"
        assert len(page.kept) == max(0, 5 - left)
    warning = page.kept[-1]
    assert (warning["type"], warning["command"], warning["remaining"]) == (
        "rate_limit",
        "start_comparison",
        0,
    )
    refused = page.ask("start_comparison", sessionId=session)
    assert refused["code"] == "rate_limited"
    assert 0 < refused["retryAfter"] <= 60
    assert len(stage.archive.performed) == 20
    # From another socket and another tab it is the same person; to end something is never too much.
    second = stage.open(ada.token)
    assert second.ask("start_comparison", sessionId=session)["code"] == "rate_limited"
    assert second.ask("stop_comparison", sessionId=session)["type"] == "ack"


def test_a_socket_is_in_a_hundred_rooms_and_no_more(stage: Stage) -> None:
    ada = stage.person()
    page = stage.open(ada.token)
    stories = [stage.archive.keep(ada.id) for _ in range(MOST_ROOMS + 1)]
    for story in stories[:-1]:
        assert page.join(story.session_id)["type"] == "joined"
    assert page.join(stories[-1].session_id)["code"] == "too_many_sessions"
    # To join again what one is in already is no other room.
    assert page.join(stories[0].session_id)["type"] == "joined"
    assert page.ask("leave_session", sessionId=str(stories[0].session_id))["type"] == "ack"
    assert page.join(stories[-1].session_id)["type"] == "joined"
    assert stage.hub.live_rooms == MOST_ROOMS + 1


def test_a_database_that_does_not_answer_is_said_and_the_socket_stays(stage: Stage) -> None:
    ada = stage.person()
    story = stage.archive.keep(ada.id)
    page = stage.open(ada.token)

    async def away(session_id):
        raise DatabaseUnavailable("disk full")

    load, stage.hub._load = stage.hub._load, away
    refused = page.join(story.session_id)
    assert (refused["code"], refused["retryAfter"]) == ("database_unavailable", 1)
    assert "disk" not in refused["message"]
    stage.hub._load = load
    assert page.join(story.session_id)["type"] == "joined"
