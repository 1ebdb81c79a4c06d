"""What can be done with a comparison beside running it."""

from uuid import UUID

import pytest

from backend.comparisons import actions
from backend.comparisons.schemas import ChangeComparison, LaneChange, LaneInput
from backend.comparisons.sent import sent as sent_for
from backend.kit.errors import AppError, Invalid, NotFound
from backend.kit.ids import new_id
from backend.rooms.snapshot import Comparison, LaneParameters
from tests.comparisons.fields import named
from tests.comparisons.rehearsal import QUICK, Rehearsal, of_lane, responses_of

SWIFT = f"simulator/swift{QUICK}"
SAGE = f"simulator/sage{QUICK}"


async def check_sent(
    rehearsal: Rehearsal, comparison: Comparison, response_id: UUID, body: dict[str, object]
) -> None:
    """What is read back is what came in at the provider, to the byte."""
    sent = await sent_for(rehearsal.studio, rehearsal.ada, response_id, comparison.session_id)
    messages = [{"role": each.role, "content": each.text} for each in sent.messages]
    if sent.system_prompt:
        messages.insert(0, {"role": "system", "content": sent.system_prompt})
    assert body["messages"] == messages
    assert body["model"] == sent.model_id.removeprefix("simulator/")
    given = sent.parameters
    assert body.get("temperature") == (
        None if "temperature" in {each.parameter for each in sent.dropped} else given.temperature
    )
    assert body.get("max_completion_tokens") == given.max_output_tokens
    assert body.get("stop", []) == list(given.stop)


async def test_what_was_sent_can_be_read_back_also_after_everything_has_changed(rehearsal: Rehearsal) -> None:
    settings = LaneParameters(temperature=0.5, max_output_tokens=30, stop=("~~",), seed=3)
    lanes = (
        LaneInput(model_id=SWIFT, system_prompt="Be 😀 brief.\n", parameters=settings),
        LaneInput(model_id=SAGE, parameters=LaneParameters(temperature=0.5)),
    )
    comparison = await rehearsal.comparison(lanes=lanes, prompt=" Why?\t\n")
    bodies: dict[UUID, dict[str, object]] = {}
    for prompt in (None, "And\u2028 now?", "Go on."):
        before = len(rehearsal.asked_of_provider())
        await rehearsal.start(comparison, prompt)
        comparison = await rehearsal.over(comparison)
        asked = {body["model"]: body for body in rehearsal.asked_of_provider()[before:]}
        for response in comparison.turns[-1].responses:
            bodies[response.id] = asked[response.model_id.removeprefix("simulator/")]
    await rehearsal.regenerate(of_lane(comparison, 0, turn=0).id)
    comparison = await rehearsal.over(comparison)
    changed = tuple(
        LaneChange(id=lane.id, model_id=SWIFT, system_prompt="Other.") for lane in comparison.lanes
    )
    comparison = await actions.change(
        rehearsal.studio, rehearsal.ada, comparison.session_id, ChangeComparison(lanes=changed)
    )
    assert await rehearsal.settled(comparison) == comparison
    for response_id, body in bodies.items():
        await check_sent(rehearsal, comparison, response_id, body)
    assert max(len(body["messages"]) for body in bodies.values()) == 6  # type: ignore[arg-type]


async def test_together_lanes_go_on_from_the_answer_that_was_chosen(rehearsal: Rehearsal) -> None:
    comparison, listener = await rehearsal.played(SWIFT, SAGE, history_mode="shared")
    turn = comparison.turns[0]
    with pytest.raises(AppError, match="choose one"):
        await rehearsal.start(comparison, "And?")
    choose = actions.choose
    await choose(rehearsal.studio, rehearsal.ada, comparison.session_id, turn.id, turn.responses[1].id)
    await rehearsal.start(comparison, "And?")
    comparison = await rehearsal.over(comparison)
    answers = {body["messages"][1]["content"] for body in rehearsal.asked_of_provider()[-2:]}
    assert answers == {turn.responses[1].text}
    await choose(rehearsal.studio, rehearsal.ada, comparison.session_id, turn.id, None)
    comparison = await rehearsal.settled(comparison)
    assert comparison.turns[0].chosen_response_id is None
    assert len(listener.of("choice_made")) == 2


async def test_only_an_answer_of_the_turn_can_be_chosen(on_sqlite: Rehearsal) -> None:
    comparison, _ = await on_sqlite.played(SWIFT, "simulator/swift@401")
    other, _ = await on_sqlite.played(SWIFT)
    turn = comparison.turns[0]
    for response_id in (new_id(), turn.responses[1].id, responses_of(other)[0].id):
        with pytest.raises(Invalid) as invalid:
            await actions.choose(on_sqlite.studio, on_sqlite.ada, comparison.session_id, turn.id, response_id)
        assert named(invalid.value) == ["responseId"]
    with pytest.raises(NotFound):
        await actions.choose(on_sqlite.studio, on_sqlite.ada, comparison.session_id, other.turns[0].id, None)
    assert (await on_sqlite.settled(comparison)).turns[0].chosen_response_id is None


async def test_lanes_are_changed_and_answers_stay(rehearsal: Rehearsal) -> None:
    comparison, _ = await rehearsal.played(SWIFT, SAGE)
    first, second = comparison.lanes
    for _ in range(2):
        change = ChangeComparison(
            title="Other",
            tags=("b", "a", "b"),
            lanes=(LaneChange(model_id=SAGE), LaneChange(model_id=SAGE, id=second.id)),
        )
        comparison = await actions.change(rehearsal.studio, rehearsal.ada, comparison.session_id, change)
        comparison = await rehearsal.settled(comparison)
    assert [lane.removed for lane in comparison.lanes] == [False, False, True]
    assert comparison.lanes[1].id == second.id
    assert comparison.lanes[2].id == first.id
    assert (comparison.title, set(comparison.tags)) == ("Other", {"a", "b"})
    assert len(responses_of(comparison)) == 2
    for ids in ((new_id(),), (second.id, second.id)):
        lanes = tuple(LaneChange(model_id=SAGE, id=each) for each in ids)
        with pytest.raises(Invalid) as invalid:
            await actions.change(
                rehearsal.studio, rehearsal.ada, comparison.session_id, ChangeComparison(lanes=lanes)
            )
        assert named(invalid.value) == [f"lanes.{len(ids) - 1}.id"]
    assert await rehearsal.settled(comparison) == comparison
