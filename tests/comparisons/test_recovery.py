"""What a process that died has left behind."""

import asyncio
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from backend.comparisons.recovery import recover
from backend.comparisons.tables import ChunkRow, ComparisonRow, ResponseRow, TurnRow
from backend.usage.tables import LEDGER
from tests.comparisons.rehearsal import QUICK, Rehearsal, of_lane, responses_of
from tests.support.waiting import eventually

ENDLESS = "simulator/swift@ttft:0@pace:2@tokens:100000"


async def killed(rehearsal: Rehearsal) -> None:
    """From one moment to the next nothing is written any more, and nobody speaks."""
    writer = rehearsal.recorder._writer
    assert writer is not None
    writer.cancel()
    await asyncio.gather(writer, return_exceptions=True)
    turns = list(rehearsal.studio.conductor._runs)
    for turn in turns:
        turn.cancel()
    await asyncio.gather(*turns, return_exceptions=True)
    rehearsal.recorder._new = type(rehearsal.recorder._new)()


async def test_what_was_on_the_disk_is_kept_and_counted(rehearsal: Rehearsal) -> None:
    comparison = await rehearsal.comparison(
        ENDLESS, "simulator/sage@pace:2@ttft:0@tokens:90000", f"simulator/swift{QUICK}"
    )
    unstarted = await rehearsal.comparison(ENDLESS)
    listener = await rehearsal.listener(comparison)
    await rehearsal.start(comparison)
    await listener.until(lambda: len(listener.of("model_chunk")) > 40)
    await listener.until(lambda: bool(listener.of("model_complete")))
    await eventually(lambda: _both_on_disk(rehearsal))
    await killed(rehearsal)
    assert (await rehearsal.load(comparison)).status == "in_progress"

    assert await recover(rehearsal.database, rehearsal.studio.shelf, rehearsal.studio.tokens) == 2
    after = await rehearsal.load(comparison)
    for place in (0, 1):
        response = of_lane(after, place)
        assert (response.status, response.error_kind) == ("interrupted", "restart")
        assert response.text + response.reasoning
        assert listener.text(response.id).startswith(response.text)
        assert listener.text(response.id, "model_reasoning").startswith(response.reasoning)
        assert (response.tokens_origin, response.cost_origin) == ("estimated", "estimated")
        assert (response.input_tokens or 0) > 0
        assert (response.output_tokens or 0) > 0
    assert of_lane(after, 2).status == "completed"
    assert after.status == "completed"
    ledger = await rehearsal.ledger()
    assert {row.outcome for row in ledger.values()} == {"interrupted", "completed"}
    assert {row.user_id for row in ledger.values()} == {rehearsal.ada.user_id}
    assert {row.model_id for row in ledger.values()} == {each.model_id for each in responses_of(after)}
    assert after.total_tokens == sum(each.total_tokens or 0 for each in responses_of(after))
    assert after.total_cost == float(sum(row.cost for row in ledger.values()))
    assert await rehearsal.chunks_left() == set()

    assert await recover(rehearsal.database, rehearsal.studio.shelf, rehearsal.studio.tokens) == 0
    assert await rehearsal.load(comparison) == after
    assert await rehearsal.ledger() == ledger
    assert await rehearsal.load(unstarted) == unstarted


async def test_who_was_never_asked_costs_nothing(rehearsal: Rehearsal) -> None:
    """A turn that stood in line when the process died."""
    comparison, _ = await rehearsal.played(f"simulator/swift{QUICK}", f"simulator/swift{QUICK}")
    await _undone(rehearsal, of_lane(comparison, 0), status="pending")
    await _undone(rehearsal, of_lane(comparison, 1), status="pending")
    rehearsal.studio.hub.close(comparison.session_id)
    assert await recover(rehearsal.database, rehearsal.studio.shelf, rehearsal.studio.tokens) == 2
    after = await rehearsal.load(comparison)
    assert [each.status for each in responses_of(after)] == ["interrupted"] * 2
    assert [each.total_tokens for each in responses_of(after)] == [None] * 2
    assert after.status == "failed"
    assert await rehearsal.ledger() == {}
    async with rehearsal.database.reading() as db:
        assert await db.scalar(select(func.count()).where(TurnRow.ended_at.is_(None))) == 0


async def test_chunks_are_put_together_in_their_order(rehearsal: Rehearsal) -> None:
    comparison, _ = await rehearsal.played(f"simulator/swift{QUICK}")
    response = of_lane(comparison, 0)
    await _undone(rehearsal, response, status="streaming")
    pieces = [f"{number} 😀" for number in range(12)]
    async with rehearsal.database.transaction() as db:
        await db.execute(
            insert(ChunkRow),
            [
                {"response_id": response.id, "number": number, "text": piece, "reasoning": piece.upper()}
                for number, piece in reversed(list(enumerate(pieces, 1)))
            ],
        )
    rehearsal.studio.hub.close(comparison.session_id)
    await recover(rehearsal.database, rehearsal.studio.shelf, rehearsal.studio.tokens)
    after = await rehearsal.load(comparison)
    assert of_lane(after, 0).text == "".join(pieces)
    assert of_lane(after, 0).reasoning == "".join(pieces).upper()
    (row,) = (await rehearsal.ledger()).values()
    assert float(row.cost) == of_lane(after, 0).cost


async def test_a_model_that_was_named_without_its_provider_keeps_it(rehearsal: Rehearsal) -> None:
    comparison, _ = await rehearsal.played(f"simulator/swift{QUICK}")
    response = of_lane(comparison, 0)
    await _undone(rehearsal, response, status="streaming", model_id="swift")
    rehearsal.studio.hub.close(comparison.session_id)
    await recover(rehearsal.database, rehearsal.studio.shelf, rehearsal.studio.tokens)
    (row,) = (await rehearsal.ledger()).values()
    assert (row.provider, row.model_id) == ("simulator", "simulator/swift")


async def _both_on_disk(rehearsal: Rehearsal) -> bool:
    return len(await rehearsal.chunks_left()) == 2


async def _undone(rehearsal: Rehearsal, response: Any, **values: Any) -> None:
    """As it was in mid-answer, with nothing counted."""
    nothing: datetime | None = None
    async with rehearsal.database.transaction() as db:
        await db.execute(delete(LEDGER))
        await db.execute(
            update(ResponseRow)
            .where(ResponseRow.id == response.id)
            .values(text="", reasoning="", ended_at=nothing, metrics={"provider": "simulator"}, **values)
        )
        await db.execute(update(TurnRow).values(ended_at=nothing))
        await db.execute(
            update(ComparisonRow).values(
                status="in_progress", total_tokens=0, total_cost=Decimal(0), response_count=0
            )
        )
