"""What can be done with a comparison that is there, beside running it, whoever asks and by whichever way.

Next: backend/comparisons/starting.py
"""

from typing import Any
from uuid import UUID

from sqlalchemy import update

from backend.accounts.callers import Caller
from backend.comparisons import lane_settings, repository, search, tags
from backend.comparisons.access import require
from backend.comparisons.announcing import changed_to
from backend.comparisons.checks import invalid, usable
from backend.comparisons.planning import wanted
from backend.comparisons.schemas import (
    ChangeComparison,
)
from backend.comparisons.search import Document
from backend.comparisons.starting import comparison_of
from backend.comparisons.studio import Studio
from backend.comparisons.tables import ComparisonRow, TurnRow
from backend.kit import clock
from backend.kit.errors import NotFound
from backend.kit.logs import concerning
from backend.kit.unbroken import to_the_end
from backend.rooms.protocol import ChoiceMade
from backend.rooms.room import Room
from backend.rooms.snapshot import Comparison


async def change(studio: Studio, caller: Caller, comparison_id: UUID, asked: ChangeComparison) -> Comparison:
    """What is running goes on as it was begun."""
    async with studio.database.reading() as db:
        await require(db, caller, comparison_id, "editor")
    if asked.lanes is not None:
        lane_settings.check(asked.lanes, studio.lanes_a_turn, "lanes")
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
            await lane_settings.put(db, comparison_id, asked.lanes)
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
