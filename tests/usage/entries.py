"""Entries of the ledger: one quickly, and any at all."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from backend.catalogue.prices import Cost
from backend.kit.ids import new_id
from backend.providers.usage import BUCKETS, Usage
from backend.usage.entry import Entry, Timing

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ADA, BOB = UUID(int=0xADA), UUID(int=0xB0B)


def entry(dollars: str | None = "0.01", **changed: Any) -> Entry:
    given: dict[str, Any] = {
        "id": new_id(),
        "at": NOON,
        "user_id": ADA,
        "model_id": "openai/gpt-5",
        "provider": "openai",
        "outcome": "completed",
        "usage": Usage(input=100, output=50),
        "cost": Cost(None, "unknown") if dollars is None else Cost(Decimal(dollars), "computed"),
    }
    return Entry(**(given | changed))


_TOKENS = st.just(0) | st.integers(0, 10**6)
_MILLISECONDS = st.floats(0, 10**6) | st.none()
_PEOPLE = st.sampled_from([ADA, BOB])
# Mostly so near to each other that they fall into the same day or month.
_HOURS = st.integers(0, 3 * 24) | st.integers(0, 70 * 24)
_MOMENTS = _HOURS.map(lambda hours: datetime(2026, 10, 30, tzinfo=UTC) + timedelta(hours=hours))


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    amount = draw(st.none() | st.decimals(0, 10, places=14))
    provider = draw(st.sampled_from(["openai", "groq"]))
    tokens = {bucket: draw(_TOKENS) for bucket in BUCKETS}
    if draw(st.booleans()):
        tokens["cache_read"] = 0
    return Entry(
        id=draw(st.integers(1, 30).map(lambda number: UUID(int=number))),
        at=draw(_MOMENTS),
        user_id=draw(_PEOPLE),
        comparison_id=draw(st.none() | st.integers(1, 3).map(lambda number: UUID(int=number))),
        model_id=f"{provider}/model",
        provider=provider,
        outcome=draw(st.sampled_from(["completed", "error", "cancelled", "interrupted"])),
        usage=Usage(origin=draw(st.sampled_from(["reported", "estimated", "unknown"])), **tokens),
        cost=Cost(amount, "unknown" if amount is None else "computed"),
        timing=Timing(queue=draw(_MILLISECONDS), first_token=draw(_MILLISECONDS), total=draw(_MILLISECONDS)),
        tokens_per_second=draw(_MILLISECONDS),
    )
