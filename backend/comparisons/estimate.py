"""What a prompt would use and cost, lane by lane, and whether there is money for it. Asks no model."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.attachments.shelf import Shelf
from backend.catalogue.tokens import TokenCounter
from backend.comparisons import forecast as forecasts
from backend.comparisons import repository
from backend.comparisons.access import access_to
from backend.comparisons.attached import asking, contents_to_send, named
from backend.comparisons.checks import invalid, usable
from backend.comparisons.contestants import Contestant, Contestants
from backend.comparisons.estimate_schemas import (
    BudgetLeft,
    Estimate,
    EstimateComparison,
    LaneEstimate,
    OutputEstimate,
    Range,
)
from backend.comparisons.forecast import Forecast, Output, forecast
from backend.comparisons.histories import History, attached_before, history_of
from backend.comparisons.inputs import require_taken
from backend.comparisons.parameters import call_of
from backend.comparisons.planning import wanted
from backend.comparisons.schemas import LaneChange
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.ids import new_id
from backend.providers.chat import Call, Message
from backend.rooms.hub import Hub
from backend.rooms.snapshot import Comparison, Lane
from backend.usage import budgets
from backend.usage.budget import Standing
from backend.usage.history import output_tokens


@dataclass(frozen=True, slots=True)
class _Asked:
    lane_id: UUID | None
    contestant: Contestant
    call: Call


async def estimate(
    shelf: Shelf,
    hub: Hub,
    contestants: Contestants,
    tokens: TokenCounter,
    caller: Caller,
    asked: EstimateComparison,
) -> Estimate:
    database = shelf.database
    usable(asked.prompt, "prompt")
    comparison = await _comparison(database, hub, caller, asked.session_id) if asked.session_id else None
    lanes = _lanes(asked, comparison)
    chosen = await contestants.resolve_all(caller.user_id, wanted(lanes, by_name=asked.model_ids is not None))
    calls = await _calls(shelf, caller, asked, comparison, zip(lanes, chosen, strict=True))
    at = clock.now()
    async with database.reading() as db:
        earlier = await _earlier(db, caller.user_id, chosen)
        standing = await budgets.check(db, caller.user_id, at)
    found = await asyncio.gather(
        *(
            forecast(tokens, each.contestant, each.call, at, earlier.get(each.contestant.entry.id))
            for each in calls
        )
    )
    return _answer([each.lane_id for each in calls], found, standing)


async def _comparison(database: Database, hub: Hub, caller: Caller, comparison_id: UUID) -> Comparison:
    """What runs is newer in its room than in the database."""
    async with database.reading() as db:
        await access_to(db, caller, comparison_id)
        room = hub.find(comparison_id)
        return room.snapshot() if room else await repository.load(db, comparison_id)


def _lanes(asked: EstimateComparison, comparison: Comparison | None) -> Sequence[LaneChange]:
    if asked.lanes is not None and asked.model_ids is not None:
        raise invalid("lanes", "Say either lanes or modelIds.")
    if asked.model_ids is not None:
        return [LaneChange(model_id=model_id) for model_id in asked.model_ids]
    there = {lane.id: lane for lane in comparison.lanes if not lane.removed} if comparison else {}
    for place, lane in enumerate(asked.lanes or ()):
        if lane.id is not None and lane.id not in there:
            raise invalid(f"lanes.{place}.id", "There is no such lane.")
    lanes = asked.lanes or [_unchanged(lane) for lane in there.values()]
    if not lanes:
        raise invalid("modelIds", "Name at least one model.")
    return lanes


def _unchanged(lane: Lane) -> LaneChange:
    return LaneChange(
        id=lane.id,
        model_id=lane.model_id,
        label=lane.label,
        system_prompt=lane.system_prompt,
        parameters=lane.parameters,
        fallback_model_ids=lane.fallback_model_ids,
    )


async def _calls(
    shelf: Shelf,
    caller: Caller,
    asked: EstimateComparison,
    comparison: Comparison | None,
    lanes: Iterable[tuple[LaneChange, Contestant]],
) -> list[_Asked]:
    attached = await named(shelf, caller, asked.attachments)
    earlier = attached_before(comparison, _next(comparison)) if comparison else []
    contents = await contents_to_send(shelf, (*earlier, *attached))
    said = asking(asked.prompt, attached, contents)
    calls = []
    for lane, contestant in lanes:
        lane_id = lane.id or new_id()
        history = History()
        if comparison is not None:
            mode = comparison.history_mode
            history = history_of(comparison, lane_id, _next(comparison), mode, contents)
        calls.append(_Asked(lane.id, contestant, _call(lane_id, lane, contestant, history, said)))
    kind = "lanes.{}.modelId" if asked.model_ids is None else "modelIds.{}"
    require_taken([(kind.format(place), each.contestant, each.call) for place, each in enumerate(calls)])
    return calls


def _next(comparison: Comparison) -> int:
    return len(comparison.turns) + 1


def _call(lane_id: UUID, lane: LaneChange, contestant: Contestant, history: History, said: Message) -> Call:
    settings = Lane(
        id=lane_id,
        model_id=lane.model_id,
        label=lane.label,
        system_prompt=lane.system_prompt,
        parameters=lane.parameters,
        fallback_model_ids=lane.fallback_model_ids,
    )
    return call_of(contestant, settings, history, said)


async def _earlier(db: AsyncSession, user_id: UUID, contestants: Sequence[Contestant]) -> dict[str, Output]:
    found = await output_tokens(db, user_id, {each.entry.id for each in contestants})
    return {model_id: Output(own.p50, own.p90, own.answers) for model_id, own in found.items()}


def _answer(lane_ids: Sequence[UUID | None], found: Sequence[Forecast], standing: Standing) -> Estimate:
    likely = forecasts.total(each.likely for each in found)
    return Estimate(
        lanes=tuple(_lane(*each) for each in zip(lane_ids, found, strict=True)),
        cost=Range(
            low=_dollars(forecasts.total(each.low for each in found)),
            likely=_dollars(likely),
            high=_dollars(_highest(found)),
        ),
        unknown_costs=sum(each.likely.amount is None for each in found),
        fits=all(each.fits is not False for each in found),
        budget=_budget(standing, likely or Decimal(0)),
    )


def _highest(found: Sequence[Forecast]) -> Decimal | None:
    """A lane whose price is known and whose end is not has no upper bound, and so all of them have none."""
    if any(each.high.amount is None and each.likely.amount is not None for each in found):
        return None
    return forecasts.total(each.high for each in found)


def _lane(lane_id: UUID | None, of: Forecast) -> LaneEstimate:
    output = of.output
    return LaneEstimate(
        model_id=of.entry.id,
        lane_id=lane_id,
        input_tokens=of.given.tokens,
        input_note=of.given.note,
        context_window=of.window,
        context_left=of.left,
        fits=of.fits,
        output_tokens=OutputEstimate(
            likely=output.likely,
            high=output.high,
            basis="own" if output.answers else "usual",
            answers=output.answers,
        ),
        cost=Range(
            low=_dollars(of.low.amount), likely=_dollars(of.likely.amount), high=_dollars(of.high.amount)
        ),
        cost_origin=of.likely.origin,
    )


def _budget(standing: Standing, likely: Decimal) -> BudgetLeft:
    hard = [state for state in standing.states if state.budget.hard]
    tightest = min(hard, key=lambda state: state.left, default=None)
    if tightest is None:
        return BudgetLeft(remaining=None, resets_at=None, enough=True)
    return BudgetLeft(
        remaining=float(tightest.left),
        resets_at=tightest.resets_at,
        enough=tightest.left > 0 and likely <= tightest.left,
    )


def _dollars(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
