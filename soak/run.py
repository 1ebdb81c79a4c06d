"""A soak from its first process to its last: everything is started, lived through, ended and looked at.

Next: soak/crowd.py
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import aiohttp

from benchmarks.harness.processes import BAKEOFF
from benchmarks.harness.usage import resident_bytes
from soak.crowd import Crowd, crowd
from soak.evidence import Evidence
from soak.facts import facts_of
from soak.faults import Faults
from soak.invariants import log
from soak.invariants.answers import Answers
from soak.invariants.leaks import EMPTY, Left
from soak.metrics import value_in
from soak.models import LIMITED, SHAKY, STEADY, WILD, configuration
from soak.people.history_reader import GROUPS
from soak.person import PASSWORD, Person
from soak.plan import Plan
from soak.programs import Program, bakeoff, simulator
from soak.rehearsal import rehearse
from soak.samples import Holding
from soak.world import World

OWNER: Final = "owner@localhost"
_WORDS: Final = 60
"""So many are looked for in the end."""


@dataclass(frozen=True, slots=True)
class Stage:
    folder: Path
    """Empty; the log and a SQLite database are left in it."""
    server: str = "native"
    database_url: str = ""
    """Of an empty database; without it a SQLite file in the folder."""
    program: Sequence[str] = BAKEOFF

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.folder / 'bakeoff.db'}"


@dataclass(frozen=True, slots=True)
class _House:
    server: Program
    steady: Program
    shaky: Program

    async def upstream_streams(self) -> int:
        return sum([await _streams(each) for each in (self.steady, self.shaky)])


async def soak(plan: Plan, stage: Stage) -> Evidence:
    async with _house(stage) as house:
        world = World(house.server.url, plan)
        owner = await _owner(world, house.server)
        try:
            await rehearse(world, owner)
            faults = Faults(world, house.server, house.shaky, stage.database)
            await faults.stillness()
            await owner.hang_up()
            before = Holding.of(house.server.pid)
            async with crowd(world) as everybody:
                await everybody.arrive()
                await _live(world, everybody, faults)
                await everybody.hang_up()
                if not await faults.stillness():
                    world.tally.found("something still runs when everybody has gone")
                left = await _left(plan, house, before)
                given = await _answers(world, owner)
            facts = await facts_of(stage.database)
        finally:
            await owner.hang_up()
        with world.weather.during("end"):
            faults.exits.append(await house.server.terminate())
        if any(faults.exits):
            world.tally.found("the server did not end well", faults.exits)
        lines, others = log.read(house.server.log)
        return Evidence(
            facts, world.delivered, world.stopped, given, world.tally, left, faults.memory, lines, others,
            world.weather, faults.unwritten,
        )  # fmt: skip


@asynccontextmanager
async def _house(stage: Stage) -> AsyncIterator[_House]:
    steady, shaky = simulator(stage.folder, "steady"), simulator(stage.folder, "shaky")
    addresses = {STEADY: steady.url, WILD: steady.url, LIMITED: steady.url, SHAKY: shaky.url}
    config = stage.folder / "bakeoff.toml"
    config.write_text(configuration(addresses), encoding="utf-8")
    server = bakeoff(stage.folder, config, stage.server, stage.database, stage.program)
    programs = (steady, shaky, server)
    try:
        await asyncio.gather(*(program.start() for program in programs))
        yield _House(server, steady, shaky)
    finally:
        for program in programs:
            await program.kill()


async def _owner(world: World, server: Program) -> Person:
    """By the link that the server prints at its first start."""
    link = (await server.until_said("/auth/first")).split()[-1]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.get(link, allow_redirects=False) as answer:
            answer.raise_for_status()
        headers = {"origin": server.url}
        said = {"newPassword": PASSWORD}
        async with browser.post(f"{server.url}/auth/password", json=said, headers=headers) as answer:
            answer.raise_for_status()
    owner = Person(world, "owner", OWNER)
    await owner.sign_in()
    return owner


async def _live(world: World, everybody: Crowd, faults: Faults) -> None:
    sampling = asyncio.create_task(faults.sample())
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(everybody.live())
            happening = group.create_task(faults.happen(world.plan.faults))
            await asyncio.sleep(world.plan.seconds)
            await happening
            world.over.set()
    finally:
        sampling.cancel()
        faults.note_memory(quiet=False)


async def _left(plan: Plan, house: _House, before: Holding) -> Left:
    """When the rooms have had their time, and connections that are kept for a while theirs."""
    waited = 0.0
    while True:
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"{house.server.url}/metrics", headers={"connection": "close"}) as answer,
        ):
            text = await answer.text()
        streams = await house.upstream_streams()
        empty = not streams and not any(value_in(text, name) for name in EMPTY)
        if empty or waited > plan.rooms_close_after:
            pid = house.server.pid
            return Left(text, before, Holding.of(pid), streams, resident_bytes(pid))
        await asyncio.sleep(0.5)
        waited += 0.5


async def _answers(world: World, owner: Person) -> Answers:
    given = Answers()
    await owner.keep_signed_in()
    for group in GROUPS:
        given.costs[group] = (await owner.ask("GET", f"/api/reports/costs?group={group}")).body
    given.latency = (await owner.ask("GET", "/api/reports/latency")).body
    written = [each for each in world.posted if each.asked and not each.trashed]
    for posted in world.dice("words").sample(written, min(_WORDS, len(written))):
        assert isinstance(posted.owner, Person)
        await posted.owner.keep_signed_in()
        found = await posted.owner.ask("GET", f"/api/comparisons?limit=100&q={quote(posted.word)}")
        given.searched[posted.word] = (
            posted.session_id, [item["sessionId"] for item in found.body["items"]],
        )  # fmt: skip
    return given


async def _streams(program: Program) -> int:
    async with aiohttp.ClientSession() as http, http.get(f"{program.url}/stats") as answer:
        return int(json.loads(await answer.text())["streamsOpen"])
