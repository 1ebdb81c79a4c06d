"""The ledger: entries are appended and never changed; counters and reservations follow at once."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from backend.kit.among import among
from backend.kit.upsert import dialect_of, insert_on
from backend.providers.usage import BUCKETS
from backend.usage import counters
from backend.usage.counting import Counting
from backend.usage.entry import Entry
from backend.usage.tables import LEDGER, RESERVATIONS

_GIVING_BACK: Final = delete(RESERVATIONS).where(among(RESERVATIONS.c.response_id, "ended"))


async def append(db: AsyncSession, entries: Sequence[Entry]) -> None:
    """A handful of statements, however many entries. What is there already is left as it is."""
    if not entries:
        return
    once = {entry.id: entry for entry in entries}
    fresh = _appending(dialect_of(db))
    added = {key for (key,) in await db.execute(fresh, [row_of(entry) for entry in once.values()])}
    await counters.add(db, Counting().add(entry for entry in once.values() if entry.id in added))
    ended = [entry.response_id for entry in once.values() if entry.response_id is not None]
    if ended:
        await db.execute(_GIVING_BACK, {"ended": ended})


@cache
def _appending(dialect: str) -> Any:
    return insert_on(dialect, LEDGER).on_conflict_do_nothing(index_elements=["id"]).returning(LEDGER.c.id)


def row_of(entry: Entry) -> dict[str, Any]:
    price = entry.price
    return {
        "id": entry.id,
        "at": entry.at,
        "user_id": entry.user_id,
        "api_key_id": entry.api_key_id,
        "comparison_id": entry.comparison_id,
        "response_id": entry.response_id,
        "model_id": entry.model_id,
        "provider": entry.provider,
        "outcome": entry.outcome,
        "error_kind": entry.error_kind,
        **{bucket: getattr(entry.usage, bucket) for bucket in BUCKETS},
        "tokens_origin": entry.usage.origin,
        "cost": entry.amount,
        "cost_origin": entry.cost.origin,
        "currency": price.currency if price else "USD",
        "price": msgspec.to_builtins(price) if price else None,
        "price_source": price.source if price else None,
        "queue_ms": entry.timing.queue,
        "connect_ms": entry.timing.connect,
        "first_token_ms": entry.timing.first_token,
        "first_answer_ms": entry.timing.first_answer,
        "total_ms": entry.timing.total,
        "tokens_per_second": entry.tokens_per_second,
    }
