"""One response while it is made: pieces become frames for the room at once, and text for the database later.

Knows neither the database nor the provider.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from backend.comparisons.checks import shown
from backend.comparisons.timeline import Timeline
from backend.kit import clock
from backend.kit.utf16 import units
from backend.providers.answering import Piece, Retrying
from backend.providers.chat import Reasoning, Text
from backend.rooms.protocol import ModelChunk, ModelReasoning, ModelRetry, ModelStart, RoomEvent
from backend.rooms.snapshot import Retry

FRAME: Final = 0.016
"""Seconds between two frames of one response. The first leaves at once."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose response it is."""

    comparison_id: UUID
    turn_id: UUID
    lane_id: UUID
    response_id: UUID
    model_id: str


@dataclass(frozen=True, slots=True)
class Unsaved:
    """What came since the last commit."""

    number: int
    text: str
    reasoning: str


class _Voice:
    """The answer, or the thoughts: what waits for its frame, and what has left in frames."""

    __slots__ = ("frames", "offset", "saved", "waiting")

    def __init__(self) -> None:
        self.waiting: list[str] = []
        self.frames: list[str] = []
        self.offset = 0
        self.saved = 0

    def frame(self) -> tuple[str, int, int] | None:
        """The chunk, where it begins, and its length."""
        if not self.waiting:
            return None
        chunk = shown("".join(self.waiting))
        self.waiting.clear()
        if not chunk:
            return None
        start, length = self.offset, units(chunk)
        self.frames.append(chunk)
        self.offset += length
        return chunk, start, length

    def take_unsaved(self) -> str:
        fresh = "".join(self.frames[self.saved :])
        self.saved = len(self.frames)
        return fresh


class Recording:
    def __init__(self, identity: Identity, say: Callable[[RoomEvent], None]) -> None:
        """`say` tells the room."""
        self.identity = identity
        self.timeline = Timeline()
        self.retries: list[Retry] = []
        self.started_at = clock.now()
        self._say = say
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()
        self._answer = _Voice()
        self._thoughts = _Voice()
        self._last_frame = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._batches = 0

    @property
    def holds_back(self) -> bool:
        """Something waits for its frame."""
        return self._timer is not None

    @property
    def text(self) -> str:
        return "".join(self._answer.frames)

    @property
    def reasoning(self) -> str:
        return "".join(self._thoughts.frames)

    def start(self) -> None:
        self.started_at = clock.now()
        self._started = self._loop.time()
        of = self.identity
        self._say(
            ModelStart(
                session_id=of.comparison_id,
                response_id=of.response_id,
                lane_id=of.lane_id,
                model_id=of.model_id,
                timestamp=self.started_at,
            )
        )

    def hear(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            if isinstance(piece, Text):
                self._answer.waiting.append(piece.text)
            elif isinstance(piece, Reasoning):
                self._thoughts.waiting.append(piece.text)
            elif isinstance(piece, Retrying):
                self._retry(piece)
        if self._timer is None and (self._answer.waiting or self._thoughts.waiting):
            due = self._last_frame + FRAME
            if self._loop.time() >= due:
                self.flush()
            else:
                self._timer = self._loop.call_at(due, self.flush)

    def flush(self) -> None:
        """Everything that waits leaves now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        thought, said = self._thoughts.frame(), self._answer.frame()
        if thought is None and said is None:
            return
        self._last_frame = self._loop.time()
        self.timeline.note(
            (self._last_frame - self._started) * 1000, said[2] if said else 0, thought[2] if thought else 0
        )
        if thought is not None:
            self._publish(ModelReasoning, thought[0], thought[1])
        if said is not None:
            self._publish(ModelChunk, said[0], said[1])

    def take_unsaved(self) -> Unsaved | None:
        text, reasoning = self._answer.take_unsaved(), self._thoughts.take_unsaved()
        if not text and not reasoning:
            return None
        self._batches += 1
        return Unsaved(self._batches, text, reasoning)

    def _publish(self, kind: type[ModelChunk] | type[ModelReasoning], chunk: str, offset: int) -> None:
        of = self.identity
        self._say(
            kind(
                session_id=of.comparison_id,
                response_id=of.response_id,
                lane_id=of.lane_id,
                model_id=of.model_id,
                offset=offset,
                chunk=chunk,
                timestamp=clock.now(),
            )
        )

    def _retry(self, piece: Retrying) -> None:
        of = self.identity
        retry = Retry(
            kind=piece.kind,
            message=shown(piece.message),
            wait_ms=round(piece.wait * 1000, 3),
            next_model_id=piece.next_id,
            at=clock.now(),
        )
        self.retries.append(retry)
        self._say(
            ModelRetry(
                session_id=of.comparison_id,
                response_id=of.response_id,
                lane_id=of.lane_id,
                model_id=of.model_id,
                retry=retry,
            )
        )
