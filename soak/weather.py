"""Which faults are there now, and when there were some: what people may meet depends on nothing else."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["kill", "terminate", "pause", "refusal", "upstream-kill", "quiet", "end"]
"""`kill` and `terminate` last until the server listens again; `quiet` is none: nobody begins anything.
`end` is the server's last end, when all is over."""

AWAY: Final[tuple[Kind, ...]] = ("kill", "terminate", "end")
AFTERWARDS: Final = 1.5
"""Seconds in which what a fault has broken is still found."""


@dataclass(slots=True)
class Window:
    kind: Kind
    began: float  # of the monotonic clock
    began_at: datetime
    ended: float | None = None
    ended_at: datetime | None = None


@dataclass(slots=True)
class Weather:
    windows: list[Window] = field(default_factory=list)

    @contextmanager
    def during(self, kind: Kind) -> Iterator[Window]:
        window = Window(kind, time.monotonic(), datetime.now(UTC))
        self.windows.append(window)
        try:
            yield window
        finally:
            window.ended, window.ended_at = time.monotonic(), datetime.now(UTC)

    def now(self, kind: Kind) -> bool:
        return any(window.kind == kind and window.ended is None for window in self.windows)

    def had(self, kinds: Iterable[Kind], since: float, afterwards: float = AFTERWARDS) -> bool:
        """Whether one of them was there between `since` and now."""
        wanted = set(kinds)
        return any(
            window.kind in wanted and (window.ended is None or window.ended + afterwards >= since)
            for window in self.windows
        )

    def had_at(self, kinds: Iterable[Kind], at: datetime, afterwards: float) -> bool:
        wanted = set(kinds)
        return any(
            window.kind in wanted
            and (window.began_at - at).total_seconds() <= 0.1
            and (window.ended_at is None or (at - window.ended_at).total_seconds() <= afterwards)
            for window in self.windows
        )

    def count(self, kind: Kind) -> int:
        return sum(window.kind == kind for window in self.windows)
