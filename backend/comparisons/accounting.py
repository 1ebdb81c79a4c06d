"""What a response used and cost, and how long it took: as it was told, or estimated and marked as such.

Unknown is never nothing. Knows no storage.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec

from backend.catalogue.prices import UNKNOWN, Cost, Price, cost_of
from backend.catalogue.tokens import TokenCounter
from backend.comparisons.lane import Closed, RunningLane
from backend.providers.answering import Answer
from backend.providers.marks import Marks
from backend.providers.usage import BUCKETS, Usage
from backend.rooms.snapshot import Buckets, DroppedParameter, ErrorKind, Metrics
from backend.usage.entry import kept

_SHORTEST_WINDOW: Final = 0.05
"""Seconds. What came at once came at no speed."""

_NO_ANSWER_COSTS: Final = Decimal(1_000_000)
_NOTHING: Final = Cost(Decimal(0), "computed")
"""For certain, whatever the price is."""

_NOBODY_CHARGES: Final[frozenset[ErrorKind]] = frozenset(
    {
        "rate_limited",
        "credentials",
        "not_found",
        "refused",
        "context_too_long",
        "content_filter",
        "overloaded",
        "unreachable",
        "provider_error",
    }
)
"""Failures that come instead of an answer. After a timeout nobody knows what was done."""


@dataclass(frozen=True, slots=True)
class Account:
    metrics: Metrics
    usage: Usage | None = None
    """None: nobody was asked."""
    cost: Cost = UNKNOWN
    price: Price | None = None
    model_id: str = ""
    """Who was asked in the end."""


async def account(
    lane: RunningLane, closed: Closed, text: str, reasoning: str, tokens: TokenCounter, at: datetime
) -> Account:
    answer = closed.answer
    if answer is None or answer.marks.sent is None:
        return Account(Metrics(provider=lane.contestant.provider))
    usage = await _usage(lane, closed, answer, text, reasoning, tokens)
    price = lane.contestant.price(answer.target.id, at)
    cost = exact(cost_of(usage, price)) if usage.total or usage.origin != "computed" else _NOTHING
    metrics = _metrics(lane, answer, usage, cost, streamed=bool(reasoning))
    return Account(metrics, usage, cost, price, answer.target.id)


def uncounted(lane: RunningLane, closed: Closed) -> Account:
    """Where counting itself has failed."""
    metrics, answer = Metrics(provider=lane.contestant.provider), closed.answer
    if answer is None or answer.marks.sent is None:
        return Account(metrics)
    return Account(metrics, Usage(origin="unknown"), model_id=answer.target.id)


async def _usage(
    lane: RunningLane, closed: Closed, answer: Answer, text: str, reasoning: str, tokens: TokenCounter
) -> Usage:
    """Of what broke off a provider has counted a part at best."""
    told = answer.usage
    if told is not None and answer.finished is not None and (told.output_total or not (text or reasoning)):
        return told
    if answer.marks.first_chunk is None and closed.kind in _NOBODY_CHARGES:
        return told or Usage(origin="computed")
    counted = await tokens.usage(lane.call, answer.target, text=text, reasoning=reasoning)
    if told is None:
        return counted
    return msgspec.structs.replace(
        told,
        output=max(told.output, counted.output),
        reasoning=max(told.reasoning, counted.reasoning),
        origin="estimated",
        note=counted.note,
    )


def exact(cost: Cost) -> Cost:
    """As money is kept. What no answer costs is a slip of who said it."""
    if cost.amount is None or cost.amount >= _NO_ANSWER_COSTS:
        return UNKNOWN
    return Cost(kept(cost.amount), cost.origin)


def numbers_of(metrics: Metrics, usage: Usage, cost: Cost) -> Metrics:
    known = usage.origin != "unknown"
    return msgspec.structs.replace(
        metrics,
        input_tokens=usage.input_total if known else None,
        output_tokens=usage.output_total if known else None,
        total_tokens=usage.total if known else None,
        buckets=Buckets(**{bucket: getattr(usage, bucket) for bucket in BUCKETS}) if known else None,
        tokens_origin=usage.origin,
        tokens_note=usage.note,
        cost=None if cost.amount is None else float(cost.amount),
        cost_origin=cost.origin,
    )


def _metrics(lane: RunningLane, answer: Answer, usage: Usage, cost: Cost, *, streamed: bool) -> Metrics:
    marks, finished = answer.marks, answer.finished
    asked = lane.contestant.candidates[0].target
    said = finished.model if finished and finished.model and finished.model != answer.target.name else None
    timed = Metrics(
        provider=answer.target.endpoint.name,
        answered_by=answer.target.id if answer.target != asked else said,
        queue_ms=_between(lane.queued, marks.sent),
        connect_ms=_between(marks.sent, marks.headers),
        time_to_first_token_ms=_between(marks.sent, marks.first_chunk),
        time_to_first_answer_ms=_between(marks.sent, marks.first_text),
        response_time_ms=_between(marks.sent, marks.last),
        tokens_per_second=_speed(marks, usage, streamed=streamed),
        finish_reason=finished.reason if finished else None,
        dropped=tuple(
            DroppedParameter(parameter=each.parameter, reason=each.reason) for each in answer.dropped
        ),
    )
    return numbers_of(timed, usage, cost)


def _between(start: float | None, end: float | None) -> float | None:
    """Milliseconds. Within one call time does not go back, but a try that is repeated marks anew."""
    if start is None or end is None or end < start:
        return None
    return round((end - start) * 1000, 3)


def _speed(marks: Marks, usage: Usage, *, streamed: bool) -> float | None:
    """Of the tokens that were streamed, over the time in which they were; hidden thoughts are not."""
    start = marks.first_chunk if streamed else marks.first_text
    tokens = usage.output_total if streamed else usage.output + usage.output_audio
    if usage.origin == "unknown" or start is None or marks.last is None or tokens < 1:
        return None
    window = marks.last - start
    return round(tokens / window, 2) if window >= _SHORTEST_WINDOW else None
