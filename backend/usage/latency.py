"""How long models took: the counted distributions of a span, added up."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.usage import repository
from backend.usage.histograms import Histogram, Series, add_packed
from backend.usage.periods import Span


@dataclass(slots=True)
class ModelTimes:
    model_id: str
    provider: str
    requests: int = 0
    completed: int = 0
    histograms: dict[Series, Histogram] = field(default_factory=dict)


async def latency(
    db: AsyncSession, payer: UUID, span: Span, model_ids: Collection[str] | None = None
) -> Sequence[ModelTimes]:
    """By model, the most asked first."""
    models: dict[tuple[str, str], ModelTimes] = {}
    for part in await repository.times(db, payer, span, model_ids):
        key = (part.model_id, part.provider)
        model = models.setdefault(key, ModelTimes(*key))
        model.requests += part.sign * part.requests
        model.completed += part.sign * part.completed
        add_packed(model.histograms, [part.histograms], part.sign)
    asked = [model for model in models.values() if model.requests]
    return sorted(asked, key=lambda model: (-model.requests, model.model_id, model.provider))
