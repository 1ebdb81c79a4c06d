"""Starting a turn, or another attempt: planned, written in one transaction, told to the room, launched.

Next: backend/comparisons/conductor.py
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.accounts.standing import shown_name
from backend.catalogue.prices import Price
from backend.comparisons import repository
from backend.comparisons.access import require
from backend.comparisons.checks import usable
from backend.comparisons.conductor import PlannedTurn
from backend.comparisons.contestants import Contestant, Wanted
from backend.comparisons.histories import History, history_of
from backend.comparisons.lane import RunningLane
from backend.comparisons.parameters import call_of
from backend.comparisons.recording import Identity
from backend.comparisons.schemas import LaneInput, StartedTurn
from backend.comparisons.studio import Studio
from backend.comparisons.tables import ComparisonRow, ResponseRow, TurnRow
from backend.comparisons.writing import Payer
from backend.kit import clock
from backend.kit.errors import AppError, FieldProblem, Invalid, NotFound
from backend.kit.ids import new_id
from backend.rooms.protocol import ResponseAdded, TurnStarted
from backend.rooms.room import Room
from backend.rooms.snapshot import Comparison, Lane, Response, Turn


@dataclass(frozen=True, slots=True)
class _Planned:
    """A response that is about to be made."""

    lane: Lane
    contestant: Contestant
    history: History
    response: Response
    price: Price | None
    """Kept with the response from the beginning: a restart has to know it."""


async def start(
    studio: Studio,
    caller: Caller,
    comparison_id: UUID,
    prompt: str | None = None,
    lane_ids: Sequence[UUID] | None = None,
) -> StartedTurn:
    """The turn that waits to be started, or a new one. Without a prompt, what runs already is the answer."""
    async with studio.database.reading() as db:
        await require(db, caller, comparison_id, "editor")
        asked_by = await shown_name(db, caller.user_id)
    async with studio.hub.holding(comparison_id) as room:
        comparison = room.snapshot()
        waiting = next((turn for turn in comparison.turns if not turn.started), None)
        if prompt is None and waiting is None:
            return _running(comparison)
        text = usable(prompt, "prompt") if prompt is not None else (waiting.prompt if waiting else "")
        lanes = _chosen_lanes(comparison, lane_ids)
        number = waiting.number if waiting else len(comparison.turns) + 1
        turn = Turn(
            id=waiting.id if waiting else new_id(),
            number=number,
            prompt=text,
            history_mode=comparison.history_mode,
            asked_by=asked_by,
            created_at=clock.now(),
            started=True,
        )
        plans = await _plan(studio, caller, comparison, turn, lanes)
        return await _begin(studio, caller, room, turn, plans, fresh=True)


async def regenerate(
    studio: Studio, caller: Caller, response_id: UUID, within: UUID | None = None
) -> StartedTurn:
    """Another attempt; the earlier ones stay, and what they cost."""
    comparison_id = await comparison_of(studio, caller, response_id, within)
    async with studio.hub.holding(comparison_id) as room:
        comparison = room.snapshot()
        turn, response = _find(comparison, response_id)
        lane = next(lane for lane in comparison.lanes if lane.id == response.lane_id)
        attempts = [each.attempt for each in turn.responses if each.lane_id == lane.id]
        plans = await _plan(studio, caller, comparison, turn, [lane], attempt=max(attempts) + 1)
        return await _begin(studio, caller, room, turn, plans, fresh=False)


async def lanes_named(
    studio: Studio, caller: Caller, comparison_id: UUID, model_ids: Sequence[str]
) -> tuple[UUID, ...]:
    """All lanes of these models."""
    async with studio.database.reading() as db:
        await require(db, caller, comparison_id, "editor")
        lanes = [lane for lane in await repository.lanes_of(db, comparison_id) if not lane.removed]
    problems = [
        FieldProblem(field=f"modelIds.{place}", message="This comparison has no lane of that model.")
        for place, model_id in enumerate(model_ids)
        if all(lane.model_id != model_id for lane in lanes)
    ]
    if problems:
        raise Invalid(problems)
    return tuple(lane.id for lane in lanes if lane.model_id in set(model_ids))


async def comparison_of(
    studio: Studio, caller: Caller, response_id: UUID, within: UUID | None = None
) -> UUID:
    """Where a response is; raises NotFound, also when it is not `within`, or that it may not be changed."""
    async with studio.database.reading() as db:
        comparison_id = await repository.comparison_of_response(db, response_id)
        if comparison_id is None or within not in {None, comparison_id}:
            raise NotFound
        await require(db, caller, comparison_id, "editor")
    return comparison_id


async def _plan(
    studio: Studio,
    caller: Caller,
    comparison: Comparison,
    turn: Turn,
    lanes: Sequence[Lane],
    attempt: int = 1,
) -> list[_Planned]:
    """Outside of any transaction: servers may be asked for their models, and tokens are counted."""
    contestants = await studio.contestants.resolve_all(caller.user_id, wanted(lanes, by_name=False))
    plans = []
    for lane, contestant in zip(lanes, contestants, strict=True):
        response = Response(
            id=new_id(),
            turn_id=turn.id,
            lane_id=lane.id,
            model_id=lane.model_id,
            provider=contestant.provider,
            attempt=attempt,
            status="pending",
            created_at=clock.now(),
        )
        history = history_of(comparison, lane.id, turn.number, turn.history_mode)
        target = contestant.candidates[0].target
        price = contestant.price(target.id, response.created_at)
        plans.append(_Planned(lane, contestant, history, response, price))
    return plans


async def _begin(
    studio: Studio, caller: Caller, room: Room, turn: Turn, plans: Sequence[_Planned], *, fresh: bool
) -> StartedTurn:
    """One transaction, then everybody is told, then it runs."""
    comparison_id = room.session_id
    passage = studio.turnstile.line_up(caller.user_id)
    try:
        async with studio.database.transaction() as db:
            await require(db, caller, comparison_id, "editor")
            await _refuse_running(db, comparison_id, [plan.lane.id for plan in plans])
            if fresh:
                await _put_turn(db, caller, comparison_id, turn)
            await db.execute(insert(ResponseRow), [_response_row(comparison_id, plan) for plan in plans])
            await db.execute(
                update(ComparisonRow)
                .where(ComparisonRow.id == comparison_id)
                .values(status="in_progress", updated_at=max(plan.response.created_at for plan in plans))
            )
    except BaseException:
        passage.leave()
        raise
    responses = tuple(plan.response for plan in plans)
    if fresh:
        room.publish(
            TurnStarted(session_id=comparison_id, turn=msgspec.structs.replace(turn, responses=responses))
        )
    else:
        for response in responses:
            room.publish(ResponseAdded(session_id=comparison_id, response=response))
    studio.conductor.launch(
        PlannedTurn(
            comparison_id=comparison_id,
            turn_id=turn.id,
            payer=Payer(caller.user_id, caller.api_key_id),
            lanes=tuple(_running_lane(comparison_id, turn, plan) for plan in plans),
            passage=passage,
        )
    )
    return StartedTurn(
        session_id=comparison_id, turn_id=turn.id, response_ids=tuple(each.id for each in responses)
    )


def _running_lane(comparison_id: UUID, turn: Turn, plan: _Planned) -> tuple[Identity, RunningLane]:
    lane, response = plan.lane, plan.response
    call = call_of(plan.contestant, lane, plan.history, turn.prompt)
    identity = Identity(comparison_id, turn.id, lane.id, response.id, lane.model_id)
    return identity, RunningLane(response.id, plan.contestant, call)


async def _refuse_running(db: AsyncSession, comparison_id: UUID, lane_ids: Sequence[UUID]) -> None:
    """Whoever else wants to start something in this comparison waits until we have."""
    await repository.lock(db, comparison_id)
    busy = {row.lane_id for row in await repository.unfinished(db, comparison_id)}
    if busy & set(lane_ids):
        message = "An answer of these lanes is still running: stop it, or wait for its end."
        raise AppError(message, status=409, code="still_running")


async def _put_turn(db: AsyncSession, caller: Caller, comparison_id: UUID, turn: Turn) -> None:
    started = await db.execute(
        update(TurnRow)
        .where(TurnRow.id == turn.id, TurnRow.started_at.is_(None))
        .values(started_at=turn.created_at, prompt=turn.prompt, asked_by=caller.user_id)
        .returning(TurnRow.id)
    )
    if started.first() is None:
        if turn.number != await repository.next_number(db, comparison_id):
            raise AppError("Somebody else was first.", status=409, code="still_running")
        await add_turn(db, caller, comparison_id, turn)


async def add_turn(db: AsyncSession, caller: Caller, comparison_id: UUID, turn: Turn) -> None:
    await db.execute(
        insert(TurnRow).values(
            id=turn.id,
            comparison_id=comparison_id,
            number=turn.number,
            prompt=turn.prompt,
            history_mode=turn.history_mode,
            asked_by=caller.user_id,
            asked_by_name=turn.asked_by,
            created_at=turn.created_at,
            started_at=turn.created_at if turn.started else None,
        )
    )


def _response_row(comparison_id: UUID, plan: _Planned) -> dict[str, Any]:
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


def _running(comparison: Comparison) -> StartedTurn:
    """To be told twice to start is no mistake: the second time there is nothing to do."""
    for turn in comparison.turns:
        going = tuple(each.id for each in turn.responses if each.status in {"pending", "streaming"})
        if going:
            return StartedTurn(session_id=comparison.session_id, turn_id=turn.id, response_ids=going)
    raise AppError("There is no prompt to start with.", status=409, code="nothing_to_start")


def _chosen_lanes(comparison: Comparison, lane_ids: Sequence[UUID] | None) -> list[Lane]:
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


def _find(comparison: Comparison, response_id: UUID) -> tuple[Turn, Response]:
    for turn in comparison.turns:
        for response in turn.responses:
            if response.id == response_id:
                return turn, response
    raise NotFound


def wanted(lanes: Sequence[Lane] | Sequence[LaneInput], *, by_name: bool) -> list[Wanted]:
    """With the place where each was said, for what is wrong with it."""
    return [
        Wanted(
            model_id=lane.model_id,
            fallback_model_ids=lane.fallback_model_ids,
            field=f"modelIds.{place}" if by_name else f"lanes.{place}.modelId",
        )
        for place, lane in enumerate(lanes)
    ]
