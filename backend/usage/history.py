"""How long a user's own answers were, by model: what the next one will probably be like."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.kit import clock
from backend.usage.histograms import Histogram, counts_of, quantile
from backend.usage.latency import latency
from backend.usage.periods import Span, day_of, next_start, start_of

_LOOKS_BACK: Final = timedelta(days=365)


class OutputTokens(NamedTuple):
    p50: int
    p90: int
    answers: int


async def output_tokens(
    db: AsyncSession, user_id: UUID, model_ids: Collection[str]
) -> Mapping[str, OutputTokens]:
    """Of the completed answers of about a year, to 2.5 %. A model that never answered them is not in it."""
    today = day_of(clock.now())
    last = next_start("month", start_of("month", today)) - timedelta(days=1)
    span = Span(start_of("month", today - _LOOKS_BACK), last)  # whole months, which are few rows
    by_model: dict[str, Histogram] = {}
    for model in await latency(db, user_id, span, model_ids):
        by_model[model.model_id] = by_model.get(model.model_id, 0) + model.histograms.get("output", 0)
    return {model_id: _lengths(counts_of(histogram)) for model_id, histogram in by_model.items() if histogram}


def _lengths(counts: Mapping[int, int]) -> OutputTokens:
    p50, p90 = (round(quantile(counts, share) or 0) for share in (0.5, 0.9))
    return OutputTokens(p50, p90, sum(counts.values()))
