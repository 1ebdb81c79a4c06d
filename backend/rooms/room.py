"""One comparison while somebody is in it or something runs: its state, its events in order, its members.

Nothing here waits, so whatever is done in one go is whole: who joins misses nothing and hears nothing twice.
"""

import asyncio
from collections.abc import Callable
from typing import Final, cast
from uuid import UUID

import msgspec
from msgspec.structs import replace

from backend.kit.ids import new_id
from backend.kit.sockets import SocketTransport
from backend.rooms.frames import encoded, frame_of
from backend.rooms.log import RoomLog, Window
from backend.rooms.members import Member
from backend.rooms.presence import PresenceBoard
from backend.rooms.protocol import Access, Closed, Joined, JoinSession, RoomEvent, Signal
from backend.rooms.snapshot import Comparison, Position
from backend.rooms.state import RoomState
from backend.rooms.traffic import Traffic

LARGEST_SNAPSHOT: Final = 512 * 1024  # bytes
CROWDED: Final = 256 * 1024  # bytes that already wait for a reader, who is sent no more than must be


class Room:
    def __init__(
        self,
        comparison: Comparison,
        transport: SocketTransport,
        window: Window,
        idle: float,
        ended: Callable[["Room"], None],
        traffic: Traffic,
    ) -> None:
        """`idle`: for how many seconds it stays when nobody needs it, for those who come back."""
        self.session_id = comparison.session_id
        self.epoch = new_id().hex
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._topic = f"room:{self.session_id.hex}:{self.epoch}"
        self._state = RoomState(comparison)
        self._log = RoomLog(window)
        self._members: set[Member] = set()
        self._followers: set[Callable[[str], None]] = set()
        self._presence = PresenceBoard(self.session_id, self._tell_all, self._tell_others)
        self._held = 0
        self._idle = idle
        self._ended = ended
        self._traffic = traffic
        self._ending: asyncio.TimerHandle | None = None
        self._closed = False
        self._snapshot: tuple[int, msgspec.Raw] | None = None
        self._look_whether_needed()

    @property
    def position(self) -> Position:
        return Position(epoch=self.epoch, seq=self._log.seq)

    @property
    def members(self) -> int:
        return len(self._members)

    def snapshot(self) -> Comparison:
        """As it is at `position`."""
        return self._state.snapshot()

    def publish(self, event: RoomEvent) -> None:
        """Raises OutOfStep for what cannot be, and then nobody has heard it."""
        if self._closed:
            return
        self._state.apply(event)
        said = encoded(replace(event, seq=self._log.seq + 1))
        frame = said.decode()
        self._log.append(frame, len(said), self._loop.time())
        if self._members:
            self._transport.publish(self._topic, frame)
        for hear in tuple(self._followers):
            hear(frame)
        self._traffic.events += 1
        self._traffic.deliveries += len(self._members) + len(self._followers)

    def follow(self, hear: Callable[[str], None], since: Position | None) -> list[str] | None:
        """In this process, seen by nobody. What was missed since then; None: begin with the snapshot."""
        self._followers.add(hear)
        self._look_whether_needed()
        return self._since(since) if since is not None else None

    def unfollow(self, hear: Callable[[str], None]) -> None:
        self._followers.discard(hear)
        self._look_whether_needed()

    def join(self, member: Member, command: JoinSession, access: Access) -> None:
        """Answer, replay, subscribe. Who is in it already begins anew from where he says."""
        crowded = member.socket.buffered > CROWDED
        missed = None if crowded else self._missed(command)
        snapshot = None if crowded or missed is not None else self._raw_snapshot()
        joined = Joined(
            id=command.id,
            session_id=self.session_id,
            epoch=self.epoch,
            seq=self._log.seq,
            recovered=missed is not None,
            access=access,
            # It has been encoded for somebody else already; nobody but the encoder looks at it.
            snapshot=cast("Comparison | None", snapshot),
        )
        member.socket.send(frame_of(joined))
        self._count_join(joined)
        for frame in missed or ():
            member.socket.send(frame)
        if member not in self._members:
            self._members.add(member)
            self._presence.join(member)
            member.socket.subscribe(self._topic)
            self._look_whether_needed()
        for signal in self._presence.everything():
            member.socket.send(frame_of(signal))

    def leave(self, member: Member) -> None:
        if member in self._members:
            self._members.discard(member)
            member.socket.unsubscribe(self._topic)
            self._presence.leave(member)
            self._look_whether_needed()

    def put_out(self, member: Member, reason: str) -> None:
        if member in self._members:
            self.leave(member)
            member.socket.send(frame_of(Closed(session_id=self.session_id, reason=reason)))
            member.was_put_out(self.session_id)

    def views(self, member: Member, lane_id: UUID | None) -> None:
        self._presence.views(member, lane_id)

    def types(self, member: Member, *, typing: bool) -> None:
        self._presence.types(member, typing=typing)

    def look_again(self) -> None:
        for member in tuple(self._members):
            member.look_again(self.session_id)

    def hold(self) -> None:
        self._held += 1
        self._look_whether_needed()

    def release(self) -> None:
        self._held -= 1
        self._look_whether_needed()

    def close(self, reason: str) -> None:
        """For good: what is published from now on is heard by nobody."""
        for member in tuple(self._members):
            self.put_out(member, reason)
        self._closed = True
        self.dismiss_followers(reason)
        self._look_whether_needed()
        self._presence.close()

    def dismiss_followers(self, reason: str) -> None:
        """It is for them to leave."""
        for hear in tuple(self._followers):
            hear(frame_of(Closed(session_id=self.session_id, reason=reason)))

    def _count_join(self, joined: Joined) -> None:
        if joined.recovered:
            self._traffic.replays += 1
        elif joined.snapshot is not None:
            self._traffic.snapshots += 1
        else:
            self._traffic.fetched += 1

    def _missed(self, command: JoinSession) -> list[str] | None:
        if command.epoch is None or command.after is None:
            return None
        return self._since(Position(epoch=command.epoch, seq=command.after))

    def _since(self, position: Position) -> list[str] | None:
        if position.epoch != self.epoch:
            return None
        return self._log.after(position.seq, self._loop.time())

    def _raw_snapshot(self) -> msgspec.Raw | None:
        """Encoded once for all who come between two events."""
        if self._snapshot is None or self._snapshot[0] != self._log.seq:
            self._snapshot = (self._log.seq, msgspec.Raw(encoded(self._state.snapshot())))
        raw = self._snapshot[1]
        return raw if memoryview(raw).nbytes <= LARGEST_SNAPSHOT else None

    def _tell_all(self, signal: Signal) -> None:
        if self._members:
            self._transport.publish(self._topic, frame_of(signal))

    def _tell_others(self, person_id: UUID, signal: Signal) -> None:
        frame = frame_of(signal)
        for member in self._members:
            if member.person_id != person_id:
                member.socket.send(frame)

    def _look_whether_needed(self) -> None:
        needed = bool(self._members or self._followers or self._held or self._closed)
        if needed and self._ending is not None:
            self._ending.cancel()
            self._ending = None
        elif not needed and self._ending is None:
            self._ending = self._loop.call_later(self._idle, lambda: self._ended(self))
