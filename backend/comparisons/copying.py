"""Another comparison with the same content: a file that comes back, a branch at a turn.

The copied calls were made once and are in the ledger once, or in another installation's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from backend.attachments import repository as attachments
from backend.comparisons import lane_settings
from backend.comparisons.export.archive import Archive, ArchivedResponse, ArchivedTurn
from backend.comparisons.search import Document, remember
from backend.comparisons.tables import ComparisonRow, LaneRow, ResponseRow, TagRow, TurnRow
from backend.comparisons.timeline import pack
from backend.kit.columns import Base, Money
from backend.kit.errors import AppError, FieldProblem, Invalid, NotFound
from backend.kit.ids import new_id
from backend.rooms.snapshot import ComparisonStatus, Lane, Metrics

_SMALLEST: Final = Decimal(1).scaleb(-Money.PLACES)
_RUNNING: Final = frozenset({"pending", "streaming"})

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Copy:
    """All its rows, ready to be written."""

    id: UUID
    rows: tuple[tuple[type[Base], list[Row]], ...]
    attached: list[Row]
    documents: Sequence[Document]
    """What can be searched for."""


def copy_of(
    archive: Archive,
    owner_id: UUID,
    now: datetime,
    *,
    imported: bool = False,
    branched_from: UUID | None = None,
) -> Copy:
    """With ids of its own. Tens of milliseconds for a megabyte: not for the loop.

    What was imported shows what it cost where it was made; a branch begins at nothing, because the same
    owner sees the same calls in what it was branched from.
    """
    ids = _ids(archive)
    key = new_id()
    sums = _sums(archive) if imported else _NO_SUMS
    comparison = {
        "id": key,
        "owner_id": owner_id,
        "title": archive.title,
        "prompt": archive.turns[0].prompt,
        "history_mode": archive.history_mode,
        "status": _status(archive.turns[-1]),
        "branched_from": branched_from,
        "imported_at": now if imported else None,
        "created_at": now,
        "updated_at": now,
        "deleted_at": None,
    } | sums
    turns = [_turn(turn, key, owner_id, ids) for turn in archive.turns]
    responses = [_response(each, key, ids) for turn in archive.turns for each in turn.responses]
    lanes = [_lane(lane, position, key, now, ids) for position, lane in enumerate(archive.lanes)]
    tags = [{"comparison_id": key, "tag": tag} for tag in archive.tags]
    return Copy(
        key,
        (
            (ComparisonRow, [comparison]),
            (TagRow, tags),
            (LaneRow, lanes),
            (TurnRow, turns),
            (ResponseRow, responses),
        ),
        _uses(archive, key, ids),
        (
            Document(key, key, "title", archive.title),
            *(Document(key, row["id"], "prompt", row["prompt"]) for row in turns),
            *(Document(key, row["id"], "answer", row["text"]) for row in responses if row["text"]),
        ),
    )


def branch_of(archive: Archive, turn_id: UUID, owner_id: UUID, now: datetime) -> Copy:
    """Everything up to that turn. Raises Invalid where there is none, AppError while it is being answered."""
    numbers = [turn.number for turn in archive.turns if turn.id == turn_id]
    if not numbers:
        raise Invalid([FieldProblem("turnId", "There is no such turn in this comparison.")])
    turns = tuple(turn for turn in archive.turns if turn.number <= numbers[0])
    if any(response.status in _RUNNING for response in _responses(turns)):
        raise AppError("It is still being answered.", status=409, code="still_running")
    return copy_of(replace(archive, turns=turns), owner_id, now, branched_from=archive.session_id)


async def store_copy(db: AsyncSession, copy: Copy) -> UUID:
    for table, rows in copy.rows:
        if rows:
            await db.execute(insert(table), rows)
    await _attach(db, copy.attached)
    await remember(db, copy.documents)
    return copy.id


async def _attach(db: AsyncSession, rows: list[Row]) -> None:
    """Raises NotFound when what was copied has gone since, and what was attached with it."""
    wanted = {row["attachment_id"] for row in rows}
    if wanted != await attachments.held(db, wanted, to_remove=False):
        raise NotFound
    if rows:
        await attachments.add_uses(db, rows)


def _ids(archive: Archive) -> dict[UUID, UUID]:
    """Rising in the order of the document, which is the order in which they are read."""
    old = [lane.id for lane in archive.lanes]
    for turn in archive.turns:
        old += [turn.id, *(response.id for response in turn.responses)]
    return {each: new_id() for each in old}


def _lane(lane: Lane, position: int, comparison_id: UUID, now: datetime, ids: dict[UUID, UUID]) -> Row:
    return {
        "id": ids[lane.id],
        **lane_settings.row_of(comparison_id, position, lane),
        "removed_at": now if lane.removed else None,
    }


def _turn(turn: ArchivedTurn, comparison_id: UUID, owner_id: UUID, ids: dict[UUID, UUID]) -> Row:
    return {
        "id": ids[turn.id],
        "comparison_id": comparison_id,
        "number": turn.number,
        "prompt": turn.prompt,
        "history_mode": turn.history_mode,
        # Nobody here has paid for what was answered; what still waits will be asked by who starts it.
        "asked_by": None if turn.started else owner_id,
        "asked_by_name": turn.asked_by,
        "created_at": turn.created_at,
        "started_at": (turn.started_at or turn.created_at) if turn.started else None,
        "ended_at": turn.ended_at if turn.started else None,
        "chosen_response_id": ids[turn.chosen_response_id] if turn.chosen_response_id else None,
    }


def _response(response: ArchivedResponse, comparison_id: UUID, ids: dict[UUID, UUID]) -> Row:
    metrics = Metrics(**{name: getattr(response, name) for name in Metrics.__struct_fields__})
    return {
        "id": ids[response.id],
        "comparison_id": comparison_id,
        "turn_id": ids[response.turn_id],
        "lane_id": ids[response.lane_id],
        "attempt": response.attempt,
        "model_id": response.model_id,
        "status": response.status,
        "text": response.text,
        "reasoning": response.reasoning,
        "error_kind": response.error_kind,
        "error_message": response.error_message,
        "retry_after": response.retry_after,
        "system_prompt": response.system_prompt,
        "parameters": msgspec.to_builtins(response.parameters),
        "history": [str(ids[each]) for each in response.history if each in ids],
        "metrics": msgspec.to_builtins(metrics),
        "cost": _exact(response.cost),
        "price": None if response.price is None else msgspec.to_builtins(response.price),
        "retries": msgspec.to_builtins(response.retries),
        "timeline": pack(response.timeline) if response.timeline else None,
        "created_at": response.created_at,
        "started_at": response.started_at,
        "ended_at": response.ended_at,
    }


def _uses(archive: Archive, comparison_id: UUID, ids: dict[UUID, UUID]) -> list[Row]:
    """What is attached is not copied: the copy has it too."""
    return [
        row
        for turn in archive.turns
        for row in attachments.uses(comparison_id, ids[turn.id], [each.id for each in turn.attachments])
    ]


def _exact(cost: float | None) -> Decimal | None:
    """The digits that were written are those that were meant."""
    return None if cost is None else Decimal(repr(cost)).quantize(_SMALLEST, ROUND_HALF_EVEN)


_NO_SUMS: Final[Row] = {
    "total_tokens": 0,
    "total_cost": Decimal(0),
    "unknown_costs": 0,
    "response_count": 0,
    "completed_count": 0,
    "completed_ms": 0,
}


def _sums(archive: Archive) -> Row:
    """Counted as each end was; what a file says of them itself is not believed."""
    ended = [each for each in _responses(archive.turns) if each.status not in _RUNNING]
    completed = [each for each in ended if each.status == "completed"]
    return {
        "total_tokens": sum(each.total_tokens or 0 for each in ended),
        "total_cost": sum((_exact(each.cost) or Decimal(0) for each in ended), Decimal(0)),
        # Without a wait nobody was asked, so nothing is owed.
        "unknown_costs": sum(each.cost is None and each.queue_ms is not None for each in ended),
        "response_count": len(ended),
        "completed_count": len(completed),
        "completed_ms": sum(round(each.response_time_ms or 0) for each in completed),
    }


def _responses(turns: Iterable[ArchivedTurn]) -> Iterable[ArchivedResponse]:
    return (response for turn in turns for response in turn.responses)


def _status(last: ArchivedTurn) -> ComparisonStatus:
    if not last.started:
        return "pending"
    return "completed" if any(each.status == "completed" for each in last.responses) else "failed"
