"""Anthropic's counts into buckets: input parts are disjoint already, thinking is part of the output."""

from typing import Any

import msgspec

from backend.providers.usage import Usage


class _CacheCreation(msgspec.Struct):
    ephemeral_5m_input_tokens: int = 0
    ephemeral_1h_input_tokens: int = 0


class _OutputDetails(msgspec.Struct):
    thinking_tokens: int = 0


class Counts(msgspec.Struct):
    input_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    cache_creation: _CacheCreation | None = None
    output_tokens: int = 0
    output_tokens_details: _OutputDetails | None = None


def to_usage(raw: dict[str, Any], at: float) -> Usage:
    counts = msgspec.convert(raw, Counts)
    long = (counts.cache_creation or _CacheCreation()).ephemeral_1h_input_tokens
    short = (counts.cache_creation or _CacheCreation()).ephemeral_5m_input_tokens
    thinking = min(counts.output_tokens, (counts.output_tokens_details or _OutputDetails()).thinking_tokens)
    return Usage(
        at=at,
        input=counts.input_tokens,
        cache_read=counts.cache_read_input_tokens,
        # The breakdown comes once, at the beginning; what the later total has beyond it is of the usual kind.
        cache_write_5m=max(short, counts.cache_creation_input_tokens - long),
        cache_write_1h=long,
        output=counts.output_tokens - thinking,
        reasoning=thinking,
        raw=dict(raw),
    )
