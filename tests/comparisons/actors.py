"""Contestants without a provider: each says what a test wants said, or does what none should do."""

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, cast
from uuid import UUID

from backend.comparisons.contestants import Contestant
from backend.comparisons.lane import Closed, LaneEvent, RunningLane
from backend.kit.ids import new_id
from backend.providers.answering import Piece
from backend.providers.capabilities import Capabilities
from backend.providers.chat import Call, Finished, Text, user
from backend.providers.endpoints import Endpoint
from backend.providers.marks import Marks
from backend.providers.target import Target
from backend.providers.usage import Usage

Script = Callable[["StandIn"], AsyncGenerator[Sequence[Piece], None]]
TARGET = Target(Endpoint("simulator", "Simulator", simulated=True), "swift", "chat", Capabilities())


class StandIn:
    """In an answer's place."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.marks = Marks(queued=time.monotonic())
        self.finished: Finished | None = None
        self.usage: Usage | None = None
        self.dropped = ()
        self.target = TARGET

    def pieces(self) -> AsyncGenerator[Sequence[Piece], None]:
        return self._script(self)

    def end(self) -> Finished:
        self.finished = Finished("stop", 0.0)
        return self.finished


class _Providers:
    def __init__(self, script: Script) -> None:
        self._script = script

    def answer(self, _call: Call, _candidates: object) -> StandIn:
        return StandIn(self._script)


def acting(script: Script) -> RunningLane:
    contestant = Contestant((), {}, cast("Any", _Providers(script)))
    return RunningLane(new_id(), contestant, Call("swift", (user("Why?"),)))


async def says_two_words(of: StandIn) -> AsyncGenerator[Sequence[Piece], None]:
    yield [Text("Because ", 0.0)]
    yield [Text("so.", 0.0), of.end()]


class Book:
    """What the lanes have emitted."""

    def __init__(self) -> None:
        self.events: dict[UUID, list[LaneEvent]] = {}

    def emit(self, response_id: UUID, event: LaneEvent) -> None:
        self.events.setdefault(response_id, []).append(event)

    def end_of(self, lane: RunningLane) -> Closed:
        """The only one, and the last that was said."""
        ends = [event for event in self.events[lane.id] if isinstance(event, Closed)]
        assert len(ends) == 1
        assert self.events[lane.id][-1] is ends[0]
        return ends[0]
