"""How a figure is distributed, in buckets each 5 % wider than the last: any quantile to 2.5 %.

Knows no database. Two distributions of the same series are added by adding their buckets.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
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

Histogram: TypeAlias = Counter[int]
"""How often by bucket."""

_WIDTH: Final = math.log(1.05)
_NOTHING: Final = -1000
"""The bucket of zero, which has no logarithm."""
_LEAST: Final = 1e-3

_PACKED: Final = msgpack.Decoder(list[dict[int, int]])


def bucket_of(value: float) -> int:
    return _NOTHING if value < _LEAST else math.floor(math.log(value) / _WIDTH)


def value_of(bucket: int) -> float:
    """The middle of it; no value in it is further away than 2.5 %."""
    return 0.0 if bucket == _NOTHING else math.exp((bucket + 0.5) * _WIDTH)


def quantile(histogram: Mapping[int, int], share: float) -> float | None:
    """The value that so large a share of all does not exceed; None where there are none."""
    rank = max(1, math.ceil(share * sum(histogram.values())))
    for bucket in sorted(histogram):
        rank -= histogram[bucket]
        if rank <= 0:
            return value_of(bucket)
    return None


def pack(histograms: Mapping[Series, Histogram]) -> bytes:
    return msgpack.encode([histograms.get(series, {}) for series in SERIES])


def merged(packed: bytes, histograms: Mapping[Series, Histogram]) -> bytes:
    """Both together; takes as long as the second is large."""
    known = _PACKED.decode(packed)
    known += [{} for _ in range(len(SERIES) - len(known))]
    for place, series in enumerate(SERIES):
        for bucket, count in histograms.get(series, {}).items():
            known[place][bucket] = known[place].get(bucket, 0) + count
    return msgpack.encode(known)


def add_packed(histograms: dict[Series, Histogram], packed: Iterable[bytes]) -> None:
    """Onto those that are there already."""
    for each in packed:
        for series, more in zip(SERIES, _PACKED.decode(each), strict=False):
            if more:
                known = histograms.setdefault(series, Counter())
                for bucket, count in more.items():
                    known[bucket] += count
