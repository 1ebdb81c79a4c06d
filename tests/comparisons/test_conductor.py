"""Turns that run: stopped by name, kept in line, never left behind."""

import asyncio
import random
import time
from contextlib import suppress
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from backend.comparisons import actions
from backend.comparisons.tables import ComparisonRow, ResponseRow, TurnRow
from backend.kit.errors import AppError
from backend.limits.turnstile import Capacity, QueueFull
from tests.comparisons.rehearsal import (
    QUICK,
    TERMINAL,
    TURN_ENDS,
    Rehearsal,
    check_sums,
    of_lane,
    rehearsing,
    responses_of,
)
from tests.support.waiting import PATIENCE, eventually

ENDLESS = "simulator/swift@ttft:0@pace:5@tokens:100000"
SILENT = "simulator/swift@hang"
CLOSED_WITHIN = 0.5


async def closed_upstream(rehearsal: Rehearsal, count: int, since: float) -> None:
    """So many streams were left, each soon after."""
    await eventually(lambda: rehearsal.simulator.stats.clients_left >= count)
    assert all(each.noticed - since < CLOSED_WITHIN for each in rehearsal.simulator.stats.departures)


@pytest.mark.parametrize("model", [ENDLESS, SILENT])
async def test_a_stop_closes_the_way_to_the_provider(rehearsal: Rehearsal, model: str) -> None:
    """Before the first token and after it."""
    comparison = await rehearsal.comparison(model)
    listener = await rehearsal.listener(comparison)
    (response_id,) = (await rehearsal.start(comparison)).response_ids
    await eventually(lambda: bool(rehearsal.asked_of_provider()))
    if model == ENDLESS:
        await listener.first("model_chunk")
    stop = rehearsal.studio.conductor.stop_response
    since = time.monotonic()
    assert stop(response_id) == (response_id,)
    assert stop(response_id) == ()
    await closed_upstream(rehearsal, 1, since)
    comparison = await rehearsal.over(comparison)
    assert stop(response_id) == ()
    response = of_lane(comparison, 0)
    assert (response.status, response.error_kind) == ("cancelled", None)
    assert listener.text(response_id) == response.text
    assert bool(response.text) == (model == ENDLESS)
    row = (await rehearsal.ledger())[response_id]
    assert (row.outcome, row.tokens_origin) == ("cancelled", "estimated")
    assert row.input > 0
    assert (row.output > 0) == bool(response.text)
    assert len(listener.of(*TERMINAL)) == 1
    assert comparison.status == "failed"


async def test_one_lane_of_three_is_stopped_and_the_others_go_on(on_sqlite: Rehearsal) -> None:
    slow = "simulator/swift@ttft:0@pace:10@tokens:40"
    comparison = await on_sqlite.comparison(slow, ENDLESS, slow)
    listener = await on_sqlite.listener(comparison)
    started = await on_sqlite.start(comparison)
    stopped = started.response_ids[1]
    await listener.first("model_chunk", responseId=str(stopped))
    assert await actions.stop_response(on_sqlite.studio, on_sqlite.ada, stopped) == (stopped,)
    comparison = await on_sqlite.over(comparison)
    assert [of_lane(comparison, place).status for place in range(3)] == [
        "completed",
        "cancelled",
        "completed",
    ]
    assert comparison.status == "completed"


async def test_a_comparison_is_stopped_as_a_whole(on_sqlite: Rehearsal) -> None:
    comparison = await on_sqlite.comparison(ENDLESS, ENDLESS)
    other = await on_sqlite.comparison(ENDLESS)
    await on_sqlite.start(other)
    started = await on_sqlite.start(comparison)
    stopped = await actions.stop_comparison(on_sqlite.studio, on_sqlite.ada, comparison.session_id)
    assert set(stopped) == set(started.response_ids)
    comparison = await on_sqlite.over(comparison)
    assert {each.status for each in responses_of(comparison)} == {"cancelled"}
    assert on_sqlite.studio.conductor.running == 1


async def test_a_used_up_budget_ends_what_its_payer_has_running(on_sqlite: Rehearsal) -> None:
    comparison = await on_sqlite.comparison(ENDLESS)
    await on_sqlite.start(comparison)
    assert on_sqlite.studio.conductor.stop_payer(comparison.session_id, "budget") == ()
    on_sqlite.studio.conductor.stop_payer(on_sqlite.ada.user_id, "budget")
    response = of_lane(await on_sqlite.over(comparison), 0)
    assert (response.status, response.error_kind) == ("error", "budget")


async def test_the_last_viewer_leaving_cancels_nothing(on_sqlite: Rehearsal) -> None:
    comparison = await on_sqlite.comparison("simulator/swift@ttft:0@pace:5@tokens:60")
    listener = await on_sqlite.listener(comparison)
    await on_sqlite.start(comparison)
    await listener.first("model_chunk")
    listener.leave()
    comparison = await on_sqlite.over(comparison)
    assert of_lane(comparison, 0).status == "completed"
    assert on_sqlite.simulator.stats.clients_left == 0


async def test_a_turn_over_the_limit_waits_in_line_and_hears_its_place(sqlite_url: str) -> None:
    async with rehearsing(sqlite_url, Capacity(inside_per_user=1)) as rehearsal:
        first, second, third = [await rehearsal.comparison(ENDLESS) for _ in range(3)]
        heard = [await rehearsal.listener(each) for each in (first, second, third)]
        (running,) = (await rehearsal.start(first)).response_ids
        await rehearsal.start(second)
        await rehearsal.start(third)
        assert (await heard[1].first("turn_queued"))["place"] == 1
        assert (await heard[2].first("turn_queued"))["place"] == 2
        assert [each.turns[0].queue_place for each in (heard[2].room.snapshot(),)] == [2]
        assert len(rehearsal.asked_of_provider()) <= 1
        rehearsal.studio.conductor.stop_response(running)
        await heard[1].first("model_chunk")
        assert [each["place"] for each in heard[1].of("turn_queued")] == [1, None]
        assert [each["place"] for each in heard[2].of("turn_queued")] == [2, 1]
        rehearsal.studio.conductor.stop_comparison(third.session_id)
        assert (await rehearsal.over(third)).turns[0].responses[0].status == "cancelled"
        assert [each["place"] for each in heard[2].of("turn_queued")] == [2, 1, None]
        assert rehearsal.studio.turnstile.waiting == 0
        rehearsal.studio.conductor.stop_comparison(second.session_id)
        comparison = await rehearsal.over(second)
        assert (of_lane(comparison, 0).queue_ms or 0) > 0
        assert (rehearsal.studio.turnstile.inside, rehearsal.studio.turnstile.users) == (0, 0)


async def test_one_lane_can_be_stopped_while_its_turn_still_waits(sqlite_url: str) -> None:
    async with rehearsing(sqlite_url, Capacity(inside_per_user=1)) as rehearsal:
        first, second = (
            await rehearsal.comparison(ENDLESS),
            await rehearsal.comparison(ENDLESS, "simulator/swift" + QUICK),
        )
        listener = await rehearsal.listener(second)
        await rehearsal.start(first)
        stopped, other = (await rehearsal.start(second)).response_ids
        await listener.first("turn_queued")
        rehearsal.studio.conductor.stop_response(stopped)
        end = await listener.first("model_complete", responseId=str(stopped))
        assert end["status"] == "cancelled"
        assert not listener.of("model_start")
        rehearsal.studio.conductor.stop_comparison(first.session_id)
        comparison = await rehearsal.over(second)
        assert [of_lane(comparison, place).status for place in (0, 1)] == ["cancelled", "completed"]
        assert set(await rehearsal.ledger()) >= {other}
        assert stopped not in await rehearsal.ledger()


async def test_a_full_line_refuses_before_anything_is_stored(sqlite_url: str) -> None:
    async with rehearsing(sqlite_url, Capacity(inside_per_user=1, waiting_per_user=1)) as rehearsal:
        made = [await rehearsal.comparison(ENDLESS) for _ in range(3)]
        for each in made[:2]:
            await rehearsal.start(each)
        with pytest.raises(QueueFull):
            await rehearsal.start(made[2])
        stored = await rehearsal.load(made[2])
        assert (stored.status, stored.turns[0].started, stored.turns[0].responses) == ("pending", False, ())


async def test_no_place_is_ever_lost(sqlite_url: str) -> None:
    """Started, refused, stopped, left in any order; when all is over nobody is in and nobody waits."""
    dice = random.Random(5)
    async with rehearsing(sqlite_url, Capacity(inside_per_user=2, waiting_per_user=3)) as rehearsal:
        models = [f"simulator/swift@ttft:0@pace:{pace}@tokens:20" for pace in (0, 1, 3)]
        made = [await rehearsal.comparison(dice.choice(models)) for _ in range(6)]

        async def visit(number: int) -> None:
            comparison = made[number % len(made)]
            starting = asyncio.create_task(rehearsal.start(comparison, f"Turn {number}"))
            await asyncio.sleep(dice.random() * 0.02)
            if dice.random() < 0.4:
                starting.cancel()
            elif dice.random() < 0.5:
                rehearsal.studio.conductor.stop_comparison(comparison.session_id)
            with suppress(AppError, asyncio.CancelledError):
                await starting

        for wave in range(6):
            await asyncio.gather(*(visit(12 * wave + number) for number in range(12)))
        for each in made:
            check = await rehearsal.over(each)
            assert not {each.status for each in responses_of(check)} & {"pending", "streaming"}
        turnstile = rehearsal.studio.turnstile
        assert (turnstile.inside, turnstile.waiting, turnstile.users) == (0, 0, 0)
        async with rehearsal.database.reading() as db:
            begun = select(func.count()).where(TurnRow.started_at.is_not(None), TurnRow.ended_at.is_(None))
            assert await db.scalar(begun) == 0


async def test_two_attempts_that_end_together_are_both_over(rehearsal: Rehearsal) -> None:
    """In one turn, in one commit."""
    quick = f"simulator/swift{QUICK}"
    comparison, listener = await rehearsal.played(quick, quick)
    ids = [each.id for each in responses_of(comparison)]
    async with rehearsal.database.transaction() as db:
        await db.execute(text("SELECT 1"))
    await asyncio.gather(*map(rehearsal.regenerate, ids))
    comparison = await rehearsal.over(comparison)
    assert [each.attempt for each in responses_of(comparison)] == [1, 1, 2, 2]
    assert len(listener.of(*TURN_ENDS)) == 3
    check_sums(comparison, await rehearsal.ledger())


async def test_a_turn_that_begins_before_the_last_one_is_closed_keeps_the_comparison_running(
    rehearsal: Rehearsal,
) -> None:
    comparison = await rehearsal.comparison(f"simulator/swift{QUICK}")
    listener = await rehearsal.listener(comparison)
    await rehearsal.start(comparison)
    await listener.first("model_complete")
    await rehearsal.start(comparison, "And now?")
    await eventually(lambda: rehearsal.studio.conductor.running <= 1)
    assert (await rehearsal.over(comparison)).status == "completed"
    states = [each["totals"]["status"] for each in listener.of("model_complete", *TURN_ENDS)]
    assert states[-1] == "completed"


async def test_a_room_tells_how_its_own_turn_ended_whatever_became_of_another(on_sqlite: Rehearsal) -> None:
    comparison, listener = await on_sqlite.played(f"simulator/swift{QUICK}", f"simulator/swift@401{QUICK}")
    await on_sqlite.start(comparison, "And now?", [comparison.lanes[1].id])
    comparison = await on_sqlite.over(comparison)
    assert comparison.status == "failed"
    assert [each["type"] for each in listener.of(*TURN_ENDS)] == ["comparison_complete", "comparison_error"]
    await on_sqlite.regenerate(comparison.turns[0].responses[1].id)
    comparison = await on_sqlite.over(comparison)
    assert listener.of(*TURN_ENDS)[-1]["type"] == "comparison_complete"
    assert comparison.status == "failed"


async def test_what_ends_in_time_ends_well_and_the_rest_says_why_it_did_not(sqlite_url: str) -> None:
    async with rehearsing(sqlite_url) as rehearsal:
        comparison = await rehearsal.comparison("simulator/swift@ttft:0@pace:5@tokens:60", ENDLESS)
        listener = await rehearsal.listener(comparison)
        await rehearsal.start(comparison)
        await listener.first("model_chunk")
        await rehearsal.studio.conductor.close(1.5)
        comparison = await rehearsal.settled(comparison)
        ends = [
            (of_lane(comparison, place).status, of_lane(comparison, place).error_kind) for place in (0, 1)
        ]
        assert ends == [("completed", None), ("interrupted", "restart")]
        assert of_lane(comparison, 1).text == listener.text(of_lane(comparison, 1).id)
        late = await rehearsal.comparison(ENDLESS)
        await rehearsal.start(late)
        assert of_lane(await rehearsal.over(late), 0).error_kind == "restart"


async def test_a_database_that_takes_nothing_keeps_nobody_from_closing(sqlite_url: str) -> None:
    async with rehearsing(sqlite_url) as rehearsal:
        comparison = await rehearsal.comparison(ENDLESS)
        await rehearsal.start(comparison)
        async with rehearsal.database.transaction() as db:
            await db.execute(text("PRAGMA query_only = ON"))
        async with asyncio.timeout(PATIENCE):
            await rehearsal.studio.conductor.close(0, to_write_down=0.1)
            await rehearsal.recorder.close()
        assert rehearsal.studio.conductor.running == 0


async def test_a_turn_outlives_the_room_that_somebody_closes_over_it(on_sqlite: Rehearsal) -> None:
    comparison = await on_sqlite.comparison("simulator/swift@ttft:0@pace:5@tokens:40")
    await on_sqlite.start(comparison)
    async with on_sqlite.database.transaction() as db:
        row = await db.get_one(ComparisonRow, comparison.session_id)
        row.deleted_at = row.created_at
    on_sqlite.studio.hub.close(comparison.session_id)
    async with asyncio.timeout(PATIENCE):
        await on_sqlite.studio.conductor.over(comparison.session_id)
    async with on_sqlite.database.reading() as db:
        ended: list[UUID] = list(
            await db.scalars(select(ResponseRow.id).where(ResponseRow.status == "completed"))
        )
    assert len(ended) == 1
    assert on_sqlite.studio.turnstile.inside == 0
