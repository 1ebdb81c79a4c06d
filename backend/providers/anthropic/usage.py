"""Anthropic's counts into buckets: input parts are disjoint already, thinking is part of the output."""

from typing import Any

import msgspec

from backend.providers.usage import Count, Usage


class _CacheCreation(msgspec.Struct):
    ephemeral_5m_input_tokens: Count | None = None
    ephemeral_1h_input_tokens: Count | None = None


class _OutputDetails(msgspec.Struct):
    thinking_tokens: Count | None = None


class _Counts(msgspec.Struct):
    input_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_creation: _CacheCreation | None = None
    output_tokens: Count | None = None
    output_tokens_details: _OutputDetails | None = None


def to_usage(raw: dict[str, Any], at: float) -> Usage | None:
    """None where a count cannot be: it is no reason to lose an answer."""
    try:
        counts = msgspec.convert(raw, _Counts)
    except msgspec.ValidationError:
        return None
    cached = counts.cache_creation or _CacheCreation()
    long, short = cached.ephemeral_1h_input_tokens or 0, cached.ephemeral_5m_input_tokens or 0
    output = counts.output_tokens or 0
    thinking = min(output, (counts.output_tokens_details or _OutputDetails()).thinking_tokens or 0)
    return Usage(
        at=at,
        input=counts.input_tokens or 0,
        cache_read=counts.cache_read_input_tokens or 0,
        # The breakdown comes once, at the beginning; what the later total has beyond it is of the usual kind.
        cache_write_5m=max(short, (counts.cache_creation_input_tokens or 0) - long),
        cache_write_1h=long,
        output=output - thinking,
        reasoning=thinking,
        raw=dict(raw),
    )
