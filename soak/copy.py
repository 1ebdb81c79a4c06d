"""A comparison as somebody in its room has it. It believes nothing: whatever is said is checked."""

from typing import Any, Final
from uuid import UUID

import msgspec

from backend.kit.utf16 import units
from backend.rooms.protocol import RoomEvent
from backend.rooms.snapshot import Comparison
from backend.rooms.state import RoomState
from soak.delivered import Delivered, End

_EVENT: Final = msgspec.json.Decoder(RoomEvent)
_TEXTS: Final = {"model_chunk": "text", "model_reasoning": "reasoning"}
_ENDS: Final = frozenset({"model_complete", "model_error"})
RUNNING: Final = frozenset({"pending", "streaming"})


class LawBroken(Exception):  # noqa: N818 - reads as what it is
    """What the room said does not follow from what it had said."""


class Growth:
    """Of one response."""

    __slots__ = ("_units", "reasoning", "text")

    def __init__(self, text: str, reasoning: str) -> None:
        self.text = text
        self.reasoning = reasoning
        self._units = {"text": units(text), "reasoning": units(reasoning)}

    def add(self, which: str, offset: int, chunk: str) -> None:
        if self._units[which] != offset:
            raise LawBroken(f"a chunk of {which} begins at {offset}, but it ends at {self._units[which]}")
        self._units[which] += units(chunk)
        setattr(self, which, getattr(self, which) + chunk)


class Copy:
    def __init__(self, session_id: str, delivered: Delivered) -> None:
        self.session_id = session_id
        self.epoch: str | None = None
        self.seq = 0
        self.heard = 0
        self._delivered = delivered
        self._state: RoomState | None = None
        self._growths: dict[str, Growth] = {}
        self._running: set[str] = set()
        self._passing_over = False
        """Events up to our position are known from a snapshot that was fetched."""
        self._looked: tuple[int, Comparison] | None = None
        """How it was at that position, as somebody else was told."""
        self.compared = 0

    @property
    def position(self) -> dict[str, object]:
        return {} if self.epoch is None else {"epoch": self.epoch, "after": self.seq}

    @property
    def complete(self) -> bool:
        return self._state is not None

    @property
    def running(self) -> bool:
        return bool(self._running)

    def joined(self, said: dict[str, Any]) -> None:
        """With a snapshot, or recovered; one that is left out is to be fetched, and handed to `fetched`."""
        self._looked = None
        if said["recovered"]:
            if self.epoch != said["epoch"] or said["snapshot"] is not None:
                raise LawBroken("recovered into another life of the room, or with a snapshot")
            return
        self.epoch, self.seq, self._passing_over = said["epoch"], said["seq"], False
        self._state = None
        if said["snapshot"] is not None:
            self._begin(msgspec.convert(said["snapshot"], Comparison, strict=False))

    def fetched(self, answer: dict[str, Any]) -> None:
        room = answer["room"]
        if room is None or room["epoch"] != self.epoch or room["seq"] < self.seq:
            raise LawBroken(f"fetched a state at {room}, which is not after {self.epoch} {self.seq}")
        self.seq = room["seq"]
        self._passing_over = True
        self._begin(comparison_in(answer))

    def hear(self, said: dict[str, Any], frame: str) -> None:
        """An event."""
        if self._passing_over and said["seq"] <= self.seq:
            return
        if said["seq"] != self.seq + 1:
            raise LawBroken(f"event {said['seq']} came after {self.seq}")
        self.seq += 1
        self.heard += 1
        kind = said["type"]
        if kind in _TEXTS:
            growth = self._growths.setdefault(said["responseId"], Growth("", ""))
            growth.add(_TEXTS[kind], said["offset"], said["chunk"])
            self._delivered.grew(said["responseId"], growth.text, growth.reasoning)
        assert self._state is not None
        self._state.apply(_EVENT.decode(frame))
        if kind in _ENDS:
            self._ended(said["responseId"], said["status"], stored=said["stored"])
        elif kind == "response_stored":
            self._delivered.stored(said["responseId"])
        elif kind == "turn_started":
            self._running.update(each["id"] for each in said["turn"]["responses"])
        elif kind == "response_added":
            self._running.add(said["response"]["id"])
        self._compare()

    def looked(self, answer: dict[str, Any]) -> None:
        """What GET says now has to be what we have when we are there."""
        room = answer["room"]
        if room is not None and room["epoch"] == self.epoch and room["seq"] >= self.seq:
            self._looked = (room["seq"], comparison_in(answer))
            self._compare()

    def _compare(self) -> None:
        if self._looked is None or self._looked[0] != self.seq or self._state is None:
            return
        theirs, ours = self._looked[1], self._state.snapshot()
        self._looked = None
        self.compared += 1
        if ours != theirs:
            raise LawBroken(f"at {self.seq} of {self.session_id} {_difference(ours, theirs)}")

    def _begin(self, comparison: Comparison) -> None:
        self._state = RoomState(comparison)
        self._growths.clear()
        self._running.clear()
        for response in (each for turn in comparison.turns for each in turn.responses):
            key = str(response.id)
            self._growths[key] = Growth(response.text, response.reasoning)
            if response.status not in RUNNING:
                end = End(response.status, response.text, response.reasoning)
                self._delivered.end(key, end, stored=response.stored)
                if response.stored:
                    self._delivered.stored(key)
            elif _begun(comparison, response.turn_id):
                self._running.add(key)

    def _ended(self, key: str, status: str, *, stored: bool) -> None:
        growth = self._growths.setdefault(key, Growth("", ""))
        self._running.discard(key)
        self._delivered.end(key, End(status, growth.text, growth.reasoning), stored=stored)


def comparison_in(answer: dict[str, Any]) -> Comparison:
    fields = {name: value for name, value in answer.items() if name not in {"access", "room"}}
    return msgspec.convert(fields, Comparison, strict=False)


def _begun(comparison: Comparison, turn_id: UUID) -> bool:
    return any(turn.id == turn_id and turn.started for turn in comparison.turns)


def _difference(ours: Comparison, theirs: Comparison) -> str:
    for name in Comparison.__struct_fields__:
        mine, other = getattr(ours, name), getattr(theirs, name)
        if mine != other:
            return f"{name} is {repr(mine)[:600]}, but GET says {repr(other)[:600]}"
    return "nothing differs"
