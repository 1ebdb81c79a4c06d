"""A comparison comes to be: checked, written, and, where that is asked for, begun in the same transaction.

Next: backend/comparisons/starting.py
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.accounts.standing import shown_name
from backend.comparisons import lane_settings, repository, search, tags
from backend.comparisons.attached import named
from backend.comparisons.checks import invalid, usable
from backend.comparisons.planning import Planned, in_their_place, plans_for
from backend.comparisons.schemas import CreateComparison, LaneInput
from backend.comparisons.search import Document
from backend.comparisons.starting import add_turn, admit, begun_at, launch, lining_up
from backend.comparisons.studio import Studio
from backend.comparisons.tables import COMPARISONS
from backend.comparisons.titles import title_of
from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.logs import concerning
from backend.kit.unbroken import to_the_end
from backend.rooms.snapshot import Comparison, Position, Turn


async def create(studio: Studio, caller: Caller, asked: CreateComparison) -> Comparison:
    """It waits to be started."""
    comparison, _ = await _planned(studio, caller, asked)
    async with studio.database.transaction() as db:
        comparison = await _put(db, caller, comparison, started_at=None)
        # The prompt is found once it has been asked: until then it may still be another one.
        await search.remember(db, [_title(comparison)])
    return comparison


async def create_and_start(
    studio: Studio, caller: Caller, asked: CreateComparison
) -> tuple[Comparison, Position]:
    """As it was before it began, and where its room was. When it cannot begin, nothing of it is stored."""
    comparison, plans = await _planned(studio, caller, asked)
    concerning(comparison=comparison.session_id, turn=comparison.turns[0].id)
    return await to_the_end(_begin(studio, caller, comparison, plans))


async def _planned(
    studio: Studio, caller: Caller, asked: CreateComparison
) -> tuple[Comparison, Sequence[Planned]]:
    """Everything that can be wrong is looked at here, also for what starts later."""
    prompt = usable(asked.prompt, "prompt")
    lanes = [lane_settings.lane_of(each) for each in await _lanes(studio, caller, asked)]
    labels = tags.normalised(asked.tags)
    at, comparison_id = clock.now(), new_id()
    turn = Turn(
        id=new_id(),
        number=1,
        prompt=prompt,
        attachments=await named(studio.shelf, caller, asked.attachments),
        history_mode=asked.history_mode,
        asked_by="",
        created_at=at,
        started=False,
    )
    comparison = Comparison(
        status="pending",
        session_id=comparison_id,
        title=usable(asked.title, "title") if asked.title else title_of(prompt),
        prompt=prompt,
        models=tuple(lane.model_id for lane in lanes),
        history_mode=asked.history_mode,
        tags=tuple(sorted(labels)),
        lanes=tuple(lanes),
        turns=(turn,),
        owner_id=caller.user_id,
        created_at=at,
        updated_at=at,
    )
    return comparison, await plans_for(studio, caller, comparison, turn, lanes, by_name=asked.lanes is None)


async def _lanes(studio: Studio, caller: Caller, asked: CreateComparison) -> Sequence[LaneInput]:
    if asked.lanes is not None and asked.model_ids is not None:
        raise invalid("lanes", "Say either lanes or modelIds.")
    if asked.lanes is not None:
        lane_settings.check(asked.lanes, studio.lanes_a_turn, "lanes")
        return asked.lanes
    model_ids = asked.model_ids
    if model_ids is None:
        async with studio.database.reading() as db:
            model_ids = await repository.latest_models(db, caller.user_id)
        model_ids = model_ids or await studio.contestants.suggested()
    if not model_ids:
        raise invalid("modelIds", "No model can be asked here: set the key of a provider.")
    lanes = [LaneInput(model_id=each) for each in model_ids]
    lane_settings.check(lanes, studio.lanes_a_turn, "modelIds")
    return lanes


async def _begin(
    studio: Studio, caller: Caller, comparison: Comparison, plans: Sequence[Planned]
) -> tuple[Comparison, Position]:
    """Nothing is awaited between the commit and the launch: who deletes it then finds a turn to stop."""
    with lining_up(studio, caller) as passage:
        try:
            async with studio.database.transaction() as db:
                plans = in_their_place(plans, {})
                comparison = await _put(db, caller, comparison, begun_at(plans))
                await admit(db, caller, comparison.session_id, plans)
                turn = comparison.turns[0]
                prompt = Document(comparison.session_id, turn.id, "prompt", comparison.prompt)
                await search.remember(db, [_title(comparison), prompt])
                room = await studio.hub.opened_with(comparison)  # nobody else knows of it yet
        except BaseException:  # whatever it was: it is a room of nothing
            studio.hub.close(comparison.session_id)
            raise
    before = room.position
    launch(studio, caller, room, msgspec.structs.replace(turn, started=True), plans, passage)
    return comparison, before


async def _put(
    db: AsyncSession, caller: Caller, comparison: Comparison, started_at: datetime | None
) -> Comparison:
    """With its turn. Returns it as others may see it before it begins."""
    (turn,) = comparison.turns
    turn = msgspec.structs.replace(turn, asked_by=await shown_name(db, caller.user_id))
    await db.execute(
        insert(COMPARISONS),
        {
            "id": comparison.session_id,
            "owner_id": comparison.owner_id,
            "title": comparison.title,
            "prompt": comparison.prompt,
            "history_mode": comparison.history_mode,
            "status": "in_progress" if started_at else "pending",
            "created_at": comparison.created_at,
            "updated_at": started_at or comparison.updated_at,
        },
    )
    await tags.add(db, comparison.session_id, comparison.tags)
    await lane_settings.add(db, comparison.session_id, comparison.lanes)
    await add_turn(db, caller, comparison.session_id, turn, started_at)
    return msgspec.structs.replace(comparison, turns=(turn,))


def _title(comparison: Comparison) -> Document:
    return Document(comparison.session_id, comparison.session_id, "title", comparison.title)
