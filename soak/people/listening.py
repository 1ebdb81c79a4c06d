"""Being in a room with a copy of its comparison: coming in, hearing on, comparing with what GET says."""

import time
from typing import Final

from soak.copy import Copy
from soak.person import Disturbed, Person
from soak.room_socket import RoomSocket, Said, Silence
from soak.weather import AWAY
from soak.world import Posted

_PATIENCE: Final = 30.0


class Gone(Exception):  # noqa: N818 - reads as what it is
    """The comparison is in the trash; its room is closed."""


class Listening:
    def __init__(self, person: Person, socket: RoomSocket, posted: Posted, copy: Copy) -> None:
        self._person = person
        self._world = person.world
        self._socket = socket
        self._posted = posted
        self.copy = copy
        self._came_in = time.monotonic()

    async def come_in(self) -> None:
        """With the position, if the copy has one."""
        began = self._came_in = time.monotonic()
        number = await self._socket.say(
            "join_session", sessionId=self._posted.session_id, **self.copy.position
        )
        while True:
            try:
                said, frame = await self._socket.frame(_PATIENCE)
            except Silence:
                self._world.tally.found(f"a join was not answered in {_PATIENCE} s", self._posted.session_id)
                raise Disturbed from None
            if said.get("id") == number:
                break
            self._hear(said, frame)
        if said["type"] == "error":
            self._refused(said, began)
        given = "by position" if said["recovered"] else "by snapshot"
        self._world.tally.did(f"joins {given}" if self.copy.epoch else "joins for the first time")
        self.copy.joined(said)
        if not self.copy.complete:
            self._world.tally.did("snapshots fetched")
            path = f"/api/comparisons/{self._posted.session_id}"
            heard = await self._person.ask("GET", path, status=(200, 404))
            if heard.status == 404:
                raise Gone
            self.copy.fetched(heard.body)

    async def listen(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._world.over.is_set():
            try:
                self._hear(*await self._socket.frame(left))
            except Silence:
                return

    async def compare(self) -> None:
        """Our copy against what everybody else is told, at the same position."""
        began, before = time.monotonic(), self.copy.compared
        heard = await self._person.ask(
            "GET", f"/api/comparisons/{self._posted.session_id}", status=(200, 404)
        )
        if heard.status == 404:
            self._must_be_trashed("GET says that it is not there", began)
        self.copy.looked(heard.body)
        while self.copy.compared == before and time.monotonic() - began < _PATIENCE:
            room = heard.body["room"]
            if room is None or room["epoch"] != self.copy.epoch or room["seq"] <= self.copy.seq:
                break
            try:
                self._hear(*await self._socket.frame(_PATIENCE))
            except Silence:
                self._world.tally.found("events that GET knows of did not come", self._posted.session_id)
                return
        self._world.tally.did("copies compared", self.copy.compared - before)

    def _hear(self, said: Said, frame: str) -> None:
        kind = said["type"]
        if said.get("sessionId") not in {None, self._posted.session_id}:
            return
        if "seq" in said and kind != "joined":
            self.copy.hear(said, frame)
            self._world.tally.did("events")
        elif kind == "session_closed":
            if said["reason"] == "deleted":
                self._must_be_trashed("its room was closed", self._came_in)
            if said["reason"] != "restarting":
                self._world.tally.found(f"a room was closed: {said['reason']}", self._posted.session_id)
            raise Gone
        elif kind == "error":
            self._world.tally.found(f"a socket was told {said['code']}", said)

    def _refused(self, said: Said, began: float) -> None:
        weather = self._world.weather
        if said["code"] == "not_found":
            self._must_be_trashed("it could not be joined", began)
        borne = ("pause", *AWAY) if said["code"] == "database_unavailable" else AWAY
        if not weather.had(borne, began):
            self._world.tally.found(f"a join was refused: {said['code']}", said)
        self._world.tally.did("disturbances")
        raise Disturbed

    def _must_be_trashed(self, how: str, since: float) -> None:
        if not self._posted.may_be_gone(since):
            self._world.tally.found(
                f"a comparison was gone that nobody deleted: {how}", self._posted.session_id
            )
        raise Gone
