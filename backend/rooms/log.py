"""What was said in a room lately, ready to be sent again: for who was away for a moment.

Either everything after a position, or nothing: never a part. Knows no socket.
"""

from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import Final

import msgspec

MOST_EVENTS: Final = 2000
LONGEST_AGO: Final = 120.0  # seconds
MOST_BYTES: Final = 768 * 1024
"""So much can be sent at once to who reads as fast as anybody, without his being taken for slow."""


class _Said(msgspec.Struct, frozen=True, gc=False):
    at: float
    frame: str
    size: int


@dataclass(frozen=True, slots=True)
class Window:
    events: int = MOST_EVENTS
    seconds: float = LONGEST_AGO
    bytes: int = MOST_BYTES


class RoomLog:
    """`seq` counts from 1; the last of them is the room's position."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._said: deque[_Said] = deque()
        self._bytes = 0
        self.seq = 0

    def append(self, frame: str, size: int, now: float) -> None:
        self.seq += 1
        self._said.append(_Said(now, frame, size))
        self._bytes += size
        while len(self._said) > self._window.events or self._bytes > self._window.bytes:
            self._forget_oldest()

    def after(self, seq: int, now: float) -> list[str] | None:
        """None: that position is none of ours, or too long ago."""
        while self._said and self._said[0].at < now - self._window.seconds:
            self._forget_oldest()
        missed = self.seq - seq
        if not 0 <= missed <= len(self._said):
            return None
        return [said.frame for said in islice(self._said, len(self._said) - missed, None)]

    def _forget_oldest(self) -> None:
        self._bytes -= self._said.popleft().size
