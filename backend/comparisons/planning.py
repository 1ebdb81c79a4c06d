"""What a turn will ask of each lane: of whom, with which words, at which price. Nothing is written yet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final, assert_never
from uuid import UUID

import msgspec

from backend.accounts.callers import Caller
from backend.catalogue.prices import Price
from backend.comparisons.attached import asking, contents_to_send
from backend.comparisons.contestants import Contestant, Wanted
from backend.comparisons.forecast import require_fits
from backend.comparisons.histories import History, attached_before, history_of
from backend.comparisons.inputs import require_taken
from backend.comparisons.lane import RunningLane
from backend.comparisons.parameters import call_of
from backend.comparisons.recording import Identity
from backend.comparisons.schemas import LaneInput
from backend.comparisons.studio import Studio
from backend.kit import clock
from backend.kit.errors import FieldProblem, Invalid
from backend.kit.ids import new_id
from backend.providers.chat import Call, FilePart, ImagePart, Part, TextPart, ToolCallPart, ToolResultPart
from backend.providers.usage import Usage
from backend.rooms.snapshot import Comparison, Lane, Response, Turn

_CHARACTERS_OF_A_TOKEN: Final = 4
_TOKENS_OF_AN_IMAGE: Final = 1_500
_FILE_BYTES_OF_A_TOKEN: Final = 25
_USUAL_ANSWER: Final = 500


@dataclass(frozen=True, slots=True)
class Planned:
    """A response that is about to be made."""

    lane: Lane
    contestant: Contestant
    history: History
    call: Call
    response: Response
    price: Price | None
    """Kept with the response from the beginning: a restart has to know it."""


async def plans_for(
    studio: Studio,
    caller: Caller,
    comparison: Comparison,
    turn: Turn,
    lanes: Sequence[Lane],
    *,
    by_name: bool = False,
) -> list[Planned]:
    """Outside of any transaction: servers may be asked for their models, and tokens are counted. Raises
    Invalid; lanes that were only named are called so in it.
    """
    names = wanted(lanes, by_name=by_name)
    contestants = await studio.contestants.resolve_all(caller.user_id, names)
    attached = (*attached_before(comparison, turn.number), *turn.attachments)
    contents = await contents_to_send(studio.shelf, attached)
    asked = asking(turn.prompt, turn.attachments, contents)
    plans = []
    for lane, contestant in zip(lanes, contestants, strict=True):
        response = Response(
            id=new_id(),
            turn_id=turn.id,
            lane_id=lane.id,
            model_id=lane.model_id,
            provider=contestant.provider,
            attempt=1,
            status="pending",
            created_at=clock.now(),
        )
        history = history_of(comparison, lane.id, turn.number, turn.history_mode, contents)
        target = contestant.candidates[0].target
        price = contestant.price(target.id, response.created_at)
        call = call_of(contestant, lane, history, asked)
        plans.append(Planned(lane, contestant, history, call, response, price))
    calls = [(name.field, plan.contestant, plan.call) for name, plan in zip(names, plans, strict=True)]
    require_taken(calls)
    await require_fits(studio.tokens, calls)
    return plans


def in_their_place(plans: Iterable[Planned], attempts: Mapping[UUID, int]) -> list[Planned]:
    """After everything that was written while they were planned. `attempts`: how many each lane has had."""
    at = clock.now()
    return [
        replace(
            plan,
            response=msgspec.structs.replace(
                plan.response, id=new_id(), attempt=attempts.get(plan.lane.id, 0) + 1, created_at=at
            ),
        )
        for plan in plans
    ]


def expected_cost(plan: Planned) -> Decimal:
    """Roughly, to be kept back from a budget until the ledger knows; nothing where nobody knows the price."""
    if plan.price is None:
        return Decimal(0)
    said = sum(_tokens(part) for each in plan.call.messages for part in each.parts)
    given = said + len(plan.call.system) // _CHARACTERS_OF_A_TOKEN
    output = min(_USUAL_ANSWER, plan.call.parameters.max_output_tokens or _USUAL_ANSWER)
    return plan.price.cost(Usage(input=given, output=output, origin="estimated")).amount or Decimal(0)


def _tokens(part: Part) -> int:
    match part:
        case TextPart(text=text):
            return len(text) // _CHARACTERS_OF_A_TOKEN
        case ImagePart():
            return _TOKENS_OF_AN_IMAGE
        case FilePart(data=data):
            return len(data) // _FILE_BYTES_OF_A_TOKEN
        case ToolCallPart() | ToolResultPart():
            return 0
        case _:
            assert_never(part)


def running_lane(comparison_id: UUID, turn: Turn, plan: Planned) -> tuple[Identity, RunningLane]:
    lane, response = plan.lane, plan.response
    identity = Identity(comparison_id, turn.id, lane.id, response.id, lane.model_id)
    return identity, RunningLane(response.id, plan.contestant, plan.call)


def response_row(comparison_id: UUID, plan: Planned) -> dict[str, Any]:
    lane, response = plan.lane, plan.response
    return {
        "id": response.id,
        "comparison_id": comparison_id,
        "turn_id": response.turn_id,
        "lane_id": lane.id,
        "attempt": response.attempt,
        "model_id": lane.model_id,
        "status": response.status,
        "text": "",
        "reasoning": "",
        "system_prompt": lane.system_prompt,
        "parameters": msgspec.to_builtins(lane.parameters),
        "history": [str(each) for each in plan.history.response_ids],
        "metrics": {"provider": response.provider},
        "price": None if plan.price is None else msgspec.to_builtins(plan.price),
        "retries": [],
        "created_at": response.created_at,
    }


def chosen_lanes(comparison: Comparison, lane_ids: Sequence[UUID] | None) -> list[Lane]:
    there = {lane.id: lane for lane in comparison.lanes if not lane.removed}
    if lane_ids is None:
        return list(there.values())
    problems = [
        FieldProblem(field=f"laneIds.{place}", message="This comparison has no such lane.")
        for place, lane_id in enumerate(lane_ids)
        if lane_id not in there
    ]
    if problems or not lane_ids:
        raise Invalid(problems or [FieldProblem(field="laneIds", message="Name at least one lane.")])
    return [lane for lane in there.values() if lane.id in set(lane_ids)]


def wanted(lanes: Iterable[Lane | LaneInput], *, by_name: bool) -> list[Wanted]:
    """With the place where each was said, for what is wrong with it."""
    return [
        Wanted(
            model_id=lane.model_id,
            fallback_model_ids=lane.fallback_model_ids,
            field=f"modelIds.{place}" if by_name else f"lanes.{place}.modelId",
        )
        for place, lane in enumerate(lanes)
    ]
