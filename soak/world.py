"""What everybody in a soak shares: where the server is, the weather, the tally, the comparisons there are."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from random import Random

from soak.delivered import Delivered
from soak.plan import Plan
from soak.tally import Tally
from soak.weather import Weather


@dataclass(slots=True, eq=False)
class Posted:
    """A comparison that somebody made, and whose token opens it."""

    session_id: str
    owner: "object"
    word: str
    """Stands in its prompt and nowhere else."""
    trashed: bool = False
    back_at: float = 0
    """When its owner knew that it was out of the trash again."""
    asked: bool = False
    """Its turn was accepted: its prompt is on the record."""

    def may_be_gone(self, since: float) -> bool:
        """To who asked at that moment: the answer may be older than what the owner knows by now."""
        return self.trashed or since < self.back_at


@dataclass(slots=True, eq=False)
class World:
    url: str
    plan: Plan
    weather: Weather = field(default_factory=Weather)
    tally: Tally = field(default_factory=Tally)
    delivered: Delivered = field(default_factory=Delivered)
    lately: deque[Posted] = field(default_factory=lambda: deque(maxlen=24))
    posted: list[Posted] = field(default_factory=list)
    stopped: set[str] = field(default_factory=set)
    """Comparisons in which somebody stopped something: their models may end otherwise than they say."""
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def dice(self, name: str) -> Random:
        return Random(f"{name} {self.plan.seed}")

    def post(self, posted: Posted) -> None:
        self.lately.append(posted)
        self.posted.append(posted)

    async def pause(self, seconds: float) -> None:
        """Or until all is over."""
        try:
            async with asyncio.timeout(seconds):
                await self.over.wait()
        except TimeoutError:
            return
