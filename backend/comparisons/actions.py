"""What can be done with a comparison beside running it, whoever asks and by whichever way.

Next: backend/comparisons/starting.py
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.accounts.standing import shown_name
from backend.comparisons import repository, search, tags
from backend.comparisons.access import require
from backend.comparisons.announcing import changed_to
from backend.comparisons.attached import asking, contents_to_send, named
from backend.comparisons.checks import invalid, storable, usable
from backend.comparisons.forecast import require_fits
from backend.comparisons.histories import History
from backend.comparisons.inputs import require_taken
from backend.comparisons.parameters import call_of
from backend.comparisons.planning import wanted
from backend.comparisons.schemas import (
    ChangeComparison,
    CreateComparison,
    LaneChange,
    LaneInput,
)
from backend.comparisons.search import Document
from backend.comparisons.starting import add_turn, comparison_of
from backend.comparisons.studio import Studio
from backend.comparisons.tables import ComparisonRow, LaneRow, ResponseRow, TurnRow
from backend.comparisons.titles import title_of
from backend.kit import clock
from backend.kit.errors import NotFound
from backend.kit.ids import new_id
from backend.kit.logs import concerning
from backend.kit.unbroken import to_the_end
from backend.rooms.protocol import ChoiceMade
from backend.rooms.room import Room
from backend.rooms.snapshot import Comparison, Lane, Turn


async def create(studio: Studio, caller: Caller, asked: CreateComparison) -> Comparison:
    """It waits to be started."""
    prompt = usable(asked.prompt, "prompt")
    lanes = await _lanes(studio, caller, asked)
    _check_words(lanes)
    names = wanted(lanes, by_name=asked.lanes is None)
    contestants = await studio.contestants.resolve_all(caller.user_id, names)
    attached = await named(studio.shelf, caller, asked.attachments)
    said = asking(prompt, attached, await contents_to_send(studio.shelf, attached))
    calls = [
        (name.field, contestant, call_of(contestant, lane, History(), said))
        for name, contestant, lane in zip(names, contestants, lanes, strict=True)
    ]
    require_taken(calls)
    await require_fits(studio.tokens, calls)
    labels = tags.normalised(asked.tags)
    title = usable(asked.title, "title") if asked.title else title_of(prompt)
    at, comparison_id = clock.now(), new_id()
    async with studio.database.transaction() as db:
        await db.execute(
            insert(ComparisonRow).values(
                id=comparison_id,
                owner_id=caller.user_id,
                title=title,
                prompt=prompt,
                history_mode=asked.history_mode,
                status="pending",
                created_at=at,
                updated_at=at,
            )
        )
        await tags.put(db, comparison_id, labels)
        await db.execute(insert(LaneRow), [_lane_row(comparison_id, *each) for each in enumerate(lanes)])
        turn = Turn(
            id=new_id(),
            number=1,
            prompt=prompt,
            attachments=attached,
            history_mode=asked.history_mode,
            asked_by=await shown_name(db, caller.user_id),
            created_at=at,
            started=False,
        )
        await add_turn(db, caller, comparison_id, turn)
        # The prompt is found once it has been asked: until then it may still be another one.
        await search.remember(db, [Document(comparison_id, comparison_id, "title", title)])
        return await repository.load(db, comparison_id)


async def change(studio: Studio, caller: Caller, comparison_id: UUID, asked: ChangeComparison) -> Comparison:
    """What is running goes on as it was begun."""
    async with studio.database.reading() as db:
        await require(db, caller, comparison_id, "editor")
    if asked.lanes is not None:
        _check_words(_not_too_many(studio, asked.lanes, "lanes"))
        await studio.contestants.resolve_all(caller.user_id, wanted(asked.lanes, by_name=False))
    async with studio.hub.holding(comparison_id) as room:
        await to_the_end(_change(studio, caller, room, asked))
        return room.snapshot()


async def choose(
    studio: Studio, caller: Caller, comparison_id: UUID, turn_id: UUID, response_id: UUID | None
) -> None:
    """The answer that all lanes go on from, in the shared history mode; None takes it back."""
    async with studio.database.reading() as db:
        await require(db, caller, comparison_id, "editor")
    async with studio.hub.holding(comparison_id) as room:
        await to_the_end(_choose(studio, caller, room, turn_id, response_id))


async def stop_response(
    studio: Studio, caller: Caller, response_id: UUID, within: UUID | None = None
) -> tuple[UUID, ...]:
    concerning(comparison=await comparison_of(studio, caller, response_id, within), response=response_id)
    return studio.conductor.stop_response(response_id)


async def stop_comparison(studio: Studio, caller: Caller, comparison_id: UUID) -> tuple[UUID, ...]:
    concerning(comparison=comparison_id)
    async with studio.database.reading() as db:
        await require(db, caller, comparison_id, "editor")
    return studio.conductor.stop_comparison(comparison_id)


async def _change(studio: Studio, caller: Caller, room: Room, asked: ChangeComparison) -> None:
    """What is written is told, also when whoever asked has gone meanwhile."""
    comparison_id = room.session_id
    async with studio.database.transaction() as db:
        await require(db, caller, comparison_id, "editor")
        await repository.lock(db, comparison_id)
        values: dict[str, Any] = {"updated_at": clock.now()}
        if asked.title is not None:
            values["title"] = usable(asked.title, "title")
        if asked.history_mode is not None:
            values["history_mode"] = asked.history_mode
        await db.execute(update(ComparisonRow).where(ComparisonRow.id == comparison_id).values(**values))
        if asked.tags is not None:
            await tags.put(db, comparison_id, tags.normalised(asked.tags))
        if asked.lanes is not None:
            await _put_lanes(db, comparison_id, asked.lanes)
        now = await repository.load(db, comparison_id)
        if asked.title is not None:
            await search.remember(db, [Document(comparison_id, comparison_id, "title", now.title)])
    room.publish(changed_to(now))


async def _choose(
    studio: Studio, caller: Caller, room: Room, turn_id: UUID, response_id: UUID | None
) -> None:
    comparison_id = room.session_id
    async with studio.database.transaction() as db:
        await require(db, caller, comparison_id, "editor")
        if response_id is not None and not await repository.is_answer(db, turn_id, response_id):
            raise invalid("responseId", "This is no answer of that turn that could be gone on from.")
        chosen = await db.execute(
            update(TurnRow)
            .where(TurnRow.id == turn_id, TurnRow.comparison_id == comparison_id)
            .values(chosen_response_id=response_id)
            .returning(TurnRow.id)
        )
        if chosen.first() is None:
            raise NotFound
    room.publish(ChoiceMade(session_id=comparison_id, turn_id=turn_id, response_id=response_id))


async def _lanes(studio: Studio, caller: Caller, asked: CreateComparison) -> Sequence[LaneInput]:
    if asked.lanes is not None and asked.model_ids is not None:
        raise invalid("lanes", "Say either lanes or modelIds.")
    if asked.lanes is not None:
        return _not_too_many(studio, asked.lanes, "lanes")
    model_ids = asked.model_ids
    if model_ids is None:
        async with studio.database.reading() as db:
            model_ids = await repository.latest_models(db, caller.user_id)
        model_ids = model_ids or await studio.contestants.suggested()
    if not model_ids:
        raise invalid("modelIds", "No model can be asked here: set the key of a provider.")
    return _not_too_many(studio, [LaneInput(model_id=each) for each in model_ids], "modelIds")


def _not_too_many(studio: Studio, lanes: Sequence[LaneInput], field: str) -> Sequence[LaneInput]:
    if len(lanes) > studio.lanes_a_turn:
        raise invalid(field, f"There may be {studio.lanes_a_turn} at most.")
    return lanes


def _lane_row(comparison_id: UUID, position: int, lane: LaneInput) -> dict[str, Any]:
    return {
        "id": new_id(),
        "comparison_id": comparison_id,
        "position": position,
        "model_id": lane.model_id,
        "label": lane.label,
        "system_prompt": lane.system_prompt,
        "parameters": msgspec.to_builtins(lane.parameters),
        "fallback_model_ids": list(lane.fallback_model_ids),
    }


def _check_words(lanes: Sequence[LaneInput]) -> None:
    for place, lane in enumerate(lanes):
        storable(lane.label, f"lanes.{place}.label")
        storable(lane.system_prompt, f"lanes.{place}.systemPrompt")
        for number, stop in enumerate(lane.parameters.stop):
            storable(stop, f"lanes.{place}.parameters.stop.{number}")


async def _put_lanes(db: AsyncSession, comparison_id: UUID, lanes: Sequence[LaneChange]) -> None:
    """A lane that is left out is removed; one that has answers stays to be seen with them."""
    there = {lane.id: lane for lane in await repository.lanes_of(db, comparison_id)}
    _check_ids(lanes, there)
    kept = {lane.id for lane in lanes}
    at = clock.now()
    for place, lane in enumerate(lanes):
        row = _lane_row(comparison_id, place, lane)
        if lane.id is None:
            await db.execute(insert(LaneRow).values(**row))
        else:
            del row["id"]
            await db.execute(update(LaneRow).where(LaneRow.id == lane.id).values(**row, removed_at=None))
    for gone in set(there) - kept:
        answered = await db.scalar(select(exists().where(ResponseRow.lane_id == gone)))
        if answered:
            position = len(lanes)
            await db.execute(
                update(LaneRow).where(LaneRow.id == gone).values(removed_at=at, position=position)
            )
        else:
            await db.execute(delete(LaneRow).where(LaneRow.id == gone))


def _check_ids(lanes: Sequence[LaneChange], there: dict[UUID, Lane]) -> None:
    seen: set[UUID] = set()
    for place, lane in enumerate(lanes):
        if lane.id is not None and (lane.id not in there or lane.id in seen):
            raise invalid(f"lanes.{place}.id", "This comparison has no such lane, or it is named twice.")
        if lane.id is not None:
            seen.add(lane.id)
