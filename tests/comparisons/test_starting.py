"""Turns and attempts begin once, as a whole or not at all."""

import asyncio
import random

import pytest

from backend.comparisons import actions, starting
from backend.comparisons.batch import Payer
from backend.comparisons.schemas import ChangeComparison, LaneChange
from backend.kit.errors import AppError, Invalid, NotFound
from backend.kit.ids import new_id
from tests.accounts.people import somebody
from tests.comparisons.fields import named
from tests.comparisons.history.looking import finds
from tests.comparisons.history.making import caller_of
from tests.comparisons.rehearsal import QUICK, Rehearsal, check_sums, of_lane, responses_of
from tests.support.waiting import eventually

SWIFT = f"simulator/swift{QUICK}"
ENDLESS = "simulator/swift@ttft:0@pace:5@tokens:100000"


async def test_two_who_start_at_once_start_one_turn(rehearsal: Rehearsal) -> None:
    comparison = await rehearsal.comparison(ENDLESS)
    tries = await asyncio.gather(
        *(rehearsal.start(comparison, "Why?") for _ in range(4)), return_exceptions=True
    )
    refused = [each for each in tries if isinstance(each, AppError)]
    assert [(each.status, each.code) for each in refused] == [(409, "still_running")] * 3
    rehearsal.studio.conductor.stop_comparison(comparison.session_id)
    comparison = await rehearsal.over(comparison)
    assert [len(turn.responses) for turn in comparison.turns] == [1]


async def test_to_be_told_twice_to_start_is_no_mistake(on_sqlite: Rehearsal) -> None:
    comparison = await on_sqlite.comparison(ENDLESS)
    first, second = await on_sqlite.start(comparison), await on_sqlite.start(comparison)
    assert first == second
    on_sqlite.studio.conductor.stop_comparison(comparison.session_id)
    await on_sqlite.over(comparison)
    with pytest.raises(AppError) as refusal:
        await on_sqlite.start(comparison)
    assert (refusal.value.status, refusal.value.code) == (409, "nothing_to_start")


async def test_a_prompt_takes_the_place_of_the_one_that_waits(rehearsal: Rehearsal) -> None:
    """And is asked by who started it, in the mode of now."""
    comparison = await rehearsal.comparison(SWIFT, prompt="Why is the sky blue?")
    await actions.change(
        rehearsal.studio, rehearsal.ada, comparison.session_id, ChangeComparison(history_mode="shared")
    )
    await rehearsal.listener(comparison)
    await rehearsal.start(comparison, "Why is the sea blue?")
    comparison = await rehearsal.over(comparison)
    (turn,) = comparison.turns
    assert (turn.prompt, turn.history_mode) == ("Why is the sea blue?", "shared")
    assert comparison.prompt == "Why is the sea blue?"
    assert rehearsal.asked_of_provider()[-1]["messages"][-1]["content"] == "Why is the sea blue?"


@pytest.mark.parametrize("given", [None, "Colours"])
async def test_what_a_comparison_is_called_by_follows_its_first_prompt(
    rehearsal: Rehearsal, given: str | None
) -> None:
    """In the database, in the room and where it is looked for; a title that somebody gave stays."""
    comparison = await rehearsal.comparison(SWIFT, prompt="Why is the sky blue?", title=given)
    listener = await rehearsal.listener(comparison)
    await rehearsal.start(comparison, "Why is the sea green?\nSay why.")
    stored = await rehearsal.over(comparison)
    title = given or "Why is the sea green?"
    assert (stored.title, stored.prompt) == (title, "Why is the sea green?\nSay why.")
    in_the_room = listener.room.snapshot()
    assert (in_the_room.title, in_the_room.prompt) == (stored.title, stored.prompt)
    (changed,) = listener.of("comparison_changed")
    assert (changed["title"], changed["prompt"]) == (stored.title, stored.prompt)
    assert await finds(rehearsal.database, rehearsal.ada, "sea green") == [comparison.session_id]
    assert await finds(rehearsal.database, rehearsal.ada, "sky blue") == []

    await rehearsal.start(comparison, "And the night?")
    stored = await rehearsal.over(comparison)
    assert (stored.title, stored.prompt) == (title, "Why is the sea green?\nSay why.")
    assert len(listener.of("comparison_changed")) == 1


async def test_a_prompt_goes_to_the_lanes_that_are_named(on_sqlite: Rehearsal) -> None:
    comparison = await on_sqlite.comparison(SWIFT, SWIFT, ENDLESS)
    ids = [lane.id for lane in comparison.lanes]
    await on_sqlite.start(comparison, lane_ids=[ids[2]])
    await on_sqlite.start(comparison, "And you?", [ids[1], ids[0]])
    await eventually(lambda: on_sqlite.studio.conductor.running <= 1)
    running = await on_sqlite.load(comparison)
    assert running.status == "in_progress"
    on_sqlite.studio.conductor.stop_comparison(comparison.session_id)
    comparison = await on_sqlite.over(comparison)
    assert [[each.lane_id for each in turn.responses] for turn in comparison.turns] == [[ids[2]], ids[:2]]
    assert comparison.status == "completed"


async def test_an_answer_is_made_anew_while_others_stream(rehearsal: Rehearsal) -> None:
    comparison = await rehearsal.comparison(SWIFT, ENDLESS)
    listener = await rehearsal.listener(comparison)
    first, endless = (await rehearsal.start(comparison)).response_ids
    await listener.first("model_complete", responseId=str(first))
    with pytest.raises(AppError, match="still running"):
        await rehearsal.regenerate(endless)
    again = await rehearsal.regenerate(first)
    await listener.first("model_complete", responseId=str(again.response_ids[0]))
    rehearsal.studio.conductor.stop_response(endless)
    comparison = await rehearsal.over(comparison)
    (turn,) = comparison.turns
    assert [(each.lane_id == comparison.lanes[0].id, each.attempt) for each in turn.responses] == [
        (True, 1),
        (False, 1),
        (True, 2),
    ]
    check_sums(comparison, await rehearsal.ledger())


async def test_many_who_want_another_attempt_get_one_at_a_time(rehearsal: Rehearsal) -> None:
    comparison, _ = await rehearsal.played(SWIFT)
    response = of_lane(comparison, 0)
    for _ in range(3):
        tries = await asyncio.gather(
            *(rehearsal.regenerate(response.id) for _ in range(4)), return_exceptions=True
        )
        assert all(
            isinstance(each, AppError) and each.code == "still_running"
            for each in tries
            if isinstance(each, BaseException)
        )
        comparison = await rehearsal.over(comparison)
    attempts = [each.attempt for each in responses_of(comparison)]
    assert attempts == list(range(1, len(attempts) + 1))
    assert len(attempts) >= 4


async def test_what_is_not_there_is_named_and_nothing_is_stored(on_sqlite: Rehearsal) -> None:
    comparison = await on_sqlite.comparison(SWIFT)
    for lanes, field in (
        ([new_id()], "laneIds.0"),
        ([comparison.lanes[0].id, new_id()], "laneIds.1"),
        ([], "laneIds"),
    ):
        with pytest.raises(Invalid) as invalid:
            await on_sqlite.start(comparison, "Why?", lanes)
        assert named(invalid.value) == [field]
    for prompt in (" \n", "a\0b"):
        with pytest.raises(Invalid) as invalid:
            await on_sqlite.start(comparison, prompt)
        assert named(invalid.value) == ["prompt"]
    with pytest.raises(NotFound):
        await starting.start(on_sqlite.studio, on_sqlite.ada, new_id(), "Why?")
    with pytest.raises(NotFound):
        await on_sqlite.regenerate(new_id())
    stranger = caller_of(await somebody(on_sqlite.database, "eve@example.org"))
    with pytest.raises(NotFound):
        await starting.start(on_sqlite.studio, stranger, comparison.session_id, "Why?")
    assert await on_sqlite.load(comparison) == comparison
    assert on_sqlite.asked_of_provider() == []


async def test_an_answer_of_another_comparison_is_not_found_in_this_one(on_sqlite: Rehearsal) -> None:
    comparison, _ = await on_sqlite.played(SWIFT)
    other = await on_sqlite.comparison(SWIFT)
    response = of_lane(comparison, 0)
    with pytest.raises(NotFound):
        await starting.regenerate(on_sqlite.studio, on_sqlite.ada, response.id, within=other.session_id)
    with pytest.raises(NotFound):
        await actions.stop_response(on_sqlite.studio, on_sqlite.ada, response.id, within=other.session_id)


async def test_lanes_can_be_named_by_their_models(on_sqlite: Rehearsal) -> None:
    comparison = await on_sqlite.comparison(SWIFT, f"simulator/sage{QUICK}", SWIFT)
    found = await starting.lanes_named(on_sqlite.studio, on_sqlite.ada, comparison.session_id, [SWIFT])
    assert found == (comparison.lanes[0].id, comparison.lanes[2].id)
    with pytest.raises(Invalid) as invalid:
        await starting.lanes_named(on_sqlite.studio, on_sqlite.ada, comparison.session_id, [SWIFT, "nobody"])
    assert named(invalid.value) == ["modelIds.1"]


async def test_lanes_that_change_meanwhile_are_no_mistake_of_the_server(rehearsal: Rehearsal) -> None:
    """Either the change came first, or the turn."""
    for number in range(6):
        comparison = await rehearsal.comparison(SWIFT, SWIFT)
        lane = LaneChange(model_id=SWIFT, id=comparison.lanes[0].id)
        change = actions.change(
            rehearsal.studio, rehearsal.ada, comparison.session_id, ChangeComparison(lanes=(lane,))
        )
        begin = rehearsal.start(comparison)
        _, begun = await asyncio.gather(change, begin, return_exceptions=True)
        assert not isinstance(begun, BaseException) or (
            isinstance(begun, AppError) and begun.code == "changed"
        ), number
        await rehearsal.over(comparison)


async def test_who_goes_away_while_it_is_written_leaves_a_turn_that_runs(rehearsal: Rehearsal) -> None:
    comparison = await rehearsal.comparison(SWIFT)
    for again in (False, True):
        step = rehearsal.regenerate(of_lane(comparison, 0).id) if again else rehearsal.start(comparison)
        beginning = asyncio.create_task(step)
        rehearsal.at_next_commit.append(beginning.cancel)
        (gone,) = await asyncio.gather(beginning, return_exceptions=True)
        assert isinstance(gone, asyncio.CancelledError)
        comparison = await rehearsal.over(comparison)
        assert of_lane(comparison, 0).status == "completed"
    assert [each.attempt for each in responses_of(comparison)] == [1, 2]


async def test_who_goes_away_in_the_middle_leaves_a_turn_that_runs_or_none(on_sqlite: Rehearsal) -> None:
    dice = random.Random(7)
    for _ in range(12):
        comparison = await on_sqlite.comparison(SWIFT)
        beginning = asyncio.create_task(on_sqlite.start(comparison))
        await asyncio.sleep(dice.random() * 0.03)
        beginning.cancel()
        await asyncio.gather(beginning, return_exceptions=True)
        comparison = await on_sqlite.over(comparison)
        (turn,) = comparison.turns
        assert [each.status for each in turn.responses] == ["completed"] * turn.started
    assert on_sqlite.studio.turnstile.users == 0


async def test_a_lane_that_still_answers_takes_no_other_prompt(rehearsal: Rehearsal) -> None:
    comparison = await rehearsal.comparison(ENDLESS, SWIFT)
    await rehearsal.start(comparison, lane_ids=[comparison.lanes[0].id])
    with pytest.raises(AppError) as refusal:
        await rehearsal.start(comparison, "And now?")
    assert (refusal.value.status, refusal.value.code) == (409, "still_running")
    rehearsal.studio.conductor.stop_comparison(comparison.session_id)
    assert len((await rehearsal.over(comparison)).turns) == 1


async def test_who_pays_is_who_asked(on_sqlite: Rehearsal) -> None:
    comparison, _ = await on_sqlite.played(SWIFT)
    (row,) = (await on_sqlite.ledger()).values()
    assert Payer(row.user_id, row.api_key_id) == Payer(on_sqlite.ada.user_id)
    assert (row.comparison_id, row.model_id) == (comparison.session_id, SWIFT)
