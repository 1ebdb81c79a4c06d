"""Comparisons for scripts: asked once, answered when all have answered, or read as it happens.

Next: backend/comparisons/creation.py
"""

from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from litestar.response import Stream

from backend.accounts.callers import Caller
from backend.accounts.door import AnyRequest
from backend.accounts.guards import needs
from backend.comparisons import access, creation, repository
from backend.comparisons.following import Place, Reader, Welcome, events_of
from backend.comparisons.readers import Readers
from backend.comparisons.schemas import ComparisonAnswer, CreateComparison
from backend.comparisons.studio import Studio
from backend.comparisons.turn_limit import count_turn
from backend.kit.errors import NotFound
from backend.kit.http.openapi import also_answers
from backend.rooms.identity import Identity
from backend.rooms.snapshot import Position

_TAGS = ["comparisons"]
_EVENTS = "text/event-stream"
_ANSWER = ResponseSpec(ComparisonAnswer, description="When all have answered.", generate_examples=False)
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


@post(
    "/api/comparisons/run",
    tags=_TAGS,
    opt={**needs("comparisons.run"), **also_answers(_EVENTS)},
    status_code=200,
    responses={200: _ANSWER},
)
async def run_comparison(
    request: AnyRequest,
    data: JSONBody[CreateComparison],
    caller: NamedDependency[Caller],
    studio: NamedDependency[Studio],
    readers: NamedDependency[Readers],
) -> Response[Any]:
    """Ask, and wait for all answers; with `Accept: text/event-stream` read them as they come."""
    streams = _EVENTS in request.headers.get("accept", "")
    if streams and (last := request.headers.get("last-event-id")):
        place = Place.parse(last)
        reader = await _reader(studio, readers, caller, place.session_id, place.position, to_the_end=True)
        return _stream(studio, place.session_id, reader)
    await count_turn(request, caller, studio)
    comparison, before = await creation.create_and_start(studio, caller, data)
    comparison_id = comparison.session_id
    if streams:
        reader = Reader(
            access="owner",
            since=before,
            to_the_end=True,
            welcome=_welcome(readers, caller, comparison_id),
            beginning=comparison,
        )
        return _stream(studio, comparison_id, reader)
    await studio.conductor.over(comparison_id)
    async with studio.database.reading() as db:
        done = await repository.load(db, comparison_id)
    return Response(ComparisonAnswer(**msgspec.structs.asdict(done), access="owner"))


@get(
    "/api/comparisons/{comparison_id:uuid}/events",
    tags=_TAGS,
    media_type="text/event-stream",
    opt=needs("comparisons.read"),
)
async def follow_comparison(
    request: AnyRequest,
    comparison_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    studio: NamedDependency[Studio],
    readers: NamedDependency[Readers],
) -> Response[Any]:
    """The events of a comparison as they happen, for who cannot open a socket; `Last-Event-ID` resumes."""
    last = request.headers.get("last-event-id")
    place = Place.parse(last) if last else None
    if place is not None and place.session_id != comparison_id:
        raise NotFound
    since = place.position if place else None
    reader = await _reader(studio, readers, caller, comparison_id, since, to_the_end=False)
    return _stream(studio, comparison_id, reader)


def _stream(studio: Studio, comparison_id: UUID, reader: Reader) -> Response[Any]:
    return Stream(events_of(studio.hub, comparison_id, reader), media_type=_EVENTS, headers=_HEADERS)


async def _reader(
    studio: Studio,
    readers: Readers,
    caller: Caller,
    comparison_id: UUID,
    since: Position | None,
    *,
    to_the_end: bool,
) -> Reader:
    async with studio.database.reading() as db:
        its_access = await access.access_to(db, caller, comparison_id)
    return Reader(its_access, since, to_the_end, _welcome(readers, caller, comparison_id))


def _welcome(readers: Readers, caller: Caller, comparison_id: UUID) -> Welcome:
    return partial(readers.may_stay, Identity(caller, caller.user_id, ""), comparison_id)


HANDLERS = (run_comparison, follow_comparison)
