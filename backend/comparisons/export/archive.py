"""A comparison with everything that is kept of it, also what its room never sees; as JSON it is a file.

Knows no other format.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar
from uuid import UUID

import msgspec
import structlog
from msgspec import Meta, Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.attachments import repository as attachments
from backend.attachments.repository import Stored
from backend.attachments.schemas import Attachment
from backend.catalogue.prices import Price
from backend.comparisons import repository
from backend.comparisons.tables import ChunkRow, ResponseRow, TurnRow
from backend.comparisons.timeline import LARGEST, UnreadableTimelineError, unpack
from backend.kit.wire import Answer
from backend.rooms.snapshot import Comparison, LaneParameters, Response, Turn

log = structlog.get_logger()

FORMAT: Final = "bakeoff-comparison"
VERSION: Final = 1

Count: TypeAlias = Annotated[int, Meta(ge=0, le=LARGEST)]
Timeline: TypeAlias = tuple[tuple[Count, Count, Count], ...]
"""Milliseconds since the response began; UTF-16 units that were there of the answer, and of the reasoning."""

S = TypeVar("S", bound=Struct)


class ArchivedResponse(Response, frozen=True, kw_only=True):
    system_prompt: str = ""
    """As it was sent; the lane may have another by now."""
    parameters: LaneParameters = LaneParameters()
    history: tuple[UUID, ...] = ()
    """The responses that went before it when it was asked for."""
    price: Price | None = None
    """By which it was charged."""
    timeline: Timeline = ()


class ArchivedAttachment(Attachment, frozen=True, kw_only=True):
    digest: str
    """SHA-256, by which `files` has its content."""


class ArchivedTurn(Turn, frozen=True, kw_only=True):
    attachments: tuple[ArchivedAttachment, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    responses: tuple[ArchivedResponse, ...] = ()


class Archive(Comparison, frozen=True, kw_only=True):
    turns: tuple[ArchivedTurn, ...] = ()


class Document(Answer, frozen=True, kw_only=True):
    """The JSON file. A version may get more fields; one that means something else makes the next version."""

    format: Literal["bakeoff-comparison"]
    version: Literal[1]
    exported_at: datetime
    comparison: Archive
    files: dict[str, bytes] = msgspec.field(default_factory=dict)
    """What is attached, by its SHA-256; the last that is written."""


@dataclass(frozen=True, slots=True)
class Kept:
    """As it came from the database; made an archive outside of any transaction."""

    comparison: Comparison
    turns: Mapping[UUID, Any]
    responses: Mapping[UUID, Any]
    chunks: Mapping[UUID, tuple[str, str]]
    attached: Mapping[UUID, Sequence[Stored]]


async def read(db: AsyncSession, comparison_id: UUID) -> Kept:
    """Raises NotFound for what is not there; who may see it is settled before."""
    comparison = await repository.load(db, comparison_id)
    turns = await db.execute(
        select(TurnRow.id, TurnRow.started_at, TurnRow.ended_at).where(TurnRow.comparison_id == comparison_id)
    )
    responses = await db.execute(
        select(
            ResponseRow.id,
            ResponseRow.system_prompt,
            ResponseRow.parameters,
            ResponseRow.history,
            ResponseRow.price,
            ResponseRow.timeline,
        ).where(ResponseRow.comparison_id == comparison_id)
    )
    return Kept(
        comparison=comparison,
        turns={row.id: row for row in turns},
        responses={row.id: row for row in responses},
        chunks=await _chunks(db, comparison_id),
        attached=await attachments.of_turns(db, comparison_id),
    )


async def _chunks(db: AsyncSession, comparison_id: UUID) -> dict[UUID, tuple[str, str]]:
    """What there is of responses that are still being given."""
    rows = await db.execute(
        select(ChunkRow.response_id, ChunkRow.text, ChunkRow.reasoning)
        .join(ResponseRow, ResponseRow.id == ChunkRow.response_id)
        .where(ResponseRow.comparison_id == comparison_id)
        .order_by(ChunkRow.response_id, ChunkRow.number)
    )
    parts: dict[UUID, list[tuple[str, str]]] = {}
    for response_id, text, reasoning in rows:
        parts.setdefault(response_id, []).append((text, reasoning))
    return {
        key: ("".join(text for text, _ in pairs), "".join(reasoning for _, reasoning in pairs))
        for key, pairs in parts.items()
    }


def archived(kept: Kept) -> Archive:
    """Tens of milliseconds for a megabyte: not for the loop."""
    turns = (
        _more(
            ArchivedTurn,
            turn,
            started_at=kept.turns[turn.id].started_at,
            ended_at=kept.turns[turn.id].ended_at,
            attachments=tuple(
                _more(ArchivedAttachment, each.about, digest=each.digest)
                for each in kept.attached.get(turn.id, ())
            ),
            responses=tuple(_responses(kept, turn.responses)),
        )
        for turn in kept.comparison.turns
    )
    return _more(Archive, kept.comparison, turns=tuple(turns))


def _responses(kept: Kept, responses: Iterable[Response]) -> Iterable[ArchivedResponse]:
    for response in responses:
        row = kept.responses[response.id]
        text, reasoning = kept.chunks.get(response.id, (response.text, response.reasoning))
        yield _more(
            ArchivedResponse,
            response,
            text=text,
            reasoning=reasoning,
            system_prompt=row.system_prompt,
            parameters=msgspec.convert(row.parameters, LaneParameters),
            history=msgspec.convert(row.history, tuple[UUID, ...]),
            price=msgspec.convert(row.price, Price | None),
            timeline=_timeline(response.id, row.timeline),
        )


def _timeline(response_id: UUID, packed: bytes | None) -> Timeline:
    try:
        return tuple(unpack(packed)) if packed else ()
    except UnreadableTimelineError as error:  # the answer is worth more than how it came about
        log.warning("timeline.unreadable", response=str(response_id), reason=str(error))
        return ()


def _more(kind: type[S], known: Struct, **values: object) -> S:
    """The same with the fields that `kind` adds."""
    return kind(**(msgspec.structs.asdict(known) | values))


def document(archive: Archive, at: datetime) -> bytes:
    return msgspec.json.encode(Document(format=FORMAT, version=VERSION, exported_at=at, comparison=archive))
