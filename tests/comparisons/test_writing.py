"""One group commit, and the same one again."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from backend.comparisons.accounting import Account
from backend.comparisons.batch import Batch, Ending, Payer, TurnEnd
from backend.comparisons.lane import Closed
from backend.comparisons.recording import Identity, Unsaved
from backend.comparisons.tables import ComparisonRow, ResponseRow, TurnRow
from backend.comparisons.timeline import Timeline
from backend.comparisons.writing import Written, write
from backend.kit import clock
from backend.rooms.snapshot import Comparison, Metrics
from tests.comparisons.rehearsal import QUICK, Rehearsal, check_sums, of_lane

SWIFT = f"simulator/swift{QUICK}"


async def unfinished(rehearsal: Rehearsal) -> Comparison:
    """Asked, but nothing of it was written down."""
    comparison, _ = await rehearsal.played("simulator/swift@401", "simulator/swift@401")
    async with rehearsal.database.transaction() as db:
        await db.execute(update(ResponseRow).values(status="pending", started_at=None, ended_at=None))
        await db.execute(update(ComparisonRow).values(status="in_progress", response_count=0))
        await db.execute(update(TurnRow).values(ended_at=None))
    rehearsal.studio.hub.close(comparison.session_id)
    return await rehearsal.load(comparison)


def ending(comparison: Comparison, place: int, status: Any = "completed", text: str = "Because.") -> Ending:
    response = of_lane(comparison, place)
    return Ending(
        identity=Identity(
            comparison.session_id, response.turn_id, response.lane_id, response.id, response.model_id
        ),
        payer=Payer(comparison.owner_id),
        closed=Closed(status),
        account=Account(Metrics(provider="simulator", total_tokens=7, response_time_ms=30.4)),
        text=text,
        reasoning="",
        timeline=Timeline().pack(),
        retries=(),
        ended_at=clock.now(),
    )


async def put(rehearsal: Rehearsal, batch: Batch) -> Written:
    async with rehearsal.database.transaction() as db:
        return await write(db, batch)


async def test_a_commit_that_is_made_again_changes_nothing(rehearsal: Rehearsal) -> None:
    comparison = await unfinished(rehearsal)
    first, second = of_lane(comparison, 0).id, of_lane(comparison, 1).id
    batch = Batch(
        started={first: clock.now(), second: clock.now()},
        unsaved=[(first, Unsaved(1, "Be", "")), (second, Unsaved(1, "Hm", ""))],
        endings=[ending(comparison, 0)],
    )
    once = await put(rehearsal, batch)
    assert await rehearsal.chunks_left() == {second}
    stored = await rehearsal.load(comparison)
    assert await put(rehearsal, batch) == once
    assert await rehearsal.load(comparison) == stored
    assert await rehearsal.chunks_left() == {second}
    assert (stored.total_tokens, stored.response_count, stored.completed_count) == (7, 1, 1)
    assert stored.average_response_time == 30.0
    assert [of_lane(stored, place).status for place in (0, 1)] == ["completed", "streaming"]

    batch.endings.append(ending(comparison, 1, "error", ""))
    batch.turn_ends.append(TurnEnd(comparison.session_id, comparison.turns[0].id, clock.now()))
    twice = [await put(rehearsal, batch) for _ in range(2)]
    assert twice[0] == twice[1]
    assert twice[0].answered == {comparison.turns[0].id}
    stored = await rehearsal.load(comparison)
    assert (stored.status, stored.total_tokens, stored.response_count) == ("completed", 14, 2)
    assert await rehearsal.chunks_left() == set()


async def test_an_end_is_the_last_word(rehearsal: Rehearsal) -> None:
    comparison = await unfinished(rehearsal)
    await put(rehearsal, Batch(endings=[ending(comparison, 0)]))
    late = {of_lane(comparison, 0).id: clock.now() + timedelta(seconds=1)}
    await put(rehearsal, Batch(started=late, endings=[ending(comparison, 0, "cancelled", "Other.")]))
    response = of_lane(await rehearsal.load(comparison), 0)
    assert (response.status, response.text, response.started_at) == ("completed", "Because.", None)


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        ("completed", "error", "completed"),
        ("error", "cancelled", "failed"),
        ("interrupted", "completed", "completed"),
        ("completed", None, "in_progress"),
    ],
)
async def test_a_comparison_stands_as_its_last_turn_does_once_nothing_runs(
    on_sqlite: Rehearsal, first: str, second: str | None, status: str
) -> None:
    comparison = await unfinished(on_sqlite)
    endings = [ending(comparison, place, each) for place, each in enumerate((first, second)) if each]
    end = TurnEnd(comparison.session_id, comparison.turns[0].id, clock.now())
    written = await put(on_sqlite, Batch(endings=endings, turn_ends=[end]))
    assert written.totals[comparison.session_id].status == status
    async with on_sqlite.database.reading() as db:
        assert await db.scalar(select(TurnRow.ended_at)) == end.at


async def test_what_is_gone_is_passed_by(rehearsal: Rehearsal) -> None:
    comparison = await unfinished(rehearsal)
    made = ending(comparison, 0)
    other = await unfinished(rehearsal)
    async with rehearsal.database.transaction() as db:
        await db.delete(await db.get_one(ComparisonRow, comparison.session_id))
    end = TurnEnd(comparison.session_id, comparison.turns[0].id, clock.now())
    written = await put(rehearsal, Batch(endings=[made, ending(other, 0)], turn_ends=[end]))
    assert set(written.totals) == {other.session_id}
    assert of_lane(await rehearsal.load(other), 0).status == "completed"


async def test_sums_are_of_all_attempts_to_the_last_digit(rehearsal: Rehearsal) -> None:
    comparison, _ = await rehearsal.played(*[SWIFT, f"simulator/sage{QUICK}", f"unpriced/swift{QUICK}"] * 4)
    await rehearsal.regenerate(of_lane(comparison, 0).id)
    comparison = await rehearsal.over(comparison)
    check_sums(comparison, await rehearsal.ledger())
    assert comparison.total_cost > 0
    assert comparison.unknown_costs == 4
