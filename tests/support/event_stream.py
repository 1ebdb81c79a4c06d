"""Server-sent events as a browser's EventSource reads them: whole ones, with their ids, and nothing else."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2
import msgspec

from backend.rooms.protocol import RoomEvent
from backend.rooms.snapshot import Comparison
from backend.rooms.state import RoomState

ACCEPT = {"accept": "text/event-stream"}
PATIENCE = 20.0

_event = msgspec.json.Decoder(RoomEvent)


@dataclass(frozen=True)
class Told:
    id: str
    """Empty: it has none."""
    data: dict[str, Any]

    @property
    def seq(self) -> int:
        return int(self.id.rpartition(":")[2])

    @property
    def kind(self) -> str:
        return str(self.data["type"])


@contextmanager
def stream(client: httpx2.Client, method: str, path: str, **options: Any) -> Iterator[Iterator[Told]]:
    headers = ACCEPT | options.pop("headers", {})
    with client.stream(method, path, headers=headers, timeout=PATIENCE, **options) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        yield events_in(answer.iter_lines())


def events_in(lines: Iterator[str]) -> Iterator[Told]:
    """An event that is cut off at the end is none."""
    fields: dict[str, str] = {}
    for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            assert name in {"id", "data"}
            assert name not in fields
            fields[name] = value
        elif fields:
            yield Told(fields.get("id", ""), json.loads(fields["data"]))
            fields = {}
    assert not fields, "half an event"


class Follower:
    """Who reads along as the page does: begins where he is told, and misses nothing."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.state: RoomState | None = None
        self.recovered: list[bool] = []

    def hear(self, told: Told) -> None:
        if told.kind == "joined":
            self.recovered.append(told.data["recovered"])
            if not told.data["recovered"]:
                self.state = RoomState(msgspec.convert(told.data["snapshot"], Comparison, strict=False))
                self.told = [told]
                return
            assert self.told, "nothing was there to go on from"
            assert told.id == self.told[-1].id, "it begins somewhere else"
            return
        assert told.id.rpartition(":")[0] == self.told[-1].id.rpartition(":")[0]
        assert told.seq == self.told[-1].seq + 1 == told.data["seq"], "one is missing or came twice"
        assert self.state is not None
        self.state.apply(_event.decode(msgspec.json.encode(told.data)))
        self.told.append(told)

    def hear_all(self, events: Iterator[Told]) -> None:
        for told in events:
            self.hear(told)

    @property
    def last_id(self) -> str:
        return self.told[-1].id

    @property
    def session_id(self) -> UUID:
        return UUID(self.told[0].data["sessionId"])

    @property
    def comparison(self) -> Comparison:
        assert self.state is not None
        return self.state.snapshot()
