"""The price list of the genai-prices package as values of our own; the only module that knows the package.

Loading takes half a second and 36 MB, so it is imported when the list is needed. It never asks the network.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from typing import Any, Final, Self

from backend.catalogue.prices import Bucket, Price, Rate, Tier

_PACKAGE: Final = "genai-prices"

# In the order in which the package itself looks for the rate of a bucket.
_KEYS: Final[Mapping[Bucket, tuple[str, ...]]] = {
    "input": ("input_mtok",),
    "cache_read": ("cache_read_mtok",),
    "cache_write_5m": ("cache_write_5m_mtok", "cache_write_mtok"),
    "cache_write_1h": ("cache_write_1h_mtok", "cache_write_mtok"),
    "input_audio": ("input_audio_mtok",),
    "output": ("output_mtok",),
    "reasoning": ("output_reasoning_mtok",),
    "output_audio": ("output_audio_mtok",),
}

_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class _Terms:
    constraint: Any
    condition: str
    rates: dict[Bucket, Rate]
    per_request: Decimal | None
    states_hour_cache_write: bool

    def holds(self, at: datetime) -> bool:
        return self.constraint is None or bool(self.constraint.active(at))


@dataclass(frozen=True, slots=True)
class Listed:
    """A model in the list. Several names may lead to it; `id` is its first."""

    id: str
    display_name: str | None
    context_window: int | None
    deprecated: bool
    source: str
    terms: tuple[_Terms, ...]
    """The last whose condition is met holds, the first when none is."""

    def price(self, at: datetime, hour_cache_write: Decimal | None = None) -> Price | None:
        """`hour_cache_write` is times the input price, for lists that know only the cache of five minutes."""
        met = (terms for terms in reversed(self.terms) if terms.holds(at))
        terms = next(met, self.terms[0])
        rates = dict(terms.rates)
        if hour_cache_write and "input" in rates and not terms.states_hour_cache_write:
            rates["cache_write_1h"] = rates["input"].times(hour_cache_write)
        if not rates and terms.per_request is None:
            return None
        return Price(
            rates=rates,
            per_request=terms.per_request,
            source=self.source,
            condition=terms.condition,
            at=at,
        )


class PriceList:
    def __init__(self, providers: Iterable[Any], source: str) -> None:
        self._providers = {provider.id: provider for provider in providers}
        self._source = source
        self._turns = _turns(self._providers.values())
        self._find = lru_cache(maxsize=4096)(self._search)
        self._lists = lru_cache(maxsize=16_384)(self._is_listed)  # each bare name is looked for on all lists
        self._read: dict[int, Listed] = {}

    @classmethod
    def load(cls) -> Self:
        """Blocks; not for the event loop."""
        from genai_prices.data import providers  # noqa: PLC0415

        return cls(providers, f"{_PACKAGE} {version(_PACKAGE)}")

    def models(self, provider: str) -> list[Listed]:
        known = self._providers.get(provider)
        return [self._listed(model) for model in known.models] if known else []

    def find(self, provider: str, name: str) -> Listed | None:
        """By the list's own logic of names: dated ones, aliases, and for Azure the models of others."""
        return self._find(provider, name) if len(name) <= _LONGEST_NAME else None

    def lists(self, provider: str, name: str) -> bool:
        """Whether it is on this provider's own list, not only on that of one whose models it may serve."""
        return len(name) <= _LONGEST_NAME and self._lists(provider, name)

    def makes(self, provider: str, name: str) -> bool:
        """Whether the name sounds like a model that this provider itself made."""
        known = self._providers.get(provider)
        return bool(known and known.model_match and known.model_match.is_match(name.lower()))

    def epoch(self, at: datetime) -> tuple[str, int]:
        """The same for two moments between which no price changes."""
        moment = at.astimezone(UTC)
        return moment.date().isoformat(), sum(turn <= moment.time() for turn in self._turns)

    def _is_listed(self, provider: str, name: str) -> bool:
        known = self._providers.get(provider)
        return known is not None and known.find_model(name) is not None

    def _search(self, provider: str, name: str) -> Listed | None:
        known = self._providers.get(provider)
        if known is None:
            return None
        model = known.find_model(name, all_providers=list(self._providers.values()))
        # The list's own names for a few of its models are not among those that it recognises.
        model = model or next((each for each in known.models if each.id == name), None)
        return self._listed(model) if model else None

    def _listed(self, model: Any) -> Listed:
        if (seen := self._read.get(id(model))) is None:
            seen = self._read[id(model)] = _listed(model, self._source)
        return seen


def _listed(model: Any, source: str) -> Listed:
    conditional = isinstance(model.prices, list)
    terms = (
        tuple(_terms(each.constraint, each.prices) for each in model.prices)
        if conditional
        else (_terms(None, model.prices),)
    )
    return Listed(
        id=model.id,
        display_name=model.name,
        context_window=model.context_window,
        deprecated=bool(model.deprecated),
        source=source,
        terms=terms,
    )


def _terms(constraint: Any, prices: Any) -> _Terms:
    stated = {key: value for key, value in vars(prices).items() if value is not None}
    rates = {}
    for bucket, keys in _KEYS.items():
        if key := next((key for key in keys if key in stated), None):
            rates[bucket] = _rate(stated[key])
    requests = stated.get("requests_kcount")
    return _Terms(
        constraint=constraint,
        condition=_condition(constraint),
        rates=rates,
        per_request=None if requests is None else requests / 1000,
        states_hour_cache_write="cache_write_1h_mtok" in stated,
    )


def _rate(value: Any) -> Rate:
    if isinstance(value, Decimal):
        return Rate(value)
    return Rate(value.base, tuple(Tier(tier.start, tier.price) for tier in value.tiers))


def _condition(constraint: Any) -> str:
    if start := getattr(constraint, "start_date", None):
        return f"since {start.isoformat()}"
    if constraint is not None:
        return f"{constraint.start_time:%H:%M}-{constraint.end_time:%H:%M} UTC"
    return ""


def _turns(providers: Iterable[Any]) -> list[time]:
    """The times of a day, in UTC, at which some price changes."""
    constraints = [
        each.constraint
        for provider in providers
        for model in provider.models
        if isinstance(model.prices, list)
        for each in model.prices
    ]
    daily = [each for each in constraints if hasattr(each, "start_time")]
    return sorted({_in_utc(edge) for each in daily for edge in (each.start_time, each.end_time)})


def _in_utc(edge: time) -> time:
    day = datetime.combine(datetime(2000, 1, 1, tzinfo=UTC).date(), edge)
    return (day if edge.tzinfo else day.replace(tzinfo=UTC)).astimezone(UTC).time()
