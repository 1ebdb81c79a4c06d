"""Starting a turn, or another attempt: planned, written in one transaction, told to the room, launched.

Next: backend/comparisons/conductor.py
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.accounts.standing import shown_name
from backend.attachments import actions as attaching
from backend.comparisons import repository, search
from backend.comparisons.access import require
from backend.comparisons.announcing import changed_to
from backend.comparisons.attached import named
from backend.comparisons.batch import Payer
from backend.comparisons.checks import invalid, usable
from backend.comparisons.conductor import PlannedTurn
from backend.comparisons.planning import (
    Planned,
    chosen_lanes,
    expected_cost,
    in_their_place,
    plans_for,
    response_row,
    running_lane,
)
from backend.comparisons.schemas import StartedTurn
from backend.comparisons.search import Document
from backend.comparisons.studio import Studio
from backend.comparisons.tables import COMPARISONS, RESPONSES, TURNS
from backend.comparisons.titles import follow_prompt
from backend.kit import clock
from backend.kit.errors import AppError, FieldProblem, Invalid, NotFound
from backend.kit.ids import new_id
from backend.kit.logs import concerning
from backend.kit.unbroken import to_the_end
from backend.limits.turnstile import Passage
from backend.rooms.protocol import ResponseAdded, TurnStarted
from backend.rooms.room import Room
from backend.rooms.snapshot import Comparison, Response, Turn
from backend.usage import budgets


async def start(
    studio: Studio,
    caller: Caller,
    comparison_id: UUID,
    prompt: str | None = None,
    lane_ids: Sequence[UUID] | None = None,
    attachments: Sequence[UUID] | None = None,
) -> StartedTurn:
    """The turn that waits to be started, or a new one. Without a prompt, what runs already is the answer."""
    concerning(comparison=comparison_id)
    if prompt is None and attachments:
        raise invalid("attachments", "They go along with a prompt.")
    async with studio.database.reading() as db:
        await require(db, caller, comparison_id, "editor")
        asked_by = await shown_name(db, caller.user_id)
    async with studio.hub.holding(comparison_id) as room:
        comparison = room.snapshot()
        waiting = next((turn for turn in comparison.turns if not turn.started), None)
        if prompt is None and waiting is None:
            return _running(comparison)
        text = usable(prompt, "prompt") if prompt is not None else (waiting.prompt if waiting else "")
        lanes = chosen_lanes(comparison, lane_ids)
        attached = waiting.attachments if waiting else ()
        if attachments is not None:
            attached = await named(studio.shelf, caller, attachments)
        turn = Turn(
            id=waiting.id if waiting else new_id(),
            number=waiting.number
            if waiting
            else 1 + max((each.number for each in comparison.turns), default=0),
            prompt=text,
            attachments=attached,
            history_mode=comparison.history_mode,
            asked_by=asked_by,
            created_at=waiting.created_at if waiting else clock.now(),
            started=True,
        )
        concerning(turn=turn.id)
        plans = await plans_for(studio, caller, comparison, turn, lanes)
        return await to_the_end(_begin(studio, caller, room, turn, plans, fresh=True))


async def regenerate(
    studio: Studio, caller: Caller, response_id: UUID, within: UUID | None = None
) -> StartedTurn:
    """Another attempt; the earlier ones stay, and what they cost."""
    comparison_id = await comparison_of(studio, caller, response_id, within)
    concerning(comparison=comparison_id)
    async with studio.hub.holding(comparison_id) as room:
        comparison = room.snapshot()
        turn, response = _find(comparison, response_id)
        concerning(turn=turn.id)
        lane = next(lane for lane in comparison.lanes if lane.id == response.lane_id)
        plans = await plans_for(studio, caller, comparison, turn, [lane])
        return await to_the_end(_begin(studio, caller, room, turn, plans, fresh=False))


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


async def _begin(
    studio: Studio, caller: Caller, room: Room, turn: Turn, plans: Sequence[Planned], *, fresh: bool
) -> StartedTurn:
    """One transaction, then it runs and everybody is told: whoever asked may have gone meanwhile."""
    comparison_id = room.session_id
    with lining_up(studio, caller) as passage:
        async with studio.database.transaction() as db:
            await require(db, caller, comparison_id, "editor")
            await _refuse_running(db, comparison_id, [plan.lane.id for plan in plans])
            plans = in_their_place(plans, await repository.attempts(db, turn.id))
            if fresh:
                await _put_turn(db, caller, comparison_id, turn, begun_at(plans))
            await admit(db, caller, comparison_id, plans)
            await db.execute(
                update(COMPARISONS)
                .where(COMPARISONS.c.id == comparison_id)
                .values(status="in_progress", updated_at=begun_at(plans))
            )
            changed = await _note_prompt(db, comparison_id, turn) if fresh else None
    if changed is not None:
        room.publish(changed_to(changed))
    return launch(studio, caller, room, turn, plans, passage, fresh=fresh)


@contextmanager
def lining_up(studio: Studio, caller: Caller) -> Iterator[Passage]:
    """Left again when what was lined up for does not begin."""
    passage = studio.turnstile.line_up(caller.user_id)
    try:
        yield passage
    except BaseException:  # whatever it was: a place that nobody takes would be lost
        passage.leave()
        raise


def begun_at(plans: Sequence[Planned]) -> datetime:
    """The moment from which its course is counted: none of its responses is older or younger."""
    return max(plan.response.created_at for plan in plans)


async def admit(db: AsyncSession, caller: Caller, comparison_id: UUID, plans: Sequence[Planned]) -> None:
    """The responses are on the record before anybody is asked. Raises the refusal of a budget."""
    expected = {plan.response.id: expected_cost(plan) for plan in plans}
    await budgets.admit(db, caller.user_id, expected, clock.now())
    await db.execute(insert(RESPONSES), [response_row(comparison_id, plan) for plan in plans])


def launch(
    studio: Studio,
    caller: Caller,
    room: Room,
    turn: Turn,
    plans: Sequence[Planned],
    passage: Passage,
    *,
    fresh: bool = True,
) -> StartedTurn:
    """It begins when this task waits next: what it says comes after what is said here."""
    comparison_id = room.session_id
    responses = tuple(plan.response for plan in plans)
    studio.conductor.launch(
        PlannedTurn(
            comparison_id=comparison_id,
            turn_id=turn.id,
            payer=Payer(caller.user_id, caller.api_key_id),
            lanes=tuple(running_lane(comparison_id, turn, plan) for plan in plans),
            passage=passage,
        )
    )
    if fresh:
        room.publish(
            TurnStarted(session_id=comparison_id, turn=msgspec.structs.replace(turn, responses=responses))
        )
    else:
        for response in responses:
            room.publish(ResponseAdded(session_id=comparison_id, response=response))
    return StartedTurn(
        session_id=comparison_id, turn_id=turn.id, response_ids=tuple(each.id for each in responses)
    )


async def _refuse_running(db: AsyncSession, comparison_id: UUID, lane_ids: Sequence[UUID]) -> None:
    """Whoever else wants to start something in this comparison waits until we have."""
    await repository.lock(db, comparison_id)
    there = {lane.id for lane in await repository.lanes_of(db, comparison_id)}
    if not there.issuperset(lane_ids):
        raise AppError("The lanes were changed a moment ago. Please look again.", status=409, code="changed")
    busy = {row.lane_id for row in await repository.unfinished(db, comparison_id)}
    if busy & set(lane_ids):
        message = "An answer of these lanes is still running: stop it, or wait for its end."
        raise AppError(message, status=409, code="still_running")


async def _put_turn(
    db: AsyncSession, caller: Caller, comparison_id: UUID, turn: Turn, started_at: datetime
) -> None:
    started = await db.execute(
        update(TURNS)
        .where(TURNS.c.id == turn.id, TURNS.c.started_at.is_(None))
        .values(
            started_at=started_at,
            prompt=turn.prompt,
            history_mode=turn.history_mode,
            asked_by=caller.user_id,
            asked_by_name=turn.asked_by,
        )
        .returning(TURNS.c.id)
    )
    if started.first() is None:
        if turn.number != await repository.next_number(db, comparison_id):
            raise AppError("Somebody else was first.", status=409, code="still_running")
        await add_turn(db, caller, comparison_id, turn, started_at)
    else:
        await attaching.use_instead(db, comparison_id, turn.id, [each.id for each in turn.attachments])


async def _note_prompt(db: AsyncSession, comparison_id: UUID, turn: Turn) -> Comparison | None:
    """To be found by what was asked. Returns the comparison where it is called otherwise now."""
    documents = [Document(comparison_id, turn.id, "prompt", turn.prompt)]
    title = await follow_prompt(db, comparison_id, turn)
    changed = None if title is None else await repository.load(db, comparison_id)
    if title is not None:
        documents.append(Document(comparison_id, comparison_id, "title", title))
    await search.remember(db, documents)
    return changed


async def add_turn(
    db: AsyncSession, caller: Caller, comparison_id: UUID, turn: Turn, started_at: datetime | None
) -> None:
    await db.execute(
        insert(TURNS),
        {
            "id": turn.id,
            "comparison_id": comparison_id,
            "number": turn.number,
            "prompt": turn.prompt,
            "history_mode": turn.history_mode,
            "asked_by": caller.user_id,
            "asked_by_name": turn.asked_by,
            "created_at": turn.created_at,
            "started_at": started_at,
        },
    )
    await attaching.use(db, comparison_id, turn.id, [each.id for each in turn.attachments])


def _running(comparison: Comparison) -> StartedTurn:
    """To be told twice to start is no mistake: the second time there is nothing to do."""
    for turn in comparison.turns:
        going = tuple(each.id for each in turn.responses if each.status in {"pending", "streaming"})
        if going:
            return StartedTurn(session_id=comparison.session_id, turn_id=turn.id, response_ids=going)
    raise AppError("There is no prompt to start with.", status=409, code="nothing_to_start")


def _find(comparison: Comparison, response_id: UUID) -> tuple[Turn, Response]:
    for turn in comparison.turns:
        for response in turn.responses:
            if response.id == response_id:
                return turn, response
    raise NotFound
