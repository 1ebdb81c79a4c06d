"""Who is in a room, what they look at and whether they type. One person has however many sockets.

Everybody who joins is told all of it; the others hear of differences, a moment later and together.
"""

import asyncio
from collections.abc import Callable
from typing import Final
from uuid import UUID

from backend.rooms.members import Member
from backend.rooms.protocol import Person, Presence, Signal, SomebodyTypes

TOGETHER: Final = 0.1  # seconds: a hundred who join at once are a few frames for each, not a hundred
TYPING_LASTS: Final = 6.0


class _Present:
    """One person. What was looked at last stands last."""

    __slots__ = ("name", "sockets", "typing", "viewing")

    def __init__(self, name: str) -> None:
        self.name = name
        self.sockets: set[Member] = set()
        self.viewing: dict[Member, UUID | None] = {}
        self.typing: asyncio.TimerHandle | None = None


def _nobody(*_said: object) -> None:
    """Is there to hear it."""


class PresenceBoard:
    def __init__(
        self,
        session_id: UUID,
        tell_all: Callable[[Signal], None],
        tell_others: Callable[[UUID, Signal], None],
    ) -> None:
        """`tell_others` leaves out all sockets of one person."""
        self._session_id = session_id
        self._tell_all = tell_all
        self._tell_others = tell_others
        self._present: dict[UUID, _Present] = {}
        self._changed: set[UUID] = set()
        self._telling: asyncio.TimerHandle | None = None

    def people(self) -> tuple[Person, ...]:
        return tuple(map(self._person, self._present))

    def everything(self) -> list[Signal]:
        """For who joins."""
        present = Presence(session_id=self._session_id, people=self.people(), complete=True)
        typing = [self._typing(each, typing=True) for each, there in self._present.items() if there.typing]
        return [present, *typing]

    def join(self, member: Member) -> None:
        present = self._present.get(member.person_id)
        if present is None:
            present = self._present[member.person_id] = _Present(member.name)
            self._tell_of(member.person_id)
        present.sockets.add(member)

    def leave(self, member: Member) -> None:
        present = self._present[member.person_id]
        present.sockets.discard(member)
        if member in present.viewing:
            del present.viewing[member]
            self._tell_of(member.person_id)
        if not present.sockets:
            self.types(member, typing=False)
            del self._present[member.person_id]
            self._tell_of(member.person_id)

    def views(self, member: Member, lane_id: UUID | None) -> None:
        viewing = self._present[member.person_id].viewing
        viewing.pop(member, None)
        viewing[member] = lane_id
        self._tell_of(member.person_id)

    def types(self, member: Member, *, typing: bool) -> None:
        """The others hear when it begins and when it ends, not of each key."""
        person_id = member.person_id
        present = self._present[person_id]
        typed = present.typing
        if typed is not None:
            typed.cancel()
        present.typing = None
        if typing:
            loop = asyncio.get_running_loop()
            present.typing = loop.call_later(TYPING_LASTS, lambda: self.types(member, typing=False))
        if typing != (typed is not None):
            self._tell_others(person_id, self._typing(person_id, typing=typing))

    def close(self) -> None:
        """Of a room that has ended nothing may hold its events until the next collection of garbage."""
        self._tell_all = self._tell_others = _nobody
        if self._telling is not None:
            self._telling.cancel()
        for present in self._present.values():
            if present.typing is not None:
                present.typing.cancel()

    def _person(self, person_id: UUID) -> Person:
        present = self._present[person_id]
        return Person(id=person_id, name=present.name, viewing=next(reversed(present.viewing.values()), None))

    def _typing(self, person_id: UUID, *, typing: bool) -> SomebodyTypes:
        name = self._present[person_id].name
        return SomebodyTypes(session_id=self._session_id, user_id=person_id, name=name, typing=typing)

    def _tell_of(self, person_id: UUID) -> None:
        self._changed.add(person_id)
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(TOGETHER, self._tell)

    def _tell(self) -> None:
        self._telling = None
        changed, self._changed = self._changed, set()
        here = tuple(self._person(each) for each in changed if each in self._present)
        left = tuple(each for each in changed if each not in self._present)
        self._tell_all(Presence(session_id=self._session_id, people=here, left=left))
