"""What can be done with an attachment by whom it belongs to."""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts import users
from backend.accounts.callers import Caller
from backend.attachments import repository
from backend.attachments.kinds import look, tidy_name
from backend.attachments.repository import Stored
from backend.attachments.schemas import Attachment
from backend.attachments.shelf import Shelf
from backend.kit import clock
from backend.kit.blobs import digest_of
from backend.kit.errors import AppError, FieldProblem, Invalid, NotFound
from backend.kit.ids import new_id

_FIELD: Final = "attachments"


async def add(shelf: Shelf, caller: Caller, name: str, data: bytes) -> Attachment:
    stored = await asyncio.to_thread(looked_at, name, data, caller.user_id)
    async with shelf.holding([data]) as db:
        await users.held(db, caller.user_id)  # one after the other, or together they have too many
        if await repository.unused_bytes(db, caller.user_id) + len(data) > shelf.most_unused:
            message = "You have too many attachments that are in no comparison. Remove some of them first."
            raise AppError(message, status=429, code="too_many_unused_attachments")
        await repository.add(db, [stored], clock.now())
    return stored.about


async def remove(shelf: Shelf, caller: Caller, attachment_id: UUID) -> None:
    """One that is in no comparison."""
    async with shelf.database.transaction() as db:
        await repository.held(db, [attachment_id], to_remove=True)
        stored = (await repository.find(db, [attachment_id])).get(attachment_id)
        if stored is None or stored.owner_id != caller.user_id:
            raise NotFound
        if not await repository.remove_unused(db, [attachment_id]):
            raise AppError("A comparison has it.", status=409, code="attachment_in_use")
    await shelf.drop(stored.digest)


async def own(db: AsyncSession, caller: Caller, ids: Sequence[UUID]) -> tuple[Attachment, ...]:
    """Raises Invalid for those that are not, or are named twice."""
    found = await repository.find(db, ids)
    _require(ids, {key for key, each in found.items() if each.owner_id == caller.user_id})
    return tuple(found[each].about for each in ids)


async def use(db: AsyncSession, comparison_id: UUID, turn_id: UUID, ids: Sequence[UUID]) -> None:
    """A new turn has these. Raises Invalid for what has gone meanwhile."""
    if ids:
        _require(ids, await repository.held(db, ids, to_remove=False))
        await repository.add_uses(db, repository.uses(comparison_id, turn_id, ids))


async def use_instead(db: AsyncSession, comparison_id: UUID, turn_id: UUID, ids: Sequence[UUID]) -> None:
    """The same in place of those that the turn had."""
    await repository.remove_uses(db, turn_id)
    await use(db, comparison_id, turn_id, ids)


def looked_at(name: str, data: bytes, owner_id: UUID) -> Stored:
    """Not for the loop."""
    kind = look(data)
    about = Attachment(
        id=new_id(),
        name=tidy_name(name),
        media_type=kind.media_type,
        size=len(data),
        width=kind.width,
        height=kind.height,
    )
    return Stored(about, digest_of(data), owner_id)


def _require(ids: Sequence[UUID], there: set[UUID]) -> None:
    problems = [
        FieldProblem(f"{_FIELD}.{place}", "You have no such attachment, or it is named twice.")
        for place, each in enumerate(ids)
        if each not in there or each in ids[:place]
    ]
    if problems:
        raise Invalid(problems)
