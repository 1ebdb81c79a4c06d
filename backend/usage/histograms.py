"""How a figure is distributed, in buckets each 5 % wider than the last: any quantile to 2.5 %.

Knows no database. A distribution is one long number with 32 bits for each bucket, so two of them are added by
adding two numbers: that takes no time, however many thousands of them a report is made of.
"""

import math
import struct
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Final, Literal, TypeAlias, get_args

from msgspec import msgpack

Series: TypeAlias = Literal[
    "queue",
    "first_token",
    "total",
    "speed",
    "output",
    # Of answers for which the provider had a part of the input in its cache.
    "cached_first_token",
    "cached_total",
    "cached_speed",
]
"""Times in milliseconds, tokens a second, tokens. Packed, they stand in this order: add at its end only."""

SERIES: Final[tuple[Series, ...]] = get_args(Series)

Histogram: TypeAlias = int

_WIDTH: Final = math.log(1.05)
_LEAST: Final = 1e-3
_MOST: Final = 1e15
_LOWEST: Final = math.floor(math.log(_LEAST) / _WIDTH) - 1
"""Before the first bucket: that of zero, which has no logarithm."""
_BITS: Final = 32
_BYTES: Final = _BITS // 8

_Packed: TypeAlias = tuple[int, bool, bytes]
"""The first bucket that is not empty, whether a count needs more than a byte, the counts."""

_DECODER: Final = msgpack.Decoder(list[_Packed])


def bucket_of(value: float) -> int:
    return 0 if value < _LEAST else math.floor(math.log(min(value, _MOST)) / _WIDTH) - _LOWEST


def value_of(bucket: int) -> float:
    """The middle of it; no value in it is further away than 2.5 %."""
    return math.exp((bucket + _LOWEST + 0.5) * _WIDTH) if bucket else 0.0


def one_in(bucket: int) -> Histogram:
    return 1 << bucket * _BITS


def counts_of(histogram: Histogram) -> Mapping[int, int]:
    """By bucket, in order, without the empty ones."""
    first, counts = _counts(histogram)
    return {first + place: count for place, count in enumerate(counts) if count}


def quantile(counts: Mapping[int, int], share: float) -> float | None:
    """The value that so large a share of all does not exceed; None where there are none."""
    if not counts:
        return None
    up_to = tuple(accumulate(counts.values()))
    rank = max(1, math.ceil(share * up_to[-1]))
    return value_of(tuple(counts)[bisect_left(up_to, rank)])


def pack(histograms: Mapping[Series, Histogram]) -> bytes:
    return msgpack.encode([_pack(histograms.get(series, 0)) for series in SERIES])


def add_packed(histograms: dict[Series, Histogram], packed: Iterable[bytes], sign: int = 1) -> None:
    """Onto those that are there already; or away from them, where they hold it."""
    for each in packed:
        for series, (first, wide, counts) in zip(SERIES, _DECODER.decode(each), strict=False):
            if counts:
                more = int.from_bytes(counts if wide else _widened(counts), "little") << first * _BITS
                histograms[series] = histograms.get(series, 0) + sign * more


def _pack(histogram: Histogram) -> _Packed:
    first, counts = _counts(histogram)
    if counts and max(counts) > 0xFF:
        return first, True, struct.pack(f"<{len(counts)}I", *counts)
    return first, False, bytes(counts)


def _counts(histogram: Histogram) -> tuple[int, Sequence[int]]:
    """From the first bucket that is not empty to the last."""
    if not histogram:
        return 0, ()
    first = ((histogram & -histogram).bit_length() - 1) // _BITS
    histogram >>= first * _BITS
    length = -(-histogram.bit_length() // _BITS)
    return first, struct.unpack(f"<{length}I", histogram.to_bytes(length * _BYTES, "little"))


def _widened(counts: bytes) -> bytes:
    wide = bytearray(len(counts) * _BYTES)
    wide[::_BYTES] = counts
    return bytes(wide)
