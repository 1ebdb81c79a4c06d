"""Everybody who is there, each living round after round until all is over."""

import asyncio
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Protocol

from soak.copy import LawBroken
from soak.people.asker import Asker
from soak.people.history_reader import HistoryReader
from soak.people.refresher import Refresher
from soak.people.slow_reader import SlowReader
from soak.people.watcher import Watcher
from soak.person import Disturbed, Person
from soak.world import World


class Living(Protocol):
    async def round(self) -> None: ...


class Crowd:
    def __init__(self, world: World) -> None:
        self._world = world
        self.people: list[Person] = []
        self.living: list[tuple[str, Living]] = []

    async def arrive(self) -> None:
        """In peace: everybody makes an account, if they need one."""
        self.living = [each async for each in self._arriving()]

    async def live(self) -> None:
        """Until all is over. Whoever meets something that nobody thought of has found something."""
        async with asyncio.TaskGroup() as group:
            for name, living in self.living:
                group.create_task(self._live(name, living), name=name)

    async def hang_up(self) -> None:
        for person in self.people:
            await person.hang_up()

    async def _live(self, name: str, living: Living) -> None:
        dice = self._world.dice(f"{name} disturbed")
        while not self._world.over.is_set():
            try:
                await living.round()
            except Disturbed:
                await self._world.pause(dice.uniform(0.1, 1.0))
            except LawBroken as broken:
                self._world.tally.found("a room broke its law", f"{name}: {broken}")
            except Exception:  # noqa: BLE001 - whatever it is, it is a finding, and the others go on
                last = traceback.format_exc()
                self._world.tally.found(f"{type(living).__name__} met {last.splitlines()[-1][:200]}", last)
                await self._world.pause(1.0)

    async def _arriving(self) -> AsyncIterator[tuple[str, Living]]:
        crowd = self._world.plan.attendance
        for number in range(crowd.askers):
            yield f"a{number}", Asker(self._world, f"a{number}", await self._newcomer(f"asker-{number}"))
        for number in range(crowd.refreshers):
            person = await self._newcomer(f"refresher-{number}")
            yield f"f{number}", Refresher(self._world, f"f{number}", person)
        for number in range(crowd.slow_readers):
            person = await self._newcomer(f"slow-{number}")
            yield f"s{number}", SlowReader(self._world, f"s{number}", person)
        for name, living in self._without_account():
            yield name, living

    def _without_account(self) -> Iterator[tuple[str, Living]]:
        """They come with what the askers have."""
        crowd = self._world.plan.attendance
        for number in range(crowd.watchers):
            yield f"w{number}", Watcher(self._world, f"w{number}")
        for number in range(crowd.reloaders):
            yield f"r{number}", Watcher(self._world, f"r{number}", forgets=True)
        for number in range(crowd.history_readers):
            yield f"h{number}", HistoryReader(self._world, f"h{number}")

    async def _newcomer(self, name: str) -> Person:
        person = Person(self._world, name)
        self.people.append(person)
        await person.register()
        return person


@asynccontextmanager
async def crowd(world: World) -> AsyncIterator[Crowd]:
    gathered = Crowd(world)
    try:
        yield gathered
    finally:
        await gathered.hang_up()
