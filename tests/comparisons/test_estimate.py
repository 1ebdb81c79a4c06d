"""What a prompt would cost, asked before it is sent."""

from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import insert

from backend.accounts.callers import Caller
from backend.catalogue.tokens import TokenCounter
from backend.comparisons import repository
from backend.comparisons.estimate import estimate
from backend.comparisons.estimate_schemas import Estimate, EstimateComparison
from backend.comparisons.schemas import LaneChange
from backend.comparisons.tables import ComparisonRow, LaneRow, ResponseRow, TurnRow
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.errors import Invalid, NotFound
from backend.kit.ids import new_id
from backend.kit.sockets import Nowhere
from backend.providers.usage import Usage
from backend.rooms.hub import Hub
from backend.rooms.snapshot import Comparison, LaneParameters
from backend.usage import ledger
from backend.usage.tables import BudgetRow
from tests.attachments.shelves import shelf_of
from tests.comparisons.askable import TOKENIZERS, House, house
from tests.keyring.doors import person
from tests.usage.entries import entry

SWIFT = "simulator/swift"
UNPRICED = "workshop/nobody-knows"
PROMPT = "Why is the sky blue?"
EARLIER = "Because it is. " * 500


@pytest.fixture
async def ours(database: Database) -> AsyncIterator[House]:
    async with house(database) as built:
        yield built


@pytest.fixture
async def alice(database: Database) -> Caller:
    return await person(database, "alice")


@pytest.fixture
async def bob(database: Database) -> Caller:
    return await person(database, "bob")


async def told(ours: House, who: Caller, *model_ids: str, **asked: object) -> Estimate:
    async def load(comparison_id: UUID) -> Comparison:
        async with ours.database.reading() as db:
            return await repository.load(db, comparison_id)

    tokens = TokenCounter(TOKENIZERS, ours.contestants.catalogue.facts_of)
    fields = {"prompt": PROMPT, "model_ids": model_ids or None, **asked}
    wanted = EstimateComparison(**fields)  # type: ignore[arg-type]
    shelf = shelf_of(ours.database, Path("nowhere"))
    return await estimate(shelf, Hub(Nowhere(), load), ours.contestants, tokens, who, wanted)


async def answered(ours: House, who: Caller, model_id: str, *outputs: int) -> None:
    async with ours.database.transaction() as db:
        await ledger.append(
            db,
            [
                entry(
                    at=clock.now(),
                    user_id=who.user_id,
                    model_id=model_id,
                    provider="simulator",
                    usage=Usage(input=10, output=output),
                )
                for output in outputs
            ],
        )


async def talked(ours: House, who: Caller, *, mode: str = "isolated") -> tuple[UUID, UUID, UUID]:
    """A comparison with two lanes, of which the first has said a lot."""
    comparison, turn, now = new_id(), new_id(), clock.now()
    lanes = new_id(), new_id()
    async with ours.database.transaction() as db:
        await db.execute(insert(ComparisonRow).values(**_comparison(comparison, who, mode, now)))
        await db.execute(insert(LaneRow), [_lane(comparison, *each) for each in enumerate(lanes)])
        await db.execute(
            insert(TurnRow).values(
                id=turn,
                comparison_id=comparison,
                number=1,
                prompt=PROMPT,
                history_mode=mode,
                asked_by=who.user_id,
                asked_by_name="alice",
                created_at=now,
                started_at=now,
                ended_at=now,
            )
        )
        await db.execute(insert(ResponseRow).values(**_response(comparison, turn, lanes[0], now)))
    return comparison, *lanes


def _comparison(key: UUID, who: Caller, mode: str, now: datetime) -> dict[str, object]:
    return {
        "id": key,
        "owner_id": who.user_id,
        "title": "Sky",
        "prompt": PROMPT,
        "history_mode": mode,
        "status": "completed",
        "created_at": now,
        "updated_at": now,
    }


def _lane(comparison: UUID, position: int, key: UUID) -> dict[str, object]:
    return {
        "id": key,
        "comparison_id": comparison,
        "position": position,
        "model_id": SWIFT,
        "label": "",
        "system_prompt": "",
        "parameters": {},
        "fallback_model_ids": [],
    }


def _response(comparison: UUID, turn: UUID, lane: UUID, now: datetime) -> dict[str, object]:
    return {
        "id": new_id(),
        "comparison_id": comparison,
        "turn_id": turn,
        "lane_id": lane,
        "attempt": 1,
        "model_id": SWIFT,
        "status": "completed",
        "text": EARLIER,
        "reasoning": "",
        "system_prompt": "",
        "parameters": {},
        "history": [],
        "metrics": {},
        "retries": [],
        "created_at": now,
    }


async def test_each_lane_is_counted_with_its_system_prompt(ours: House, alice: Caller) -> None:
    lanes = (
        LaneChange(model_id=SWIFT),
        LaneChange(model_id=SWIFT, system_prompt="Be brief. " * 100),
        LaneChange(model_id=UNPRICED),
    )
    estimated = await told(ours, alice, lanes=lanes)
    plain, briefed, unpriced = estimated.lanes
    assert 200 <= briefed.input_tokens - plain.input_tokens <= 500
    assert (plain.context_window, plain.context_left) == (32_000, 32_000 - plain.input_tokens)
    assert "approximated" in plain.input_note
    assert (plain.fits, unpriced.fits, estimated.fits) == (True, None, True)
    assert plain.cost.low == pytest.approx(plain.input_tokens * 0.10 / 1e6)
    assert plain.cost.likely == pytest.approx((plain.input_tokens * 0.10 + 500 * 0.40) / 1e6)
    assert plain.cost.high == pytest.approx((plain.input_tokens * 0.10 + 4_096 * 0.40) / 1e6)
    assert (unpriced.cost.likely, unpriced.cost_origin) == (None, "unknown")
    assert estimated.unknown_costs == 1
    assert estimated.cost.likely == pytest.approx((plain.cost.likely or 0) + (briefed.cost.likely or 0))


async def test_nothing_that_nobody_knows_is_nothing(ours: House, alice: Caller) -> None:
    estimated = await told(ours, alice, UNPRICED)
    assert (estimated.cost.low, estimated.cost.likely, estimated.cost.high) == (None, None, None)
    assert estimated.lanes[0].context_window is None
    assert estimated.budget.remaining is None


async def test_ones_own_answers_tell_how_long_the_next_one_will_be(
    ours: House, alice: Caller, bob: Caller
) -> None:
    await answered(ours, alice, SWIFT, *[100] * 8, 1_000, 1_000)
    own = (await told(ours, alice, SWIFT)).lanes[0].output_tokens
    assert (own.basis, own.answers) == ("own", 10)
    assert own.likely == pytest.approx(100, rel=0.05)
    assert own.high == pytest.approx(1_000, rel=0.05)
    usual = (await told(ours, bob, SWIFT)).lanes[0].output_tokens
    assert (usual.basis, usual.answers, usual.likely, usual.high) == ("usual", 0, 500, 4_096)


async def test_what_was_said_before_counts_in_the_lane_that_said_it(ours: House, alice: Caller) -> None:
    session_id, talkative, silent = await talked(ours, alice)
    first, second = (await told(ours, alice, session_id=session_id)).lanes
    assert (first.lane_id, second.lane_id) == (talkative, silent)
    assert first.input_tokens - second.input_tokens > 1_500
    assert (await told(ours, alice, SWIFT)).lanes[0].input_tokens == second.input_tokens

    again = LaneChange(id=talkative, model_id=SWIFT, parameters=LaneParameters(max_output_tokens=7))
    changed = (await told(ours, alice, session_id=session_id, lanes=(again,))).lanes[0]
    assert (changed.input_tokens, changed.output_tokens.high) == (first.input_tokens, 7)


async def test_in_a_shared_history_all_lanes_are_shown_the_same(ours: House, alice: Caller) -> None:
    session_id, *_ = await talked(ours, alice, mode="shared")
    estimated = await told(ours, alice, SWIFT, session_id=session_id)
    first, second = (await told(ours, alice, session_id=session_id)).lanes
    assert first.input_tokens == second.input_tokens == estimated.lanes[0].input_tokens > 1_500


async def test_of_a_comparison_of_somebody_else_nothing_is_told(
    ours: House, alice: Caller, bob: Caller
) -> None:
    session_id, *_ = await talked(ours, alice)
    with pytest.raises(NotFound):
        await told(ours, bob, session_id=session_id)


async def test_what_does_not_fit_is_said_for_its_lane(ours: House, alice: Caller) -> None:
    estimated = await told(ours, alice, SWIFT, UNPRICED, prompt="word " * 60_000)
    assert [lane.fits for lane in estimated.lanes] == [False, None]
    assert (estimated.fits, estimated.lanes[0].context_left) == (False, 0)


async def test_what_is_left_of_a_budget_is_said(ours: House, alice: Caller) -> None:
    async with ours.database.transaction() as db:
        await db.execute(
            insert(BudgetRow).values(
                id=new_id(),
                user_id=alice.user_id,
                period="month",
                amount=Decimal("0.02"),
                hard=True,
                on_cross="finish",
                webhook_url=None,
                changed_at=clock.now(),
            )
        )
    before = (await told(ours, alice, SWIFT)).budget
    assert (before.remaining, before.enough) == (0.02, True)
    assert before.resets_at is not None
    await answered(ours, alice, SWIFT, 100, 100)
    after = (await told(ours, alice, SWIFT)).budget
    assert (after.remaining, after.enough) == (0.0, False)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "modelIds"),
        ({"prompt": "  \n "}, "prompt"),
        ({"model_ids": (SWIFT, "nobody/knows")}, "modelIds.1"),
        ({"model_ids": (SWIFT,), "lanes": (LaneChange(model_id=SWIFT),)}, "lanes"),
        ({"lanes": (LaneChange(model_id=SWIFT, id=UUID(int=1)),)}, "lanes.0.id"),
    ],
)
async def test_what_cannot_be_used_is_named(
    ours: House, alice: Caller, asked: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await told(ours, alice, **asked)
    assert [problem.field for problem in refused.value.details] == [field]
