"""What a process that died left behind: unfinished responses end as interrupted, with what was on the disk.

One process conducts the turns of a database, so whatever is unfinished at its start has nobody any more.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.attachments.shelf import Shelf
from backend.catalogue.prices import Price, cost_of
from backend.catalogue.tokens import TokenCounter
from backend.comparisons import repository
from backend.comparisons.accounting import Account, exact, numbers_of
from backend.comparisons.attached import NOTHING, asking, contents_of
from backend.comparisons.batch import Batch, Ending, Payer, TurnEnd
from backend.comparisons.histories import by_ids
from backend.comparisons.lane import Closed
from backend.comparisons.parameters import parameters_of
from backend.comparisons.recording import Identity
from backend.comparisons.tables import ChunkRow, ResponseRow, TurnRow
from backend.comparisons.timeline import Timeline
from backend.comparisons.writing import write
from backend.kit import clock
from backend.kit.blobs import ContentLost
from backend.kit.db import Database
from backend.providers.capabilities import Capabilities
from backend.providers.chat import Call, Message
from backend.providers.endpoints import Endpoint
from backend.providers.target import Target
from backend.rooms.snapshot import LaneParameters, Metrics, Retry, Turn

log = structlog.get_logger()

_CLOSED = Closed("interrupted", "restart", "The server ended in mid-answer.")


async def recover(database: Database, shelf: Shelf, tokens: TokenCounter) -> int:
    """How many responses were found unfinished."""
    async with database.reading() as db:
        left = await _left_behind(db)
        texts = await _texts(db, [row.id for row in left])
        turns = {row.comparison_id: await repository.turns_of(db, row.comparison_id) for row in left}
    batch = Batch()
    for row in left:
        text, reasoning = texts[row.id]
        turn = next(turn for turn in turns[row.comparison_id] if turn.id == row.turn_id)
        call = Call(
            model=row.model_id.partition("/")[2],
            messages=await _messages(shelf, turns[row.comparison_id], turn, row.history),
            system=row.system_prompt,
            parameters=parameters_of(msgspec.convert(row.parameters, LaneParameters)),
        )
        batch.endings.append(await _ending(row, call, text, reasoning, tokens))
    for comparison_id, turn_id in {(row.comparison_id, row.turn_id) for row in left}:
        batch.turn_ends.append(TurnEnd(comparison_id, turn_id, clock.now()))
    if left:
        async with database.transaction() as db:
            await write(db, batch)
        log.warning("responses.interrupted", count=len(left))
    return len(left)


async def unfinished(db: AsyncSession) -> int:
    """Responses that run, or that a process left behind."""
    return len(await _left_behind(db))


async def _messages(
    shelf: Shelf, turns: Sequence[Turn], turn: Turn, response_ids: Sequence[str]
) -> tuple[Message, ...]:
    """To be counted. What is damaged on the disk is no reason not to start."""
    wanted = set(map(UUID, response_ids))
    sent = [each for each in turns if each is turn or wanted & {response.id for response in each.responses}]
    try:
        contents = await contents_of(shelf, (each for said in sent for each in said.attachments))
    except ContentLost:
        contents, turns = NOTHING, [msgspec.structs.replace(each, attachments=()) for each in turns]
        turn = msgspec.structs.replace(turn, attachments=())
    asked = asking(turn.prompt, turn.attachments, contents)
    return (*by_ids(turns, wanted, contents).messages, asked)


async def _left_behind(db: AsyncSession) -> Sequence[Any]:
    found = await db.execute(
        select(ResponseRow.__table__, TurnRow.asked_by)
        .join(TurnRow, TurnRow.id == ResponseRow.turn_id)
        .where(ResponseRow.status.in_(("pending", "streaming")), TurnRow.started_at.is_not(None))
    )
    return found.all()


async def _texts(db: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    texts: defaultdict[UUID, tuple[str, str]] = defaultdict(lambda: ("", ""))
    if ids:
        rows = await db.execute(
            select(ChunkRow.response_id, ChunkRow.text, ChunkRow.reasoning)
            .where(ChunkRow.response_id.in_(ids))
            .order_by(ChunkRow.response_id, ChunkRow.number)
        )
        for row in rows:
            text, reasoning = texts[row.response_id]
            texts[row.response_id] = (text + row.text, reasoning + row.reasoning)
    return texts


async def _ending(row: Any, call: Call, text: str, reasoning: str, tokens: TokenCounter) -> Ending:
    return Ending(
        identity=Identity(row.comparison_id, row.turn_id, row.lane_id, row.id, row.model_id),
        payer=Payer(row.asked_by or row.id),
        closed=_CLOSED,
        account=await _account(row, call, text, reasoning, tokens),
        text=text,
        reasoning=reasoning,
        timeline=Timeline().pack(),
        retries=tuple(msgspec.convert(row.retries, list[Retry])),
        ended_at=clock.now(),
    )


async def _account(row: Any, call: Call, text: str, reasoning: str, tokens: TokenCounter) -> Account:
    """What had been sent was paid for; what had not was not."""
    provider: str = row.metrics["provider"]
    name = row.model_id.removeprefix(f"{provider}/")
    if row.status == "pending":
        return Account(Metrics(provider=provider))
    target = Target(Endpoint(provider, provider), name, "chat", Capabilities())
    usage = await tokens.usage(call, target, text=text, reasoning=reasoning)
    price = None if row.price is None else msgspec.convert(row.price, Price)
    cost = exact(cost_of(usage, price))
    return Account(numbers_of(Metrics(provider=provider), usage, cost), usage, cost, price, target.id)
