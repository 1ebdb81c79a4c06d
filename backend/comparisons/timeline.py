"""When how much of a response was there: noted frame by frame, packed into a few bytes, read back.

Knows neither tables nor rooms.
"""

import zlib
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

MOST_MARKS: Final = 250_000
"""More than an hour of frames without a pause; what comes later counts as one with the last."""
LARGEST: Final = 2**53 - 1
"""What JavaScript can count to."""

_VERSION: Final = b"\x01"
_LONGEST_NUMBER: Final = 8
_MOST_BYTES: Final = _LONGEST_NUMBER * (3 * MOST_MARKS + 1)


class UnreadableTimelineError(ValueError):
    """Bytes that no `pack` has written."""


class Mark(NamedTuple):
    """Whole milliseconds since the response began, and how much of it was there: UTF-16 code units."""

    ms: int
    text: int
    reasoning: int


class Timeline:
    """Of one response. `note` is on the hot path: it keeps what it is told, `pack` does the work."""

    __slots__ = ("_frames",)

    def __init__(self) -> None:
        self._frames: list[tuple[float, int, int]] = []

    def note(self, ms: float, text_units: int, reasoning_units: int) -> None:
        """A frame left at `ms` after the start, with this many more units of each."""
        self._frames.append((ms, text_units, reasoning_units))

    def marks(self) -> list[Mark]:
        texts = accumulate(text for _, text, _ in self._frames)
        reasonings = accumulate(reasoning for _, _, reasoning in self._frames)
        # A clock that goes back would be a fault of ours, and no reason to lose the response.
        moments = accumulate((max(0, round(ms)) for ms, _, _ in self._frames), max)
        return list(map(Mark, moments, texts, reasonings))

    def pack(self) -> bytes:
        return pack(self.marks())


def pack(marks: Sequence[tuple[int, int, int]]) -> bytes:
    """Positions that never fall, as `unpack` gives them."""
    if len(marks) > MOST_MARKS:
        marks = [*marks[: MOST_MARKS - 1], marks[-1]]
    columns = ([mark[part] for mark in marks] for part in range(3))
    # Column by column: steps of one kind are alike, which is what makes them small.
    numbers = (_numbers([len(marks)]), *(_numbers(_steps(column)) for column in columns))
    return _VERSION + zlib.compress(b"".join(numbers))


def unpack(packed: bytes) -> list[Mark]:
    """Raises UnreadableTimelineError for anything that `pack` has not written."""
    if packed[:1] != _VERSION:
        raise UnreadableTimelineError("not a timeline of this version")
    count, *steps = _read_numbers(_inflated(packed[1:])) or [0]
    if count > MOST_MARKS or len(steps) != 3 * count:
        raise UnreadableTimelineError("not as many numbers as announced")
    columns = [list(accumulate(steps[start : start + count])) for start in range(0, 3 * count, count or 1)]
    if any(column[-1] > LARGEST for column in columns):
        raise UnreadableTimelineError("a number is too large")
    return list(map(Mark, *columns)) if count else []


def _steps(column: Iterable[int]) -> list[int]:
    return [after - before for before, after in pairwise((0, *column))]


def _numbers(values: Sequence[int]) -> bytes:
    """Seven bits to a byte, the lowest first; the eighth says that more follow."""
    if max(values, default=0) < 0x80:
        return bytes(values)
    out = bytearray()
    for number in values:
        rest = number
        while rest > 0x7F:
            out.append(rest & 0x7F | 0x80)
            rest >>= 7
        out.append(rest)
    return bytes(out)


def _read_numbers(data: bytes) -> list[int]:
    numbers: list[int] = []
    number = shift = 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            numbers.append(number)
            number = shift = 0
        elif (shift := shift + 7) >= 7 * _LONGEST_NUMBER:
            raise UnreadableTimelineError("a number has no end")
    if shift:
        raise UnreadableTimelineError("cut off")
    return numbers


def _inflated(data: bytes) -> bytes:
    """A few bytes can stand for gigabytes: never more than a timeline can have."""
    inflating = zlib.decompressobj()
    try:
        inflated = inflating.decompress(data, _MOST_BYTES)
    except zlib.error:
        raise UnreadableTimelineError("not compressed") from None
    if not inflating.eof or inflating.unused_data:
        raise UnreadableTimelineError("cut off or too long")
    return inflated
