"""OpenAI's counts, whose parts overlap and whose compatible servers disagree, into buckets that do not."""

from decimal import Decimal
from typing import Any

import msgspec

from backend.providers.failures import UNREADABLE
from backend.providers.usage import Count, Usage


class _InputDetails(msgspec.Struct):
    cached_tokens: Count | None = None
    cache_write_tokens: Count | None = None
    audio_tokens: Count | None = None


class _OutputDetails(msgspec.Struct):
    reasoning_tokens: Count | None = None
    audio_tokens: Count | None = None


class _Counts(msgspec.Struct):
    """Chat Completions say prompt and completion, Responses input and output."""

    prompt_tokens: Count | None = None
    input_tokens: Count | None = None
    completion_tokens: Count | None = None
    output_tokens: Count | None = None
    total_tokens: Count | None = None
    prompt_tokens_details: _InputDetails | None = None
    input_tokens_details: _InputDetails | None = None
    completion_tokens_details: _OutputDetails | None = None
    output_tokens_details: _OutputDetails | None = None
    reasoning_tokens: Count | None = None  # Perplexity's and xAI's older place for it
    prompt_cache_hit_tokens: Count | None = None  # DeepSeek
    cost: Decimal | None = None  # OpenRouter, in dollars


_raw = msgspec.json.Decoder(dict[str, Any])
_counts = msgspec.json.Decoder(_Counts, strict=False)


def decode_usage(raw: bytes, at: float) -> Usage | None:
    """None where there is nothing in it, as some servers send, and where it cannot be."""
    try:
        counts, said = _counts.decode(raw), _raw.decode(raw)
    except UNREADABLE:
        return None
    prompt = counts.prompt_tokens or counts.input_tokens or 0
    completion = counts.completion_tokens or counts.output_tokens or 0
    if not prompt and not completion:
        return None
    taken = counts.prompt_tokens_details or counts.input_tokens_details or _InputDetails()
    given = counts.completion_tokens_details or counts.output_tokens_details or _OutputDetails()
    thought = given.reasoning_tokens or counts.reasoning_tokens or 0
    reasoning, output = _without_reasoning(completion, thought, (counts.total_tokens or 0) - prompt)
    cache_read = min(prompt, taken.cached_tokens or counts.prompt_cache_hit_tokens or 0)
    cache_write = min(prompt - cache_read, taken.cache_write_tokens or 0)
    audio = min(prompt - cache_read - cache_write, taken.audio_tokens or 0)
    output_audio = min(output, given.audio_tokens or 0)
    return Usage(
        at=at,
        input=prompt - cache_read - cache_write - audio,
        cache_read=cache_read,
        cache_write_5m=cache_write,
        input_audio=audio,
        output=output - output_audio,
        reasoning=reasoning,
        output_audio=output_audio,
        cost=_possible(counts.cost),
        raw=said,
    )


def _without_reasoning(completion: int, said: int, total_output: int) -> tuple[int, int]:
    """Reasoning and the rest. Most count reasoning within the completion, some beside it: the total tells."""
    beside = total_output - completion
    if beside > 0:
        return beside, completion
    reasoning = min(said, completion)
    return reasoning, completion - reasoning


def _possible(cost: Decimal | None) -> Decimal | None:
    return cost if cost is not None and cost.is_finite() and cost >= 0 else None
