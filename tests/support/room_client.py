"""A client of the rooms as the page is one: one socket, one reducer, and a position to come back to."""

import json
from collections.abc import Callable
from typing import Any, Self
from uuid import UUID

import msgspec
from websockets.sync.client import ClientConnection, connect

from backend.rooms.protocol import RoomEvent
from backend.rooms.snapshot import Comparison
from backend.rooms.state import RoomState

_event = msgspec.json.Decoder(RoomEvent)
PATIENCE = 20.0


class RoomClient:
    def __init__(self, url: str, token: str) -> None:
        self._address = url.replace("http", "ws", 1) + "/ws"
        self._headers = {"authorization": f"Bearer {token}"}
        self._socket: ClientConnection | None = None
        self._number = 0
        self.state: RoomState | None = None
        self.epoch: str | None = None
        self.seq = 0
        self.joined: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.signals: list[dict[str, Any]] = []
        self.replies: dict[int, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()

    def open(self) -> None:
        self._opened = connect(self._address, additional_headers=self._headers, open_timeout=PATIENCE)
        self._socket = self._opened.__enter__()
        assert json.loads(self._socket.recv(PATIENCE))["type"] == "hello"

    def drop(self) -> None:
        """Without a word, as a train in a tunnel does."""
        if self._socket is not None:
            self._socket.socket.close()
            self._socket.close_socket()
            self._socket = None

    def say(self, kind: str, **fields: object) -> int:
        assert self._socket is not None
        self._number += 1
        self._socket.send(json.dumps({"type": kind, "id": self._number, **fields}))
        return self._number

    def ask(self, kind: str, **fields: object) -> dict[str, Any]:
        """And wait for the answer to it."""
        number = self.say(kind, **fields)
        while number not in self.replies:
            self.listen()
        return self.replies[number]

    def join(self, session_id: str) -> dict[str, Any]:
        """Where it was, if it was there before."""
        position = {} if self.epoch is None else {"epoch": self.epoch, "after": self.seq}
        return self.ask("join_session", sessionId=session_id, **position)

    def listen(self) -> dict[str, Any]:
        """One frame, understood as the page does."""
        assert self._socket is not None
        frame = self._socket.recv(PATIENCE)
        assert isinstance(frame, str)
        said: dict[str, Any] = json.loads(frame)
        if said["type"] == "joined":
            self._begin(said)
        elif "seq" in said:
            assert said["seq"] == self.seq + 1, "an event is missing or came twice"
            self.seq = said["seq"]
            assert self.state is not None
            self.state.apply(_event.decode(frame))
            self.events.append(said)
        elif said.get("id") is None:
            self.signals.append(said)
        if (isinstance(said.get("id"), int) and "seq" not in said) or said["type"] == "joined":
            self.replies[said["id"]] = said
        return said

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first event from now on that is wanted."""
        while not wanted(said := self.listen()):
            pass
        return said

    def until_type(self, *kinds: str) -> dict[str, Any]:
        return self.until(lambda said: said["type"] in kinds)

    @property
    def comparison(self) -> Comparison:
        assert self.state is not None
        return self.state.snapshot()

    def text(self, response_id: str) -> str:
        wanted = UUID(response_id)
        return next(
            answer.text for turn in self.comparison.turns for answer in turn.responses if answer.id == wanted
        )

    def _begin(self, said: dict[str, Any]) -> None:
        self.joined = said
        self.epoch = said["epoch"]
        if said["recovered"]:
            return
        self.seq = said["seq"]
        self.state = RoomState(msgspec.convert(said["snapshot"], Comparison, strict=False))
