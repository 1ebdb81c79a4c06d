"""Comparisons over HTTP: made, looked at, changed, run, stopped. What happens in them comes as events.

Next: backend/comparisons/creation.py
"""

from typing import Any
from uuid import UUID

import msgspec
from litestar import get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.accounts.callers import Caller
from backend.accounts.door import AnyRequest
from backend.accounts.guards import needs
from backend.comparisons import access, actions, creation, repository, starting
from backend.comparisons.schemas import (
    ChangeComparison,
    ChooseResponse,
    ComparisonAnswer,
    CreateComparison,
    CreatedComparison,
    SentPrompt,
    StartedTurn,
    StartTurn,
    Stopped,
)
from backend.comparisons.sent import sent
from backend.comparisons.studio import Studio
from backend.comparisons.turn_limit import count_turn
from backend.rooms.snapshot import Comparison

_TAGS = ["comparisons"]


async def _create(
    request: AnyRequest,
    data: JSONBody[CreateComparison],
    caller: NamedDependency[Caller],
    studio: NamedDependency[Studio],
) -> CreatedComparison:
    """Put one prompt before several models. It waits for its start, unless you say `start`."""
    if data.start:
        await count_turn(request, caller, studio)
        comparison, _ = await creation.create_and_start(studio, caller, data)
    else:
        comparison = await creation.create(studio, caller, data)
    return CreatedComparison(
        session_id=comparison.session_id,
        prompt=comparison.prompt,
        models=comparison.models,
        lanes=comparison.lanes,
        status="in_progress" if data.start else "pending",
        turn_id=comparison.turns[0].id,
    )


async def _look(
    comparison_id: FromPath[UUID], caller: NamedDependency[Caller], studio: NamedDependency[Studio]
) -> ComparisonAnswer:
    """A comparison as it stands, running answers included."""
    async with studio.database.reading() as db:
        level = await access.access_to(db, caller, comparison_id)
        room = studio.hub.find(comparison_id)
        if room is None:
            return ComparisonAnswer(**_fields(await repository.load(db, comparison_id)), access=level)
    return ComparisonAnswer(**_fields(room.snapshot()), access=level, room=room.position)


@patch("/api/comparisons/{comparison_id:uuid}", tags=_TAGS, opt=needs("comparisons.run"))
async def change_comparison(
    comparison_id: FromPath[UUID],
    data: JSONBody[ChangeComparison],
    caller: NamedDependency[Caller],
    studio: NamedDependency[Studio],
) -> Comparison:
    """Change the title, the tags, the history mode or the lanes."""
    return await actions.change(studio, caller, comparison_id, data)


@post(
    "/api/comparisons/{comparison_id:uuid}/start", tags=_TAGS, opt=needs("comparisons.run"), status_code=202
)
async def start_comparison(
    request: AnyRequest,
    comparison_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    studio: NamedDependency[Studio],
) -> StartedTurn:
    """Start the prompt that waits. What runs already is told and left to run."""
    await count_turn(request, caller, studio)
    return await starting.start(studio, caller, comparison_id)


@post(
    "/api/comparisons/{comparison_id:uuid}/turns", tags=_TAGS, opt=needs("comparisons.run"), status_code=202
)
async def start_turn(
    request: AnyRequest,
    comparison_id: FromPath[UUID],
    data: JSONBody[StartTurn],
    caller: NamedDependency[Caller],
    studio: NamedDependency[Studio],
) -> StartedTurn:
    """Send the next prompt to all lanes or to some."""
    await count_turn(request, caller, studio)
    return await starting.start(studio, caller, comparison_id, data.prompt, data.lane_ids, data.attachments)


@post(
    "/api/comparisons/{comparison_id:uuid}/turns/{turn_id:uuid}/choose",
    tags=_TAGS,
    opt=needs("comparisons.run"),
    status_code=204,
)
async def choose_response(
    comparison_id: FromPath[UUID],
    turn_id: FromPath[UUID],
    data: JSONBody[ChooseResponse],
    caller: NamedDependency[Caller],
    studio: NamedDependency[Studio],
) -> None:
    """Choose the answer that all lanes go on from, in the shared history mode."""
    await actions.choose(studio, caller, comparison_id, turn_id, data.response_id)


@post("/api/comparisons/{comparison_id:uuid}/stop", tags=_TAGS, opt=needs("comparisons.run"), status_code=202)
async def stop_comparison(
    comparison_id: FromPath[UUID], caller: NamedDependency[Caller], studio: NamedDependency[Studio]
) -> Stopped:
    """Stop everything that runs in a comparison. What has come is kept, and paid."""
    return Stopped(response_ids=await actions.stop_comparison(studio, caller, comparison_id))


_RESPONSE = "/api/comparisons/{comparison_id:uuid}/responses/{response_id:uuid}"


@post(f"{_RESPONSE}/regenerate", tags=_TAGS, opt=needs("comparisons.run"), status_code=202)
async def regenerate_response(
    request: AnyRequest,
    comparison_id: FromPath[UUID],
    response_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    studio: NamedDependency[Studio],
) -> StartedTurn:
    """Let one lane answer once more. Earlier attempts stay."""
    await count_turn(request, caller, studio)
    return await starting.regenerate(studio, caller, response_id, within=comparison_id)


@post(f"{_RESPONSE}/stop", tags=_TAGS, opt=needs("comparisons.run"), status_code=202)
async def stop_response(
    comparison_id: FromPath[UUID],
    response_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    studio: NamedDependency[Studio],
) -> Stopped:
    """Stop one answer. What has come is kept, and paid."""
    stopped = await actions.stop_response(studio, caller, response_id, within=comparison_id)
    return Stopped(response_ids=stopped)


@get(f"{_RESPONSE}/sent", tags=_TAGS, opt=needs("comparisons.read"))
async def sent_prompt(
    comparison_id: FromPath[UUID],
    response_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    studio: NamedDependency[Studio],
) -> SentPrompt:
    """Read back exactly what a model was sent for an answer."""
    return await sent(studio, caller, response_id, within=comparison_id)


def _fields(comparison: Comparison) -> dict[str, Any]:
    return msgspec.structs.asdict(comparison)


# The second addresses are those that older clients know.
HANDLERS = (
    *(
        post(path, tags=_TAGS, opt=needs("comparisons.run"), operation_id=operation)(_create)
        for path, operation in (("/api/comparisons", "createComparison"), ("/comparison", "createSession"))
    ),
    *(
        get(path, tags=_TAGS, opt=needs("comparisons.read"), operation_id=operation)(_look)
        for path, operation in (
            ("/api/comparisons/{comparison_id:uuid}", "getComparison"),
            ("/comparison/{comparison_id:uuid}", "getSession"),
        )
    ),
    change_comparison,
    start_comparison,
    start_turn,
    choose_response,
    stop_comparison,
    regenerate_response,
    stop_response,
    sent_prompt,
)
