"""Attachments over HTTP: taken in as the bytes that they are, and given back as nothing that could run."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.accounts.guards import needs
from backend.attachments import actions, repository
from backend.attachments.kinds import PDF, TEXT, parts_of_name
from backend.attachments.repository import Stored
from backend.attachments.schemas import Attachment
from backend.attachments.shelf import Shelf
from backend.kit.errors import AppError, NotFound
from backend.kit.http.file_names import content_disposition
from backend.kit.http.openapi import also_answers, takes_bytes

AnyRequest = Request[Any, Any, Any]
SeenElsewhere: TypeAlias = Callable[[AsyncSession, UUID], Awaitable[bool]]
"""Whether whoever asks sees a comparison that has it."""

_TAGS: Final = ["attachments"]
_ONE: Final = "/api/attachments/{attachment_id:uuid}"
_BYTES: Final = ResponseSpec(bytes, description="The file.", media_type="image/png", generate_examples=False)
_KEPT_ELSEWHERE: Final = "multipart/form-data"


@post("/api/attachments", tags=_TAGS, opt={**needs("comparisons.run"), **takes_bytes()})
async def add_attachment(
    request: AnyRequest,
    name: Annotated[str, QueryParameter(max_length=1000)],
    shelf: NamedDependency[Shelf],
    caller: NamedDependency[Caller],
) -> Attachment:
    """Take in a file to go along with a prompt: the body is the file itself."""
    if request.headers.get("content-type", "").lower().startswith(_KEPT_ELSEWHERE):
        message = "Send the file itself as the body, not a form with the file in it."
        raise AppError(message, status=415, code="unsupported_media_type")
    return await actions.add(shelf, caller, name, await request.body())


@get(
    _ONE,
    tags=_TAGS,
    opt={**needs("comparisons.read"), **also_answers("image/jpeg", "image/gif", "image/webp", PDF, TEXT)},
    responses={200: _BYTES},
)
async def get_attachment(
    request: AnyRequest,
    attachment_id: FromPath[UUID],
    shelf: NamedDependency[Shelf],
    caller: NamedDependency[Caller],
    seen_elsewhere: NamedDependency[SeenElsewhere],
) -> Response[Any]:
    """The file itself, for its owner and for whoever sees a comparison that has it."""
    async with shelf.database.reading() as db:
        stored = (await repository.find(db, [attachment_id])).get(attachment_id)
        if stored is None:
            raise NotFound
        if stored.owner_id != caller.user_id and not await seen_elsewhere(db, attachment_id):
            raise NotFound
    headers = _headers(stored)
    if headers["etag"] in _tags_of(request):
        return Response(None, status_code=304, headers=headers)
    data = await shelf.blobs.get(stored.digest)
    return Response(data, media_type=stored.about.media_type, headers=headers)


@delete(_ONE, tags=_TAGS, opt=needs("comparisons.run"))
async def remove_attachment(
    attachment_id: FromPath[UUID], shelf: NamedDependency[Shelf], caller: NamedDependency[Caller]
) -> None:
    """Remove a file that is in no comparison."""
    await actions.remove(shelf, caller, attachment_id)


def _headers(stored: Stored) -> dict[str, str]:
    """Only what a browser shows without running anything in it is shown in place."""
    shown = stored.about.media_type not in {PDF, TEXT}
    stem, extension = parts_of_name(stored.about.name)
    kind = content_disposition(stem, extension, kind="inline" if shown else "attachment", nameless="file")
    return {
        "etag": f'"{stored.digest}"',
        "cache-control": "private, max-age=31536000, immutable",
        "content-disposition": kind,
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
    }


def _tags_of(request: AnyRequest) -> set[str]:
    given = request.headers.get("if-none-match", "").split(",")
    return {each.strip().removeprefix("W/") for each in given}


HANDLERS = (add_attachment, get_attachment, remove_attachment)
