"""Reads what there was: pages of the history, searches, reports, exports, estimates."""

import time
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import quote

from soak.models import MODELS
from soak.person import Person
from soak.world import World

_FORMATS: Final = ("json", "markdown", "csv", "html")
GROUPS: Final = ("day", "model", "provider", "comparison", "user")


class HistoryReader:
    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._dice = world.dice(name)

    async def round(self) -> None:
        posted = self._dice.choice(self._world.posted) if self._world.posted else None
        if posted is None:
            await self._world.pause(0.2)
            return
        assert isinstance(posted.owner, Person)
        deeds: tuple[Callable[[Person], Awaitable[None]], ...] = (
            self._walk, self._reports, self._estimate, self._search,
        )  # fmt: skip
        await self._dice.choice(deeds)(posted.owner)
        if not posted.trashed:
            path = f"/api/comparisons/{posted.session_id}/export?format={self._dice.choice(_FORMATS)}"
            began = time.monotonic()
            heard = await posted.owner.ask("GET", path, status=(200, 404))
            if heard.status == 404 and not posted.may_be_gone(began):
                self._world.tally.found("a comparison could not be exported", path)
            self._world.tally.did("exports")
        await self._world.pause(self._dice.expovariate(1 / self._world.plan.attendance.pause))

    async def _walk(self, person: Person) -> None:
        """To the end, and nothing is met twice."""
        cursor, met = None, []
        while True:
            path = "/api/comparisons?limit=25" + (f"&cursor={cursor}" if cursor else "")
            page = (await person.ask("GET", path)).body
            met += [item["sessionId"] for item in page["items"]]
            cursor = page["nextCursor"]
            if cursor is None:
                break
        if len(met) != len(set(met)):
            self._world.tally.found("the history showed a comparison twice", len(met))
        self._world.tally.did("walks through the history")

    async def _search(self, person: Person) -> None:
        word = self._dice.choice(("process", "Himmel", "lists", self._dice.choice(self._world.posted).word))
        await person.ask("GET", f"/api/comparisons?q={quote(word)}")
        await person.ask("GET", "/api/tags")
        self._world.tally.did("searches")

    async def _reports(self, person: Person) -> None:
        await person.ask("GET", f"/api/reports/costs?group={self._dice.choice(GROUPS)}")
        await person.ask("GET", "/api/reports/latency?format=csv")
        self._world.tally.did("reports")

    async def _estimate(self, person: Person) -> None:
        models = [model.id for model in self._dice.sample(MODELS, 3)]
        said = {"prompt": "What will it cost? " * self._dice.randint(1, 50), "modelIds": models}
        await person.ask("POST", "/api/comparisons/estimate", said)
        await person.ask("GET", "/api/models?available=true")
        self._world.tally.did("estimates")
