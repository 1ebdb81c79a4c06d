"""Comparisons as files, out and in; played back; branched."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Stream

from backend.accounts.callers import Caller
from backend.accounts.guards import needs
from backend.attachments import repository as attachments
from backend.attachments.shelf import Shelf
from backend.comparisons.access import access_to
from backend.comparisons.copying import branch_of, copy_of, store_copy
from backend.comparisons.export.archive import Archive, Document, archived, read
from backend.comparisons.export.files import reader, received
from backend.comparisons.export.formats import FORMATS
from backend.comparisons.export.schemas import BranchFrom, CopiedComparison, FormatName
from backend.comparisons.importing import checked
from backend.comparisons.replay import Replay, replay_of
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.http.file_names import content_disposition
from backend.kit.http.openapi import also_answers

_TAGS: Final = ["comparisons"]
_ONE: Final = "/api/comparisons/{comparison_id:uuid}"
_FILE: Final = ResponseSpec(
    Document, description="As JSON; the other formats are texts.", generate_examples=False
)


@get(
    f"{_ONE}/export",
    tags=_TAGS,
    opt={**needs("comparisons.read"), **also_answers("text/markdown", "text/csv", "text/html")},
    responses={200: _FILE},
)
async def export_comparison(
    comparison_id: FromPath[UUID],
    shelf: NamedDependency[Shelf],
    caller: NamedDependency[Caller],
    file_format: Annotated[FormatName, QueryParameter(name="format")] = "json",
) -> Stream:
    """Download all lanes, turns, attempts and numbers as one file."""
    archive = await _archive(shelf.database, caller, comparison_id)
    wanted = FORMATS[file_format]
    read = reader(archive, shelf.blobs)
    return Stream(
        _off_the_loop(wanted.write(archive, clock.now(), read)),
        media_type=wanted.media_type,
        headers={
            "content-disposition": content_disposition(archive.title, wanted.extension),
            "x-content-type-options": "nosniff",
        },
    )


@get(f"{_ONE}/replay", tags=_TAGS, opt=needs("comparisons.read"))
async def replay_comparison(
    comparison_id: FromPath[UUID], database: NamedDependency[Database], caller: NamedDependency[Caller]
) -> Replay:
    """When each answer began, grew and ended, to play a comparison back as it happened."""
    return replay_of(await _archive(database, caller, comparison_id))


@post("/api/comparisons/import", tags=_TAGS, opt=needs("comparisons.run"))
async def import_comparison(
    data: JSONBody[Document], shelf: NamedDependency[Shelf], caller: NamedDependency[Caller]
) -> CopiedComparison:
    """Take an exported JSON file in as a comparison of yours. Nothing is asked and nothing spent."""
    archive = await asyncio.to_thread(checked, data)
    came = await asyncio.to_thread(received, archive, data.files, caller.user_id, shelf.largest)
    copy = await asyncio.to_thread(copy_of, came.archive, caller.user_id, clock.now(), imported=True)
    async with shelf.holding(came.contents) as db:
        await attachments.add(db, came.attachments, clock.now())
        return CopiedComparison(session_id=await store_copy(db, copy), title=archive.title)


@post(f"{_ONE}/branch", tags=_TAGS, opt=needs("comparisons.run"))
async def branch_comparison(
    comparison_id: FromPath[UUID],
    data: JSONBody[BranchFrom],
    database: NamedDependency[Database],
    caller: NamedDependency[Caller],
) -> CopiedComparison:
    """Copy a comparison up to a turn, to go on from there another way. The copy is yours."""
    archive = await _archive(database, caller, comparison_id)
    copy = await asyncio.to_thread(branch_of, archive, data.turn_id, caller.user_id, clock.now())
    async with database.transaction() as db:
        return CopiedComparison(session_id=await store_copy(db, copy), title=archive.title)


async def _archive(database: Database, caller: Caller, comparison_id: UUID) -> Archive:
    async with database.reading() as db:
        await access_to(db, caller, comparison_id)
        kept = await read(db, comparison_id)
    return await asyncio.to_thread(archived, kept)


async def _off_the_loop(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """A large page is written while others stream."""
    while piece := await asyncio.to_thread(next, pieces, b""):
        yield piece


HANDLERS = (export_comparison, replay_comparison, import_comparison, branch_comparison)
