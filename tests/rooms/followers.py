"""A client of a room: it believes nothing, and makes the comparison from what it is sent."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from backend.rooms.protocol import JoinSession, RoomEvent
from backend.rooms.snapshot import Comparison
from backend.rooms.state import RoomState

_EVENTS = msgspec.json.Decoder(RoomEvent)


class Follower:
    def __init__(self, session_id: UUID) -> None:
        self.session_id = session_id
        self.epoch: str | None = None
        self.seq = 0
        self.state: RoomState | None = None
        self.recovered: list[bool] = []
        self.heard = 0
        self.others: list[dict[str, Any]] = []

    def joining(self) -> JoinSession:
        after = self.seq if self.epoch else None
        return JoinSession(session_id=self.session_id, epoch=self.epoch, after=after)

    def hear(self, frame: str | bytes) -> dict[str, Any]:
        """The frame, read as it is. Numbered ones must follow without a gap and only once."""
        said: dict[str, Any] = msgspec.json.decode(frame)
        if said["type"] == "joined":
            self._joined(said)
        elif "seq" in said:
            assert said["seq"] == self.seq + 1, f"{said['seq']} after {self.seq}"
            self.seq += 1
            self.heard += 1
            assert self.state is not None
            self.state.apply(_EVENTS.decode(frame))
        else:
            self.others.append(said)
        return said

    def snapshot(self) -> Comparison:
        assert self.state is not None
        return self.state.snapshot()

    def _joined(self, said: dict[str, Any]) -> None:
        self.recovered.append(said["recovered"])
        if said["recovered"]:
            assert self.epoch == said["epoch"]
            assert said["snapshot"] is None
        else:
            self.epoch, self.seq = said["epoch"], said["seq"]
            self.state = RoomState(msgspec.convert(said["snapshot"], Comparison, strict=False))


def unnumbered(event: RoomEvent) -> RoomEvent:
    return replace(event, seq=0)
