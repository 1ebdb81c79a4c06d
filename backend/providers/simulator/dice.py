"""Chance that falls the same way for the same seed. Knows nothing of what is decided with it."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Final, TypeVar

Side = TypeVar("Side")

# A linear congruential step (Knuth's MMIX): for gaps between tokens a hash each would be the dearest part.
_FACTOR: Final = 6364136223846793005
_STEP: Final = 1442695040888963407
_MASK: Final = (1 << 64) - 1


def digest(*parts: str) -> bytes:
    """Sixteen bytes that stand for these texts and for no other division of them."""
    state = blake2b(digest_size=16)
    for part in parts:
        data = part.encode()
        state.update(len(data).to_bytes(8, "big"))
        state.update(data)
    return state.digest()


class Dice:
    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._throws = 0

    def number(self, sides: int) -> int:
        """0 to sides - 1."""
        self._throws += 1
        throw = blake2b(self._seed + self._throws.to_bytes(8, "big"), digest_size=8).digest()
        return int.from_bytes(throw, "big") % sides

    def pick(self, sides: Sequence[Side]) -> Side:
        return sides[self.number(len(sides))]

    def some(self, sides: Sequence[Side], count: int) -> list[Side]:
        """Different ones, in the order in which they fell."""
        left = list(sides)
        return [left.pop(self.number(len(left))) for _ in range(min(count, len(left)))]

    def hexadecimal(self, length: int) -> str:
        self._throws += 1
        throw = blake2b(self._seed + self._throws.to_bytes(8, "big"), digest_size=32)
        return throw.hexdigest()[:length]

    def fractions(self) -> Iterator[float]:
        """Without end, each from 0 to 1."""
        state = int.from_bytes(self._seed[:8], "big")
        while True:
            state = (state * _FACTOR + _STEP) & _MASK
            yield (state >> 11) / (1 << 53)
