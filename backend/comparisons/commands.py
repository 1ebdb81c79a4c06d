"""What sockets may ask of comparisons: the same functions that HTTP calls."""

from functools import partial
from typing import assert_never
from uuid import UUID

from backend.accounts.callers import Caller
from backend.comparisons import access, actions, starting
from backend.comparisons.studio import Studio
from backend.limits.askers import Asker
from backend.rooms.backing import Backing, Performed
from backend.rooms.hub import Load
from backend.rooms.protocol import Access, Ack, Regenerate, StartComparison, StopComparison, StopModel


def backing_of(studio: Studio, load: Load) -> Backing:
    return Backing(load=load, access=partial(_access, studio), perform=partial(_perform, studio))


async def _access(studio: Studio, caller: Caller, comparison_id: UUID) -> Access:
    async with studio.database.reading() as db:
        return await access.access_to(db, caller, comparison_id)


async def _perform(studio: Studio, caller: Caller, command: Performed, _asker: Asker) -> Ack:
    match command:
        case StartComparison(session_id=session_id, prompt=prompt):
            lanes = command.lane_ids
            if lanes is None and command.model_ids is not None:
                lanes = await starting.lanes_named(studio, caller, session_id, command.model_ids)
            started = await starting.start(studio, caller, session_id, prompt, lanes, command.attachments)
            return Ack(id=command.id, session_id=session_id, turn_id=started.turn_id)
        case Regenerate(response_id=response_id):
            started = await starting.regenerate(studio, caller, response_id)
            return Ack(
                id=command.id,
                session_id=started.session_id,
                turn_id=started.turn_id,
                response_id=started.response_ids[0],
            )
        case StopModel(response_id=response_id):
            await actions.stop_response(studio, caller, response_id)
            return Ack(id=command.id, response_id=response_id)
        case StopComparison(session_id=session_id):
            await actions.stop_comparison(studio, caller, session_id)
            return Ack(id=command.id, session_id=session_id)
        case _:
            assert_never(command)
