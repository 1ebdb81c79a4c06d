"""Entries of the ledger added up, as the counters have them. Pure: knows no database."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple, Self
from uuid import UUID

from backend.usage.entry import EVERYONE, Entry
from backend.usage.histograms import Histogram, Series, bucket_of, one_in
from backend.usage.periods import GRAINS, Grain, day_of, start_of


class PayerKey(NamedTuple):
    payer_id: UUID
    grain: Grain
    start: date


class ModelKey(NamedTuple):
    payer_id: UUID
    grain: Grain
    start: date
    model_id: str
    provider: str


class ComparisonKey(NamedTuple):
    comparison_id: UUID
    user_id: UUID
    grain: Grain
    start: date


@dataclass(slots=True)
class Sums:
    requests: int = 0
    completed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal = Decimal(0)
    """Of what is known."""
    unknown_costs: int = 0

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    @classmethod
    def of(cls, entry: Entry) -> Self:
        amount = entry.amount
        return cls(
            requests=1,
            completed=int(entry.outcome == "completed"),
            input_tokens=entry.usage.input_total,
            output_tokens=entry.usage.output_total,
            cost=Decimal(0) if amount is None else amount,
            unknown_costs=int(amount is None),
        )

    def add(self, other: "Sums") -> None:
        self.requests += other.requests
        self.completed += other.completed
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.cost += other.cost
        self.unknown_costs += other.unknown_costs


@dataclass(slots=True)
class ModelSums:
    sums: Sums = field(default_factory=Sums)
    histograms: dict[Series, Histogram] = field(default_factory=dict)


@dataclass(slots=True)
class Counting:
    payers: dict[PayerKey, Sums] = field(default_factory=lambda: defaultdict(Sums))
    models: dict[ModelKey, ModelSums] = field(default_factory=lambda: defaultdict(ModelSums))
    comparisons: dict[ComparisonKey, Sums] = field(default_factory=lambda: defaultdict(Sums))

    def add(self, entries: Iterable[Entry]) -> Self:
        for entry in entries:
            sums = Sums.of(entry)
            ones = [(series, one_in(bucket_of(value))) for series, value in figures_of(entry).items()]
            day = day_of(entry.at)
            for grain in GRAINS:
                start = start_of(grain, day)
                for payer in (entry.user_id, EVERYONE):
                    self.payers[PayerKey(payer, grain, start)].add(sums)
                    model = self.models[ModelKey(payer, grain, start, entry.model_id, entry.provider)]
                    model.sums.add(sums)
                    for series, one in ones:
                        model.histograms[series] = model.histograms.get(series, 0) + one
                if entry.comparison_id is not None:
                    key = ComparisonKey(entry.comparison_id, entry.user_id, grain, start)
                    self.comparisons[key].add(sums)
        return self


def figures_of(entry: Entry) -> Mapping[Series, float]:
    """What goes into which distribution. A call that did not end well does not say how long one takes."""
    return {series: value for series, value in _figures(entry) if value is not None}


def _figures(entry: Entry) -> Iterator[tuple[Series, float | None]]:
    yield "queue", entry.timing.queue
    yield "cached_first_token" if entry.cached else "first_token", entry.timing.first_token
    if entry.outcome == "completed":
        yield "cached_total" if entry.cached else "total", entry.timing.total
        yield "cached_speed" if entry.cached else "speed", entry.tokens_per_second
        yield "output", entry.usage.output_total if entry.usage.origin != "unknown" else None
