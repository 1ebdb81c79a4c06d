"""What goes along with prompts: found, weighed, and as a model is given it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.attachments import actions, repository
from backend.attachments.kinds import PDF, TEXT
from backend.attachments.schemas import Attachment
from backend.attachments.shelf import Shelf
from backend.comparisons.access import access_to, visible_to
from backend.comparisons.checks import invalid
from backend.comparisons.tables import ComparisonRow
from backend.kit.errors import NotFound
from backend.providers.chat import FilePart, ImagePart, Message, Part, TextPart

Contents: TypeAlias = Mapping[UUID, Part]
"""By the id of the attachment."""

NOTHING: Final[Contents] = MappingProxyType({})
_BACKTICKS: Final = re.compile(r"`+")
_MEGABYTE: Final = 1024 * 1024


async def named(shelf: Shelf, caller: Caller, ids: Sequence[UUID]) -> tuple[Attachment, ...]:
    """Raises Invalid for those that are not the caller's."""
    if not ids:
        return ()
    async with shelf.database.reading() as db:
        return await actions.own(db, caller, ids)


async def contents_to_send(shelf: Shelf, attached: Sequence[Attachment]) -> Contents:
    """All that a model is to be given at once: it has to fit into memory, for each lane again."""
    if sum(each.size for each in attached) > shelf.largest:
        most = f"{shelf.largest / _MEGABYTE:g} MB"
        raise invalid("attachments", f"Together with those of earlier turns there may be {most} at most.")
    return await contents_of(shelf, attached)


async def contents_of(shelf: Shelf, attached: Iterable[Attachment]) -> Contents:
    wanted = {each.id for each in attached}
    if not wanted:
        return NOTHING
    async with shelf.database.reading() as db:
        stored = await repository.find(db, wanted)
    read = {digest: await shelf.blobs.get(digest) for digest in {each.digest for each in stored.values()}}
    return {key: _part(each.about, read[each.digest]) for key, each in stored.items()}


def asking(prompt: str, attached: Sequence[Attachment], contents: Contents) -> Message:
    """Pictures and files first, as vendors advise; then one text, which is all that many servers know."""
    parts = [contents[each.id] for each in attached if each.media_type != TEXT]
    return Message("user", (*parts, TextPart(words_of(prompt, attached, contents))))


def words_of(prompt: str, attached: Iterable[Attachment], contents: Contents) -> str:
    """With the texts that are attached."""
    parts = [contents[each.id] for each in attached if each.media_type == TEXT]
    return "\n\n".join((*(part.text for part in parts if isinstance(part, TextPart)), prompt))


async def is_seen(caller: Caller, db: AsyncSession, attachment_id: UUID) -> bool:
    """In a comparison that the caller may see."""
    there = await repository.comparisons_with(db, attachment_id)
    seen = select(ComparisonRow.id).where(ComparisonRow.id.in_(there), visible_to(caller)).limit(1)
    comparison_id = await db.scalar(seen)
    if comparison_id is None:
        return False
    try:
        await access_to(db, caller, comparison_id)
    except NotFound:
        return False
    return True


def _part(about: Attachment, data: bytes) -> Part:
    if about.media_type == TEXT:
        return TextPart(_fenced(about.name, data.decode()))
    if about.media_type == PDF:
        return FilePart(about.name, PDF, data)
    return ImagePart(about.media_type, data)


def _fenced(name: str, text: str) -> str:
    """In a fence longer than any in it."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{name}:\n{fence}\n{text}\n{fence}"
