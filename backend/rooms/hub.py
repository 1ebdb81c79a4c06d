"""The open rooms of this process, each opened once however many come for it at the same time.

Knows neither sockets' owners nor the database: what a room begins with, it is handed.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from uuid import UUID

from backend.kit.errors import NotFound
from backend.kit.sockets import SocketTransport
from backend.rooms.log import Window
from backend.rooms.protocol import RoomEvent
from backend.rooms.room import Room
from backend.rooms.snapshot import Comparison
from backend.rooms.traffic import Traffic

IDLE: Final = 120.0
ACCESS_ENDED: Final = "access_ended"
DELETED: Final = "deleted"
RESTARTING: Final = "restarting"

Load: TypeAlias = Callable[[UUID], Awaitable[Comparison]]
"""Raises NotFound."""


@dataclass(slots=True)
class _Opening:
    """What is published meanwhile is applied when the comparison has been read; some of it may be in it."""

    task: "asyncio.Task[None]"
    published: list[RoomEvent] = field(default_factory=list)
    deleted: bool = False


class Hub:
    def __init__(
        self, transport: SocketTransport, load: Load, *, window: Window | None = None, idle: float = IDLE
    ) -> None:
        self._transport = transport
        self._load = load
        self._window = window or Window()
        self._idle = idle
        self._rooms: dict[UUID, Room] = {}
        self._opening: dict[UUID, _Opening] = {}
        self.traffic = Traffic()
        self.access_changes = 0
        """Who looked at a right before this grew has to look again."""

    @property
    def live_rooms(self) -> int:
        return len(self._rooms)

    @property
    def members(self) -> int:
        """Of all rooms: who is in two is counted twice."""
        return sum(room.members for room in self._rooms.values())

    def find(self, session_id: UUID) -> Room | None:
        return self._rooms.get(session_id)

    @asynccontextmanager
    async def holding(self, session_id: UUID) -> AsyncIterator[Room]:
        """It stays open meanwhile. Raises NotFound."""
        room = await self.opened(session_id)
        room.hold()
        try:
            yield room
        finally:
            room.release()

    async def opened(self, session_id: UUID) -> Room:
        """For what is done with it before anything else is awaited. Raises NotFound."""
        while True:
            room = self._rooms.get(session_id)
            if room is not None:
                return room
            opening = self._opening.get(session_id) or self._begin(session_id)
            # Whoever leaves meanwhile does not take it away from the others.
            await asyncio.shield(opening.task)

    async def opened_with(self, comparison: Comparison) -> Room:
        """The same for what was made a moment ago: nobody has changed it unless there is a room already."""
        key = comparison.session_id
        if key not in self._rooms and key not in self._opening:
            self._rooms[key] = self._room_of(comparison)
        return await self.opened(key)

    def publish(self, event: RoomEvent) -> None:
        """Where no room is open, nobody hears it; the next to open one reads it in the database."""
        room = self._rooms.get(event.session_id)
        opening = self._opening.get(event.session_id)
        if room is not None:
            room.publish(event)
        elif opening is not None:
            opening.published.append(event)

    def close(self, session_id: UUID, reason: str = DELETED) -> None:
        opening = self._opening.get(session_id)
        if opening is not None:
            opening.deleted = True
        room = self._rooms.pop(session_id, None)
        if room is not None:
            room.close(reason)

    def dismiss_followers(self) -> None:
        """The server ends: who only listens would keep it waiting. Sockets it closes itself."""
        for room in self._rooms.values():
            room.dismiss_followers(RESTARTING)

    def access_changed(self, session_id: UUID) -> None:
        self.access_changes += 1
        room = self._rooms.get(session_id)
        if room is not None:
            room.look_again()

    def _begin(self, session_id: UUID) -> _Opening:
        task = asyncio.get_running_loop().create_task(self._open(session_id))
        # Those who waited for it may all be gone when it fails.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        opening = self._opening[session_id] = _Opening(task)
        return opening

    async def _open(self, session_id: UUID) -> None:
        opening = self._opening[session_id]
        try:
            comparison = await self._load(session_id)
            if opening.deleted:
                raise NotFound
            room = self._room_of(comparison)
            for event in opening.published:
                room.publish(event)
            self._rooms[session_id] = room
        finally:
            del self._opening[session_id]

    def _room_of(self, comparison: Comparison) -> Room:
        return Room(comparison, self._transport, self._window, self._idle, self._forget, self.traffic)

    def _forget(self, room: Room) -> None:
        if self._rooms.get(room.session_id) is room:
            self.close(room.session_id, "idle")
