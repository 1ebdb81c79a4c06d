"""One lane among others: whatever happens to it, it ends once, by itself and alone."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from uuid import UUID

import pytest
import structlog

from backend.comparisons.fanout import fan_out
from backend.comparisons.lane import MOST_CHARACTERS, Halt, LaneEvent, RunningLane, Started
from backend.providers.answering import Piece
from backend.providers.chat import Text
from backend.providers.failures import ProviderError
from tests.comparisons.actors import Book, StandIn, acting, says_two_words
from tests.comparisons.rehearsal import QUICK, TERMINAL, Rehearsal, of_lane, responses_of

SOUND = ("simulator/swift" + QUICK, "simulator/polyglot" + QUICK, "simulator/smith" + QUICK)


async def run(*lanes: RunningLane) -> Book:
    book, admitted = Book(), asyncio.Event()
    admitted.set()
    await fan_out(lanes, admitted, book.emit)
    return book


async def test_a_failing_lane_leaves_its_siblings_running(rehearsal: Rehearsal) -> None:
    failing = {
        "hasty/swift@hang": "timeout",
        "simulator/swift@500": "provider_error",
        f"simulator/smith@broken-json:5{QUICK}": "bad_stream",
        f"simulator/swift@bad-utf8:5{QUICK}": "bad_stream",
        f"simulator/swift@long-line:3{QUICK}": "bad_stream",
    }
    comparison, listener = await rehearsal.played(*failing, *SOUND)
    assert [of_lane(comparison, place).status for place in range(5, 8)] == ["completed"] * 3
    ends = [of_lane(comparison, place) for place in range(5)]
    assert [each.status for each in ends] == ["error"] * 5
    assert [each.error_kind for each in ends] == list(failing.values())
    assert comparison.status == "completed"
    for response in responses_of(comparison):
        assert len(listener.of(*TERMINAL, responseId=str(response.id))) == 1
        assert listener.text(response.id) == response.text


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ("cut:5", "interrupted", "stream_cut"),
        ("reset:5", "interrupted", "stream_cut"),
        ("end:5", "interrupted", "stream_cut"),
        ("no-end", "interrupted", "stream_cut"),
        ("error:5", "error", "provider_error"),
        ("stall:5", "error", "timeout"),
        ("stall-pings:5", "error", "timeout"),
    ],
)
async def test_what_came_before_a_fault_is_kept_and_never_asked_for_again(
    on_sqlite: Rehearsal, fault: str, status: str, kind: str
) -> None:
    comparison, listener = await on_sqlite.played(f"hasty/swift@{fault}{QUICK}")
    response = of_lane(comparison, 0)
    assert (response.status, response.error_kind) == (status, kind)
    assert response.text
    assert listener.text(response.id) == response.text
    assert response.retries == ()
    assert len(on_sqlite.asked_of_provider()) == 1
    assert comparison.status == "failed"
    assert [each["type"] for each in listener.frames[-2:]] == ["model_error", "comparison_error"]


async def test_a_try_that_came_to_nothing_is_told_and_kept(on_sqlite: Rehearsal) -> None:
    comparison, listener = await on_sqlite.played(f"simulator/swift@503@first:1{QUICK}")
    response = of_lane(comparison, 0)
    assert response.status == "completed"
    assert [retry.kind for retry in response.retries] == ["overloaded"]
    assert [each["retry"]["kind"] for each in listener.of("model_retry")] == ["overloaded"]


async def test_a_bug_in_one_lane_is_its_own_end_and_nobody_elses() -> None:
    async def falls_over(_of: StandIn) -> AsyncGenerator[Sequence[Piece], None]:
        yield [Text("Be", 0.0)]
        raise KeyError("a bug")

    broken, sound = acting(falls_over), acting(says_two_words)
    with structlog.testing.capture_logs() as logs:
        book = await run(broken, sound)
    assert (book.end_of(broken).status, book.end_of(broken).kind) == ("error", "internal")
    assert book.end_of(broken).answer is not None
    assert book.end_of(sound).status == "completed"
    assert [entry["event"] for entry in logs] == ["lane.crashed"]


async def test_whoever_cannot_take_down_one_lane_takes_down_the_others() -> None:
    deaf, sound, book = acting(says_two_words), acting(says_two_words), Book()

    def emit(response_id: UUID, event: LaneEvent) -> None:
        if response_id == deaf.id and isinstance(event, Started):
            raise KeyError("a bug")
        book.emit(response_id, event)

    admitted = asyncio.Event()
    admitted.set()
    with structlog.testing.capture_logs():
        await fan_out([deaf, sound], admitted, emit)
    assert book.end_of(deaf).kind == "internal"
    assert book.end_of(sound).status == "completed"


async def test_an_answer_without_an_end_is_broken_off() -> None:
    async def goes_on(_of: StandIn) -> AsyncGenerator[Sequence[Piece], None]:
        while True:
            yield [Text("x" * 1_000_000, 0.0)]

    lane = acting(goes_on)
    book = await run(lane)
    assert (book.end_of(lane).status, book.end_of(lane).kind) == ("interrupted", "bad_stream")
    assert len(book.events[lane.id]) <= MOST_CHARACTERS // 1_000_000 + 3


@pytest.mark.parametrize(
    ("why", "status", "kind"),
    [("cancelled", "cancelled", None), ("budget", "error", "budget"), ("restart", "interrupted", "restart")],
)
async def test_who_halts_a_lane_is_told_whether_it_ran(why: Halt, status: str, kind: str | None) -> None:
    speaking = asyncio.Event()

    async def waits(_of: StandIn) -> AsyncGenerator[Sequence[Piece], None]:
        yield [Text("Be", 0.0)]
        speaking.set()
        await asyncio.Event().wait()

    lane = acting(waits)
    running = asyncio.create_task(run(lane))
    await speaking.wait()
    assert lane.halt(why)
    assert not lane.halt("cancelled")
    book = await running
    assert not lane.halt("cancelled")
    end = book.end_of(lane)
    assert (end.status, end.kind) == (status, kind)
    assert end.answer is not None


async def test_a_lane_that_is_halted_before_its_time_asks_nobody() -> None:
    early, queued, book = acting(says_two_words), acting(says_two_words), Book()
    assert early.halt("cancelled")
    running = asyncio.create_task(fan_out([early, queued], asyncio.Event(), book.emit))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert queued.halt("cancelled")
    await running
    assert [book.end_of(lane).status for lane in (early, queued)] == ["cancelled"] * 2
    assert [book.end_of(lane).answer for lane in (early, queued)] == [None, None]
    assert [len(events) for events in book.events.values()] == [1, 1]


async def test_an_answer_that_is_whole_is_whole_though_somebody_stops_it_then() -> None:
    last = asyncio.Event()

    async def lingers(of: StandIn) -> AsyncGenerator[Sequence[Piece], None]:
        yield [Text("Because.", 0.0), of.end()]
        last.set()
        await asyncio.Event().wait()

    lane = acting(lingers)
    running = asyncio.create_task(run(lane))
    await last.wait()
    lane.halt("restart")
    assert (await running).end_of(lane).status == "completed"


async def test_a_message_of_a_provider_can_be_kept_by_every_database() -> None:
    async def refuses(_of: StandIn) -> AsyncGenerator[Sequence[Piece], None]:
        raise ProviderError("refused", "no\0pe")
        yield []

    lane = acting(refuses)
    book = await run(lane)
    assert book.end_of(lane).message == "no\ufffdpe"
