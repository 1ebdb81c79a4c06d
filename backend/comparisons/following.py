"""A room as a stream of server-sent events: the same events as on the socket, resumed by `Last-Event-ID`."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Self, TypeAlias
from uuid import UUID

import msgspec

from backend.kit.errors import FieldProblem, Invalid
from backend.rooms.frames import frame_of
from backend.rooms.hub import Hub
from backend.rooms.protocol import Access, Joined
from backend.rooms.room import Room
from backend.rooms.snapshot import Comparison, Position

MOST_BEHIND: Final = 1024 * 1024
"""Characters that wait for a slow reader. Then the stream ends, and he comes back for the rest."""

_PING_EVERY: Final = 4.0
_BELIEVED: Final = 4.0
_PING: Final = b": still here\n\n"
_ENDS: Final = ('{"type":"comparison_complete"', '{"type":"comparison_error"')
_GONE: Final = '{"type":"session_closed"'


class Place(msgspec.Struct, frozen=True):
    """Where a reader was: the id of the last event that he has."""

    session_id: UUID
    position: Position

    @classmethod
    def parse(cls, text: str) -> Self:
        session_id, _, rest = text.partition(":")
        epoch, _, seq = rest.partition(":")
        try:
            return cls(UUID(session_id), Position(epoch=epoch, seq=int(seq)))
        except ValueError:
            message = "This is not the id of an event from here."
            raise Invalid([FieldProblem(field="Last-Event-ID", message=message)]) from None


Welcome: TypeAlias = Callable[[], Awaitable[bool]]
"""Whether somebody may still be here."""


@dataclass(frozen=True, slots=True)
class Reader:
    access: Access
    since: Position | None
    to_the_end: bool
    """Of the turn that runs, not of the room."""
    welcome: Welcome
    beginning: Comparison | None = None
    """As it was at `since`, for who has not seen it yet."""


async def events_of(hub: Hub, session_id: UUID, reader: Reader) -> AsyncIterator[bytes]:
    room = await hub.opened(session_id)
    ear = _Ear(room)
    standing = _Standing(reader.welcome, ear.wake)
    try:
        missed = room.follow(ear.hear, reader.since)
        seq = room.position.seq - len(missed or ())
        ear.waiting.extend(missed or ())
        yield _event(room, seq, frame_of(_joined(room, reader, seq, recovered=missed is not None)))
        nothing_runs = reader.to_the_end and room.snapshot().status not in {"pending", "in_progress"}
        while not ear.lost:
            while ear.waiting:
                frame = ear.take()
                if frame.startswith(_GONE):
                    yield f"data: {frame}\n\n".encode()
                    return
                seq += 1
                yield _event(room, seq, frame)
                if reader.to_the_end and frame.startswith(_ENDS):
                    return
            if nothing_runs:
                return
            if not await ear.more():
                yield _PING
            if standing.lost():
                return
    finally:
        room.unfollow(ear.hear)
        standing.close()


class _Standing:
    """Whether the reader may still be here: asked again now and then, and he reads on meanwhile."""

    def __init__(self, welcome: Welcome, answered: Callable[[object], None]) -> None:
        self._welcome = welcome
        self._answered = answered
        self._asking: asyncio.Future[bool] | None = None
        self._believed = time.monotonic() + _BELIEVED

    def lost(self) -> bool:
        if self._asking is None and time.monotonic() > self._believed:
            self._asking = asyncio.ensure_future(self._welcome())
            self._asking.add_done_callback(self._answered)
        if self._asking is None or not self._asking.done():
            return False
        welcome = self._asking.result()
        self._asking, self._believed = None, time.monotonic() + _BELIEVED
        return not welcome

    def close(self) -> None:
        if self._asking is not None:
            self._asking.cancel()


class _Ear:
    """What was heard and has not been read yet."""

    def __init__(self, room: Room) -> None:
        self.waiting: deque[str] = deque()
        self.lost = False
        self._room = room
        self._behind = 0
        self._woken = asyncio.Event()

    def hear(self, frame: str) -> None:
        if self._behind + len(frame) > MOST_BEHIND:
            self.lost = True
            self._room.unfollow(self.hear)
        else:
            self.waiting.append(frame)
            self._behind += len(frame)
        self._woken.set()

    def wake(self, _asked: object) -> None:
        self._woken.set()

    def take(self) -> str:
        frame = self.waiting.popleft()
        self._behind -= len(frame)
        return frame

    async def more(self) -> bool:
        """False when there was nothing for a while."""
        try:
            async with asyncio.timeout(_PING_EVERY):
                await self._woken.wait()
        except TimeoutError:
            return False
        self._woken.clear()
        return True


def _joined(room: Room, reader: Reader, seq: int, *, recovered: bool) -> Joined:
    """The events after `seq` follow."""
    snapshot = reader.beginning if recovered else room.snapshot()
    return Joined(
        id=None,
        session_id=room.session_id,
        epoch=room.epoch,
        seq=room.position.seq if snapshot is None else seq,
        recovered=snapshot is None,
        access=reader.access,
        snapshot=snapshot,
    )


def _event(room: Room, seq: int, frame: str) -> bytes:
    return f"id: {room.session_id}:{room.epoch}:{seq}\ndata: {frame}\n\n".encode()
