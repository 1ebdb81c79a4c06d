"""How many streams run at once, for each user and in all. Who is over it waits in a line of their own.

Knows neither the web nor what a stream is.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from backend.kit.errors import AppError

INSIDE = 0


class QueueFull(AppError):  # noqa: N818 - reads as what it is
    def __init__(self) -> None:
        message = "Too many are waiting already. Please try again when some of yours have ended."
        super().__init__(message, status=429, code="queue_full")


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """How many fit."""

    inside_per_user: int = 10
    inside: int = 200
    waiting_per_user: int = 20
    waiting: int = 1000


class Place:
    """Of one stream: 1 is the next of this user's, 0 is inside. It only ever falls."""

    __slots__ = ("_changed", "position")

    def __init__(self, position: int) -> None:
        self.position = position
        self._changed: asyncio.Future[None] | None = None

    def move(self, position: int) -> None:
        self.position = position
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)

    async def leaves(self, position: int) -> None:
        if self.position == position:
            self._changed = asyncio.get_running_loop().create_future()
            await self._changed


class _Line:
    """One user's: those inside and, in order of arrival, those who wait."""

    __slots__ = ("inside", "waiting")

    def __init__(self) -> None:
        self.inside = 0
        self.waiting: deque[Place] = deque()

    def close_up(self) -> None:
        for position, place in enumerate(self.waiting, 1):
            if place.position != position:
                place.move(position)


class Passage:
    """One's place, from lining up until it is left. It has to be left, whatever happens."""

    __slots__ = ("_left", "_place", "_turnstile", "_user")

    def __init__(self, turnstile: "Turnstile", user: UUID, place: Place) -> None:
        self._turnstile = turnstile
        self._user = user
        self._place = place
        self._left = False

    @property
    def position(self) -> int:
        return self._place.position

    async def wait(self, told: Callable[[int], None]) -> None:
        """Until inside; `told` hears of each place, in the task that waits."""
        while (position := self._place.position) != INSIDE:
            told(position)
            await self._place.leaves(position)

    def leave(self) -> None:
        if not self._left:
            self._left = True
            self._turnstile.leave(self._user, self._place)


class Turnstile:
    def __init__(self, capacity: Capacity) -> None:
        self._capacity = capacity
        self._inside = 0
        self._waiting = 0
        self._lines: dict[UUID, _Line] = {}
        # Those whose next could go in, were there room; who was let in goes to the end.
        self._ready: OrderedDict[UUID, _Line] = OrderedDict()

    @property
    def inside(self) -> int:
        return self._inside

    @property
    def waiting(self) -> int:
        return self._waiting

    @property
    def waiting_for_others(self) -> int:
        """Those whom their user's limit would let in, were there room for anybody."""
        most = self._capacity.inside_per_user
        return sum(min(len(line.waiting), most - line.inside) for line in self._ready.values())

    @property
    def users(self) -> int:
        return len(self._lines)

    def line_up(self, user: UUID) -> "Passage":
        """At once, so that it can be refused before anything is begun. Raises `QueueFull`."""
        return Passage(self, user, self._line_up(user))

    def _line_up(self, user: UUID) -> Place:
        line = self._lines.get(user) or _Line()
        if self._has_to_wait(line) and (
            self._waiting >= self._capacity.waiting or len(line.waiting) >= self._capacity.waiting_per_user
        ):
            raise QueueFull
        self._lines[user] = line
        place = Place(len(line.waiting) + 1)
        line.waiting.append(place)
        self._waiting += 1
        self._let_in(user, line)
        return place

    def _has_to_wait(self, line: _Line) -> bool:
        return self._inside >= self._capacity.inside or line.inside >= self._capacity.inside_per_user

    def leave(self, user: UUID, place: Place) -> None:
        """Whatever has become of it by now: a place may have been given to who was cancelled a moment ago."""
        line = self._lines[user]
        if place.position == INSIDE:
            line.inside -= 1
            self._inside -= 1
        else:
            line.waiting.remove(place)
            line.close_up()
            self._waiting -= 1
        self._let_in(user, line)
        if not line.inside and not line.waiting:
            del self._lines[user]

    def _let_in(self, user: UUID, changed: _Line) -> None:
        self._settle(user, changed)
        while self._ready and self._inside < self._capacity.inside:
            following, line = self._ready.popitem(last=False)
            place = line.waiting.popleft()
            self._waiting -= 1
            self._inside += 1
            line.inside += 1
            place.move(INSIDE)
            line.close_up()
            self._settle(following, line)

    def _settle(self, user: UUID, line: _Line) -> None:
        """Keeps its place among the ready, takes the last, or goes."""
        if line.waiting and line.inside < self._capacity.inside_per_user:
            self._ready.setdefault(user, line)
        else:
            self._ready.pop(user, None)
