"""One lane of a running turn: asks its model, passes on what comes, and ends exactly once, however it ends.

Knows neither web nor database.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias
from uuid import UUID

import structlog

from backend.comparisons.checks import shown
from backend.comparisons.contestants import Contestant
from backend.kit.logs import concerning
from backend.providers.answering import Answer, Piece
from backend.providers.chat import Call, Reasoning, Text
from backend.providers.failures import ProviderError
from backend.rooms.snapshot import ErrorKind

log = structlog.get_logger()

MOST_CHARACTERS: Final = 8 * 1024 * 1024
"""Nobody reads more, and all of it is kept in memory until it ends."""

Halt: TypeAlias = Literal["cancelled", "budget", "restart"]
"""Why somebody ended it: a person, a hard budget, this process."""


@dataclass(frozen=True, slots=True)
class Started:
    """The request is on its way."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one read of the provider's socket brought."""

    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Closed:
    """The end, once."""

    status: Literal["completed", "error", "cancelled", "interrupted"]
    kind: ErrorKind | None = None
    message: str | None = None
    retry_after: float | None = None
    answer: Answer | None = None
    """None: nobody was asked."""


LaneEvent: TypeAlias = Started | Heard | Closed
Emit: TypeAlias = Callable[[UUID, LaneEvent], None]
"""Buffers and returns at once: nothing that happens to what was said can hold up who says it."""

_HALTED: Final[dict[Halt, Closed]] = {
    "cancelled": Closed("cancelled"),
    "budget": Closed("error", "budget", "A budget is used up."),
    "restart": Closed("interrupted", "restart", "The server was stopped in mid-answer."),
}


class RunningLane:
    """`id` is that of the response that it makes."""

    def __init__(self, response_id: UUID, contestant: Contestant, call: Call) -> None:
        self.id = response_id
        self.contestant = contestant
        self.call = call
        self.queued = time.monotonic()
        self._answer: Answer | None = None
        self._reading: asyncio.Task[Closed] | None = None
        self._halted: Halt | None = None

    @property
    def halted(self) -> bool:
        return self._halted is not None

    def halt(self, why: Halt) -> bool:
        """Closes the way to the provider at once. False when it had ended, or was being ended, already."""
        if self._halted is not None or (self._reading is not None and self._reading.done()):
            return False
        self._halted = why
        if self._reading is not None:
            self._reading.cancel()
        return True

    async def run(self, admitted: asyncio.Event, emit: Emit) -> None:
        """Asks once it is `admitted`; ended it can be before."""
        concerning(response=self.id)
        if self._halted is not None:
            emit(self.id, _HALTED[self._halted])
            return
        self._reading = asyncio.create_task(self._read(admitted, emit), name=f"reading:{self.id}")
        try:
            await asyncio.wait((self._reading,))
        except asyncio.CancelledError:  # not our way of ending; whoever does so must not leave a call behind
            self._reading.cancel()
            raise
        emit(self.id, self._end_of(self._reading))

    async def _read(self, admitted: asyncio.Event, emit: Emit) -> Closed:
        await admitted.wait()
        emit(self.id, Started())
        answer = self._answer = self.contestant.providers.answer(self.call, self.contestant.candidates)
        characters = 0
        try:
            async with aclosing(answer.pieces()) as batches:
                async for pieces in batches:
                    emit(self.id, Heard(pieces))
                    characters += sum(len(each.text) for each in pieces if isinstance(each, Text | Reasoning))
                    if characters > MOST_CHARACTERS:
                        message = "The answer was longer than anybody reads and was broken off."
                        return Closed("interrupted", "bad_stream", message, answer=answer)
        except ProviderError as error:
            return Closed("error", error.kind, shown(error.message), error.retry_after, answer)
        if answer.finished is None:
            message = "The provider's stream ended without its end."
            return Closed("interrupted", "stream_cut", message, answer=answer)
        return Closed("completed", answer=answer)

    def _end_of(self, reading: asyncio.Task[Closed]) -> Closed:
        if reading.cancelled():
            if self._answer is not None and self._answer.finished is not None:
                return Closed(
                    "completed", answer=self._answer
                )  # only the last bytes of the body were missing
            halted = _HALTED[self._halted or "restart"]
            return Closed(halted.status, halted.kind, halted.message, answer=self._answer)
        if error := reading.exception():  # the bulkhead: a bug in one lane must not sink the others
            log.error("lane.crashed", exc_info=error)
            return Closed("error", "internal", "Something went wrong on our side.", answer=self._answer)
        return reading.result()
