"""The faults of the plan, done: the server ended and started again, the database locked, model servers taken
away; and quiet moments between them.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp

from benchmarks.harness.processes import ROOT, environment
from soak.metrics import value_in
from soak.plan import Fault
from soak.programs import Program
from soak.samples import Memory, memory_of
from soak.weather import Kind
from soak.world import World

_UNTIL_QUIET: Final = 30.0
_SAMPLED_EVERY: Final = 1.0
GRACE: Final = 0.2
"""Seconds after which text is on the disk, if the machine has the time."""
_UNWRITTEN: Final = "bakeoff_unwritten_age_seconds"
RUNNING: Final = ("bakeoff_turns_running", "bakeoff_streams_running", "bakeoff_unwritten_rows")


class Faults:
    def __init__(self, world: World, server: Program, shaky: Program, database_url: str) -> None:
        self._world = world
        self._server = server
        self._shaky = shaky
        self._database_url = database_url
        self.life = 1
        self.memory: list[Memory] = []
        self.unwritten: list[float] = []
        """How old the oldest was, each time that the server was killed."""
        self.exits: list[int] = []
        self._doing: dict[Kind, Callable[[float], Awaitable[None]]] = {
            "kill": self._kill,
            "terminate": self._terminate,
            "pause": self._pause,
            "refusal": self._refuse,
            "upstream-kill": self._kill_upstream,
            "quiet": self._be_quiet,
        }

    async def happen(self, faults: tuple[Fault, ...]) -> None:
        began = time.monotonic()
        for fault in faults:
            await self._world.pause(began + fault.at - time.monotonic())
            if self._world.over.is_set():
                return
            with self._world.weather.during(fault.kind):
                await self._doing[fault.kind](fault.lasts)

    async def sample(self) -> None:
        while True:
            self.note_memory(quiet=False)
            await asyncio.sleep(_SAMPLED_EVERY)

    def note_memory(self, *, quiet: bool) -> None:
        if self._server.running and (noted := memory_of(self._server.pid, self.life, quiet=quiet)):
            self.memory.append(noted)

    async def _kill(self, _lasts: float) -> None:
        """What is older than the oldest that the server says it has not written is written."""
        asked = time.monotonic()
        age = value_in(await self._metrics(), _UNWRITTEN)
        killed = time.monotonic()
        await self._server.kill()
        self.unwritten.append(age)
        self._world.delivered.server_ended(min(killed - GRACE, asked - age))
        await self._again()

    async def _terminate(self, _lasts: float) -> None:
        """In order: nothing that anybody has heard is lost."""
        self.exits.append(await self._server.terminate())
        await asyncio.sleep(0.1)  # what was sent last is read
        self._world.delivered.server_ended(time.monotonic())
        await self._again()

    async def _again(self) -> None:
        self.life += 1
        await self._server.start()

    async def _pause(self, lasts: float) -> None:
        locking = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "soak.locking", self._database_url, str(lasts),
            cwd=ROOT, env=environment(),
        )  # fmt: skip
        if code := await locking.wait():
            self._world.tally.found("the database could not be locked", code)

    async def _refuse(self, lasts: float) -> None:
        """Nobody listens there for a while; the end was an orderly one."""
        await self._shaky.terminate()
        await asyncio.sleep(lasts)
        await self._shaky.start()

    async def _kill_upstream(self, _lasts: float) -> None:
        await self._shaky.kill()
        await self._shaky.start()

    async def _be_quiet(self, lasts: float) -> None:
        """Nobody begins anything; what runs comes to its end, and the server collects its garbage."""
        if await self.stillness():
            await self._world.pause(lasts)
            self.note_memory(quiet=True)

    async def stillness(self) -> bool:
        """Whether nothing runs any more, and all is written."""
        began = time.monotonic()
        while time.monotonic() - began < _UNTIL_QUIET:
            text = await self._metrics()
            if not any(value_in(text, name) for name in RUNNING):
                return True
            await asyncio.sleep(0.2)
        return False

    async def _metrics(self) -> str:
        async with aiohttp.ClientSession() as http, http.get(f"{self._server.url}/metrics") as answer:
            return await answer.text()
