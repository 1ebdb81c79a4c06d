"""Who is behind one socket and the rooms it is in, from the moment it opens to the moment it is gone."""

import asyncio
import time
from dataclasses import replace
from typing import Final
from uuid import UUID

from backend.accounts.callers import Caller
from backend.kit.errors import AppError, NotFound
from backend.kit.sockets import Socket
from backend.kit.unavailable import DatabaseUnavailable
from backend.limits.askers import Asker
from backend.rooms.admission import Admitted
from backend.rooms.backing import House
from backend.rooms.crowd import Crowd
from backend.rooms.hub import ACCESS_ENDED
from backend.rooms.identity import Identities, Identity
from backend.rooms.members import Member
from backend.rooms.protocol import Access, JoinSession
from backend.rooms.room import Room

SIGN_IN_AGAIN: Final = 4401
MOST_ROOMS: Final = 100
BELIEVED: Final = 5.0  # seconds


class _Wish:
    """To be in a room. A leave, or another join, takes its place."""


class Visitor:
    def __init__(self, socket: Socket, admitted: Admitted, house: House, crowd: Crowd) -> None:
        """The crowd has counted the socket already."""
        self.socket = socket
        self.asker: Asker = admitted.asker
        self.identity: Identity | None = None
        self._client = admitted.client
        self._house = house
        self._identities = Identities(house.door, house.backing.access)
        self._crowd = crowd
        self._gone = False
        self._looked_at = 0.0
        self._unsettled_at = 0.0
        self._member: Member | None = None
        self._rooms: dict[UUID, Room] = {}
        self._wishes: dict[UUID, _Wish] = {}
        self._doubtful: set[UUID] = set()
        self._looking: set[asyncio.Task[None]] = set()
        if admitted.identity is not None:
            self._received(admitted.identity)

    # Who it is.

    def sign_in(self, identity: Identity) -> None:
        """Once; then only the same person again, whose proof has run out or soon will."""
        known = self._member
        if known is None:
            self._take_place(Asker.of(self._client, identity.caller))
            self._received(identity)
        elif self.identity is None or identity.caller.user_id != self.identity.caller.user_id:
            raise AppError("This socket is somebody else's.", status=409, code="already_signed_in")
        else:
            self.identity = replace(identity, person_id=known.person_id, name=known.name)
            self._looked_at = time.monotonic()

    async def caller(self) -> Caller | None:
        """Looked at anew when that was too long ago."""
        identity = self.identity
        if identity is not None and time.monotonic() - self._looked_at > BELIEVED:
            since = time.monotonic()
            [found] = await self._identities.still([identity])
            self.judged(identity, found, since)
        return self.identity.caller if self.identity else None

    def judged(self, asked: Identity, found: Identity | None, since: float) -> None:
        """What became of looking at `asked`, at a moment that was no earlier than `since`."""
        if self.identity is not asked or since < max(self._looked_at, self._unsettled_at):
            return
        if found is None:
            self.show_out()
            return
        self._looked_at = since
        again = set(self._rooms) if found is not asked else self._doubtful
        self.identity = found
        for session_id in tuple(again):
            self._look_again(session_id)

    def unsettle(self) -> None:
        """Something has changed: nothing that is known, or just being looked at, counts any more."""
        self._looked_at = 0.0
        self._unsettled_at = time.monotonic()

    def show_out(self) -> None:
        """Commands that have come already find nobody."""
        self.identity = None
        self._leave_all()
        self.socket.close(SIGN_IN_AGAIN, "sign in again")

    def leave_for_good(self) -> None:
        if not self._gone:
            self._gone = True
            self._leave_all()
            self._member = None  # each holds the other
            self._crowd.leave(self.asker)
            for task in self._looking:
                task.cancel()

    # Where it is.

    async def join(self, caller: Caller, command: JoinSession) -> None:
        session_id = command.session_id
        if len(self._rooms.keys() | self._wishes.keys() | {session_id}) > MOST_ROOMS:
            message = f"A socket can be in {MOST_ROOMS} sessions."
            raise AppError(message, status=429, code="too_many_sessions")
        wish = self._wishes[session_id] = _Wish()
        try:
            access, room = await self._let_in(caller, session_id)
            if self._wishes.get(session_id) is not wish or self._member is None or self.identity is None:
                raise AppError("Another command took this one back.", status=409, code="taken_back")
            self._rooms[session_id] = room
            room.join(self._member, command, access)
        finally:
            if self._wishes.get(session_id) is wish:
                del self._wishes[session_id]

    def leave(self, session_id: UUID) -> None:
        self._wishes.pop(session_id, None)
        room = self._rooms.pop(session_id, None)
        if room is not None and self._member is not None:
            room.leave(self._member)

    def types(self, session_id: UUID, *, typing: bool) -> None:
        room, member = self._room(session_id)
        room.types(member, typing=typing)

    def views(self, session_id: UUID, lane_id: UUID | None) -> None:
        room, member = self._room(session_id)
        room.views(member, lane_id)

    async def _let_in(self, caller: Caller, session_id: UUID) -> tuple[Access, Room]:
        """The room is as it is until something else is awaited."""
        hub = self._house.hub
        while True:
            changes = hub.access_changes
            access = await self._house.backing.access(caller, session_id)
            room = await hub.opened(session_id)
            if hub.access_changes == changes:
                return access, room

    def _room(self, session_id: UUID) -> tuple[Room, Member]:
        room = self._rooms.get(session_id)
        if room is None or self._member is None:
            raise AppError("Join the session first.", status=409, code="not_joined")
        return room, self._member

    def _received(self, identity: Identity) -> None:
        self.identity = identity
        self._looked_at = time.monotonic()
        self._member = Member(
            self.socket, identity.person_id, identity.name, self._was_put_out, self._look_again
        )

    def _take_place(self, asker: Asker) -> None:
        if self._gone:
            raise AppError("This socket is closed.", status=409, code="closed")
        if not self._crowd.enter(asker):
            raise AppError("You have too many sockets open.", status=429, code="too_many_sockets")
        self._crowd.leave(self.asker)
        self.asker = asker

    def _was_put_out(self, session_id: UUID) -> None:
        self._rooms.pop(session_id, None)
        self._doubtful.discard(session_id)

    def _leave_all(self) -> None:
        for session_id in tuple(self._rooms.keys() | self._wishes.keys()):
            self.leave(session_id)

    def _look_again(self, session_id: UUID) -> None:
        if not self._gone:
            task = asyncio.get_running_loop().create_task(self._look_at_access(session_id))
            self._looking.add(task)
            task.add_done_callback(self._looking.discard)

    async def _look_at_access(self, session_id: UUID) -> None:
        if self.identity is None:
            return
        try:
            await self._house.backing.access(self.identity.caller, session_id)
        except NotFound:
            room = self._rooms.get(session_id)
            if room is not None and self._member is not None:
                room.put_out(self._member, ACCESS_ENDED)
        except DatabaseUnavailable:
            self._doubtful.add(session_id)
        else:
            self._doubtful.discard(session_id)
