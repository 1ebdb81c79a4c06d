"""What people were sent: the text of every response, whoever watched it, and what no kill may take away."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

_KEPT: Final = 3.0  # seconds, of how long each text was when


@dataclass(frozen=True, slots=True)
class End:
    """As it was when its end was told."""

    status: str
    text: str
    reasoning: str


@dataclass(slots=True)
class Growing:
    text: str = ""
    reasoning: str = ""
    marks: deque[tuple[float, int, int]] = field(default_factory=deque)
    """When, and how long both were then."""

    def at(self, moment: float) -> tuple[str, str]:
        """What had come by then."""
        known = [(text, reasoning) for when, text, reasoning in self.marks if when <= moment]
        text, reasoning = known[-1] if known else (0, 0)
        return self.text[:text], self.reasoning[:reasoning]


@dataclass(slots=True)
class Delivered:
    ended: dict[str, End] = field(default_factory=dict)
    seen_by: dict[str, int] = field(default_factory=dict)
    """How many were told of the end."""
    unstored: set[str] = field(default_factory=set)
    """Ends that were told before they were on the record, and nothing was heard of them since."""
    differences: list[str] = field(default_factory=list)
    owed: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What came in good time before the server was ended."""
    growing: dict[str, Growing] = field(default_factory=dict)

    def grew(self, key: str, text: str, reasoning: str) -> None:
        growing = self.growing.setdefault(key, Growing())
        if len(text) + len(reasoning) < len(growing.text) + len(growing.reasoning):
            return  # somebody else is further
        now = time.monotonic()
        growing.text, growing.reasoning = text, reasoning
        growing.marks.append((now, len(text), len(reasoning)))
        while len(growing.marks) > 1 and growing.marks[1][0] < now - _KEPT:
            growing.marks.popleft()

    def end(self, key: str, end: End, *, stored: bool) -> None:
        self.growing.pop(key, None)
        before = self.ended.get(key)
        if before is None and not stored:
            self.unstored.add(key)
        elif before not in {None, end} and key not in self.unstored:
            self.differences.append(f"{key}: two people were told different ends of it")
        self.ended[key] = end
        self.seen_by[key] = self.seen_by.get(key, 0) + 1

    def stored(self, key: str) -> None:
        self.unstored.discard(key)

    def server_ended(self, moment: float) -> None:
        """What had come by `moment` has to be on the record."""
        for key, growing in self.growing.items():
            text, reasoning = growing.at(moment)
            if text or reasoning:
                self.owed[key] = (text, reasoning)
        self.growing.clear()
