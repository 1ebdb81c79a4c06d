"""What one invariant found. Knows nothing of how it looked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Self

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Verdict:
    name: str
    looked_at: str
    broken: tuple[str, ...] = ()
    judged: bool = True
    """False: it could not be looked at here, and `looked_at` says why."""

    @classmethod
    def of(cls, name: str, looked_at: str, broken: Iterable[str]) -> Self:
        """The first few of what is broken; there may be thousands."""
        found = iter(broken)
        shown = tuple(islice(found, SHOWN))
        more = sum(1 for _ in found)
        return cls(name, looked_at, (*shown, f"and {more} more") if more else shown)

    @property
    def word(self) -> str:
        return "BROKEN" if self.broken else "holds" if self.judged else "not judged"


def differences(ours: Mapping[Any, Any], theirs: Mapping[Any, Any]) -> Iterable[str]:
    """What should be, and what is."""
    for key in sorted({*ours, *theirs}, key=str):
        if ours.get(key) != theirs.get(key):
            yield f"{key}: should be {ours.get(key)}, is {theirs.get(key)}"
