"""A comparison comes to be, waiting or begun at once."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from backend.attachments import actions as attachments
from backend.comparisons import creation
from backend.comparisons.schemas import LaneInput
from backend.comparisons.tables import ComparisonRow, ResponseRow, SearchTextRow, TurnRow
from backend.kit import clock
from backend.kit.errors import AppError, Invalid
from backend.limits.turnstile import Capacity
from backend.rooms.snapshot import Comparison, LaneParameters
from backend.usage.actions import Wanted, put_budget
from tests.accounts.people import BY
from tests.comparisons.fields import named
from tests.comparisons.rehearsal import QUICK, Rehearsal, asking, rehearsing, responses_of
from tests.support.asked import asked

SWIFT = f"simulator/swift{QUICK}"
SLOW = "simulator/swift@ttft:0@pace:5@tokens:100000"
ENOUGH = 16
"""Statements before the models are asked, begins of transactions left out."""


async def stored(rehearsal: Rehearsal) -> dict[str, int]:
    async with rehearsal.database.reading() as db:
        return {
            table.__tablename__: await db.scalar(select(func.count()).select_from(table)) or 0
            for table in (ComparisonRow, ResponseRow, SearchTextRow)
        }


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"prompt": " "}, "prompt"),
        ({"prompt": "a\0"}, "prompt"),
        ({"title": " "}, "title"),
        ({"title": "a\0"}, "title"),
        ({"lanes": (LaneInput(model_id="simulator/nobody"),)}, "lanes.0.modelId"),
        ({"lanes": (LaneInput(model_id=SWIFT), LaneInput(model_id="a\0b"))}, "lanes.1.modelId"),
        ({"lanes": (LaneInput(model_id=SWIFT, label="a\0"),)}, "lanes.0.label"),
        ({"lanes": (LaneInput(model_id=SWIFT, system_prompt="a\0"),)}, "lanes.0.systemPrompt"),
        (
            {"lanes": (LaneInput(model_id=SWIFT, parameters=LaneParameters(stop=("a", "a\0"))),)},
            "lanes.0.parameters.stop.1",
        ),
        (
            {"lanes": (LaneInput(model_id=SWIFT, fallback_model_ids=("nobody",)),)},
            "lanes.0.fallbackModelIds.0",
        ),
        ({"lanes": (LaneInput(model_id=SWIFT),) * 25}, "lanes"),
        ({"lanes": (LaneInput(model_id=SWIFT),), "model_ids": (SWIFT,)}, "lanes"),
    ],
)
async def test_what_cannot_be_is_named_and_nothing_is_stored(
    on_sqlite: Rehearsal, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as invalid:
        await on_sqlite.comparison(*([SWIFT] if "lanes" not in fields else []), **fields)
    assert named(invalid.value) == [field]
    async with on_sqlite.database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(ComparisonRow)) == 0


async def test_a_title_is_the_first_line_of_the_prompt(on_sqlite: Rehearsal) -> None:
    comparison = await on_sqlite.comparison(SWIFT, prompt="\n\n  Why? \nBecause.")
    assert (comparison.title, comparison.prompt) == ("Why?", "\n\n  Why? \nBecause.")
    long = await on_sqlite.comparison(SWIFT, prompt="x" * 200)
    assert (len(long.title), long.title[-1]) == (80, "…")


async def with_everything(rehearsal: Rehearsal) -> dict[str, Any]:
    file = await attachments.add(rehearsal.studio.shelf, rehearsal.ada, "notes.txt", b"The sky.")
    lane = LaneInput(
        model_id=SWIFT,
        label="first",
        system_prompt="Be brief.",
        parameters=LaneParameters(temperature=0.5, stop=("a", "b"), seed=7),
        fallback_model_ids=("simulator/sage",),
    )
    return {
        "lanes": (lane, LaneInput(model_id=SWIFT)),
        "title": "Sky",
        "tags": ("weather", "Blue"),
        "history_mode": "shared",
        "attachments": (file.id,),
    }


async def test_what_was_made_is_what_is_read_back(rehearsal: Rehearsal) -> None:
    made = await rehearsal.comparison(**await with_everything(rehearsal))
    assert made == await rehearsal.load(made)
    assert (made.tags, made.turns[0].asked_by) == (("blue", "weather"), "ada")


async def test_one_that_is_begun_at_once_is_made_like_one_that_is_begun_later(rehearsal: Rehearsal) -> None:
    fields = await with_everything(rehearsal)
    later = await rehearsal.comparison(**fields)
    await rehearsal.start(later)
    at_once = await rehearsal.begun(**fields)
    assert not at_once.turns[0].started
    one, other = [what_is_said(await rehearsal.over(each)) for each in (later, at_once)]
    assert one == other


async def test_the_course_of_a_turn_begins_with_its_responses_however_it_was_started(
    rehearsal: Rehearsal,
) -> None:
    later = await rehearsal.comparison(SWIFT, SWIFT)
    await rehearsal.start(later)
    at_once = await rehearsal.begun(SWIFT, SWIFT)
    for comparison in (later, at_once):
        await rehearsal.over(comparison)
        await rehearsal.start(comparison, prompt="And at night?")
        await rehearsal.over(comparison)
    async with rehearsal.database.reading() as db:
        asked_at = select(TurnRow.started_at, ResponseRow.created_at).join(
            ResponseRow, ResponseRow.turn_id == TurnRow.id
        )
        moments = (await db.execute(asked_at)).all()
    assert len(moments) == 8
    assert all(started_at == created_at for started_at, created_at in moments), moments


def what_is_said(comparison: Comparison) -> tuple[Any, ...]:
    (turn,) = comparison.turns
    return (
        (comparison.title, comparison.prompt, comparison.models, comparison.tags, comparison.history_mode),
        (comparison.status, comparison.total_tokens, comparison.total_cost, comparison.response_count),
        [
            (lane.label, lane.system_prompt, lane.parameters, lane.fallback_model_ids)
            for lane in comparison.lanes
        ],
        (turn.number, turn.prompt, turn.attachments, turn.asked_by, turn.started, turn.history_mode),
        [(each.status, each.text, each.attempt, each.cost) for each in turn.responses],
    )


async def test_of_one_that_no_budget_allows_nothing_is_stored(rehearsal: Rehearsal) -> None:
    async with rehearsal.database.transaction() as db:
        nothing = Wanted(
            user_id=None, period="day", amount=Decimal(0), hard=True, on_cross="finish", webhook_url=None
        )
        await put_budget(db, BY, nothing, clock.now())
    with pytest.raises(AppError) as refused:
        await rehearsal.begun(SWIFT)
    assert refused.value.code == "budget_exceeded"
    assert set((await stored(rehearsal)).values()) == {0}
    assert (rehearsal.studio.hub.live_rooms, rehearsal.studio.turnstile.users) == (0, 0)


async def test_of_one_that_nobody_has_room_for_nothing_is_stored(sqlite_url: str) -> None:
    async with rehearsing(sqlite_url, Capacity(inside=1, waiting=0)) as rehearsal:
        first = await rehearsal.begun(SLOW)
        before = await stored(rehearsal)
        with pytest.raises(AppError) as refused:
            await rehearsal.begun(SWIFT)
        assert refused.value.status == 429
        assert await stored(rehearsal) == before
        rehearsal.studio.conductor.stop_comparison(first.session_id)
        await rehearsal.over(first)


async def test_who_goes_away_while_it_is_written_leaves_one_that_runs(rehearsal: Rehearsal) -> None:
    wanted = asking(SWIFT, prompt="Why?")
    making = asyncio.create_task(creation.create_and_start(rehearsal.studio, rehearsal.ada, wanted))
    rehearsal.at_next_commit.append(making.cancel)
    with pytest.raises(asyncio.CancelledError):
        await making
    async with rehearsal.database.reading() as db:
        session_id = await db.scalar(select(ComparisonRow.id))
    assert session_id is not None
    await rehearsal.studio.conductor.over(session_id)
    async with rehearsal.database.reading() as db:
        assert list(await db.scalars(select(ResponseRow.status))) == ["completed"]


async def test_who_deletes_it_the_moment_it_is_there_finds_a_turn_to_stop(rehearsal: Rehearsal) -> None:
    """At its commit somebody else opens its room and stops what runs in it."""
    studio, stopped = rehearsal.studio, asyncio.Event()

    async def stop_it() -> None:
        async with rehearsal.database.reading() as db:
            session_id = await db.scalar(select(ComparisonRow.id))
        assert session_id is not None
        await studio.hub.opened(session_id)
        assert len(studio.conductor.stop_comparison(session_id)) == 1
        stopped.set()

    stopping: list[asyncio.Task[None]] = []
    rehearsal.at_next_commit.append(lambda: stopping.append(asyncio.create_task(stop_it())))
    comparison = await rehearsal.over(await rehearsal.begun(SLOW))
    assert stopped.is_set()
    assert [each.status for each in responses_of(comparison)] == ["cancelled"]


async def test_many_lanes_are_begun_with_as_few_statements_as_one(rehearsal: Rehearsal) -> None:
    await rehearsal.over(await rehearsal.begun(SWIFT))  # the first of somebody puts up a shelf for words
    counts = []
    for lanes in (1, 24):
        with asked() as statements:
            begun = await rehearsal.begun(*[SLOW] * lanes)
            counts.append(len(statements))
        rehearsal.studio.conductor.stop_comparison(begun.session_id)
        assert len(responses_of(await rehearsal.over(begun))) == lanes
    assert counts[0] == counts[1] <= ENOUGH, counts
