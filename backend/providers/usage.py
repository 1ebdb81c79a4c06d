"""What a call used, in buckets that do not overlap: each token is in exactly one."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, TypeAlias

from msgspec import Meta, Struct

Origin: TypeAlias = Literal["reported", "computed", "estimated", "unknown"]
"""Where a figure is from: the provider said it, we computed it from that, we guessed, nobody knows."""

Count: TypeAlias = Annotated[int, Meta(ge=0, le=10**12)]
"""Of tokens, as a provider says it. One that cannot be makes the whole usage unknown."""

INPUT_BUCKETS: Final = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "input_audio")
OUTPUT_BUCKETS: Final = ("output", "reasoning", "output_audio")
BUCKETS: Final = (*INPUT_BUCKETS, *OUTPUT_BUCKETS)


class Usage(Struct, frozen=True, gc=False, kw_only=True):
    at: float = 0.0
    input: int = 0
    """Fresh input, neither read from a cache nor written to one."""
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    input_audio: int = 0
    output: int = 0
    """The visible answer, tool calls included, reasoning not."""
    reasoning: int = 0
    output_audio: int = 0
    origin: Origin = "reported"
    note: str = ""
    """For an estimate: with what it was made, and how near it comes."""
    cost: Decimal | None = None
    """In dollars, from the few providers that say it."""
    raw: Mapping[str, Any] = {}
    """As the provider said it."""

    @property
    def input_total(self) -> int:
        return self.input + self.cache_read + self.cache_write_5m + self.cache_write_1h + self.input_audio

    @property
    def output_total(self) -> int:
        return self.output + self.reasoning + self.output_audio

    @property
    def total(self) -> int:
        return self.input_total + self.output_total
