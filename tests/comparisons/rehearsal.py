"""Comparisons made in this process: the real simulator, a real database, a real room, nothing between."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from backend.accounts.callers import Caller
from backend.catalogue.facts import Facts
from backend.catalogue.listing import Catalogue, KnownEndpoint
from backend.catalogue.prices import PriceTable
from backend.catalogue.tokenizers import Tokenizers
from backend.catalogue.tokens import TokenCounter
from backend.comparisons import creation, repository, starting
from backend.comparisons.conductor import Conductor
from backend.comparisons.contestants import Contestants
from backend.comparisons.recorder import Recorder
from backend.comparisons.schemas import CreateComparison, LaneInput, StartedTurn
from backend.comparisons.studio import Studio
from backend.comparisons.tables import ChunkRow
from backend.keyring.ring import Keyring
from backend.kit.db import Database
from backend.kit.metrics import Metrics
from backend.kit.outside import Outside, Reach
from backend.kit.sealed import Sealer
from backend.kit.sockets import Nowhere
from backend.limits.memory import memory_buckets
from backend.limits.rules import TURNS
from backend.limits.turnstile import Capacity, Turnstile
from backend.providers.calling import Providers
from backend.providers.endpoints import Clocks, Endpoint
from backend.providers.keys import Key
from backend.providers.simulator.cast import CAST
from backend.providers.simulator.server import Simulator
from backend.rooms.hub import Hub
from backend.rooms.room import Room
from backend.rooms.snapshot import Comparison, Response
from backend.usage.tables import LEDGER
from tests.accounts.people import somebody
from tests.attachments.shelves import shelf_of
from tests.comparisons.history.making import caller_of
from tests.keyring.doors import MASTER, Door
from tests.support.waiting import PATIENCE

QUICK = "@ttft:0@pace:0"
"""Everything at once."""

Frame = dict[str, Any]
TERMINAL = frozenset({"model_complete", "model_error"})
TURN_ENDS = frozenset({"comparison_complete", "comparison_error"})

_HASTY = Clocks(first_chunk=0.4, silence=0.4)
_ENDPOINTS = ("simulator", "hasty", "unpriced")


def asking(*models: str, prompt: str, **fields: Any) -> CreateComparison:
    lanes = fields.pop("lanes", None) or tuple(LaneInput(model_id=model) for model in models)
    return CreateComparison(prompt=prompt, lanes=lanes, **fields)


class Listener:
    """One in the room, who keeps all that is said and when."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.frames: list[Frame] = []
        self._said = asyncio.Event()
        room.follow(self._hear, None)

    def _hear(self, frame: str) -> None:
        said: Frame = json.loads(frame)
        if "seq" in said:
            self.frames.append(said | {"heard": time.monotonic()})
            self._said.set()

    def leave(self) -> None:
        self.room.unfollow(self._hear)

    async def until(self, come: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not come():
                self._said.clear()
                await self._said.wait()

    async def first(self, *kinds: str, **fields: str) -> Frame:
        await self.until(lambda: bool(self.of(*kinds, **fields)))
        return self.of(*kinds, **fields)[0]

    def of(self, *kinds: str, **fields: str) -> list[Frame]:
        return [
            each
            for each in self.frames
            if each["type"] in kinds and all(each.get(name) == value for name, value in fields.items())
        ]

    def text(self, response_id: UUID, kind: str = "model_chunk") -> str:
        """Put together from its chunks, which have to fit."""
        text = ""
        for each in self.of(kind, responseId=str(response_id)):
            assert each["offset"] == len(text.encode("utf-16-le")) // 2
            text += each["chunk"]
        return text


@dataclass
class Rehearsal:
    database: Database
    simulator: Simulator
    studio: Studio
    recorder: Recorder
    ada: Caller
    commits: list[float] = field(default_factory=list)
    """When each transaction was over."""
    at_next_commit: list[Callable[[], object]] = field(default_factory=list)

    async def comparison(
        self, *models: str, prompt: str = "Why is the sky blue?", **fields: Any
    ) -> Comparison:
        return await creation.create(self.studio, self.ada, asking(*models, prompt=prompt, **fields))

    async def begun(self, *models: str, prompt: str = "Why is the sky blue?", **fields: Any) -> Comparison:
        """Made and started at once; as it was before the start."""
        asked = asking(*models, prompt=prompt, **fields)
        comparison, _ = await creation.create_and_start(self.studio, self.ada, asked)
        return comparison

    async def listener(self, comparison: Comparison) -> Listener:
        return Listener(await self.studio.hub.opened(comparison.session_id))

    async def start(
        self, comparison: Comparison, prompt: str | None = None, lane_ids: Sequence[UUID] | None = None
    ) -> StartedTurn:
        return await starting.start(self.studio, self.ada, comparison.session_id, prompt, lane_ids)

    async def regenerate(self, response_id: UUID) -> StartedTurn:
        return await starting.regenerate(self.studio, self.ada, response_id)

    async def over(self, comparison: Comparison) -> Comparison:
        """Waits for everything that runs in it; then what the room says is what the database has."""
        async with asyncio.timeout(PATIENCE):
            await self.studio.conductor.over(comparison.session_id)
        return await self.settled(comparison)

    async def settled(self, comparison: Comparison) -> Comparison:
        stored = await self.load(comparison)
        room = self.studio.hub.find(comparison.session_id)
        if room is not None:
            assert room.snapshot() == stored
        return stored

    async def played(self, *models: str, **fields: Any) -> tuple[Comparison, Listener]:
        """Asked and answered."""
        comparison = await self.comparison(*models, **fields)
        listener = await self.listener(comparison)
        await self.start(comparison)
        return await self.over(comparison), listener

    async def load(self, comparison: Comparison) -> Comparison:
        async with self.database.reading() as db:
            return await repository.load(db, comparison.session_id)

    async def ledger(self) -> dict[UUID, Any]:
        """By response."""
        async with self.database.reading() as db:
            return {row.response_id: row for row in await db.execute(select(LEDGER))}

    async def chunks_left(self) -> set[UUID]:
        """Responses that are on the disk in pieces."""
        async with self.database.reading() as db:
            return set(await db.scalars(select(ChunkRow.response_id)))

    def asked_of_provider(self) -> list[dict[str, Any]]:
        """The bodies of the questions, as they came in."""
        return [
            msgspec.json.decode(request.body)
            for request in self.simulator.requests
            if request.path.endswith("/chat/completions")
        ]


@asynccontextmanager
async def rehearsing(url: str, capacity: Capacity | None = None) -> AsyncIterator[Rehearsal]:
    commits: list[float] = []
    at_next_commit: list[Callable[[], object]] = []

    def committed(_seconds: float) -> None:
        commits.append(time.monotonic())
        while at_next_commit:
            at_next_commit.pop()()

    database = Database.open(url, committed)
    folder = TemporaryDirectory()
    simulator = await Simulator.start(remember=200)
    outside = Outside(Reach(local=True))
    providers, outsiders = Providers(_untold), Providers(_untold, connector=outside.connector)
    servers = [_at(simulator, name) for name in _ENDPOINTS]
    catalogue = Catalogue(servers, _facts())
    tokens = TokenCounter(Tokenizers(), catalogue.facts_of)
    keys = {name: Key("sk-of-the-simulator") for name in _ENDPOINTS}
    ring = Keyring(Sealer(MASTER), {each.endpoint.name: each.endpoint for each in servers}, outside, Door())

    async def load(comparison_id: UUID) -> Comparison:
        async with database.reading() as db:
            return await repository.load(db, comparison_id)

    hub = Hub(Nowhere(), load)
    recorder = Recorder(database, tokens, hub.publish, Metrics.declare("rehearsal"))
    conductor = Conductor(hub, recorder)
    studio = Studio(
        database=database,
        hub=hub,
        conductor=conductor,
        contestants=Contestants(database, catalogue, ring, keys, providers, outsiders),
        shelf=shelf_of(database, Path(folder.name)),
        tokens=tokens,
        turnstile=Turnstile(capacity or Capacity()),
        buckets=memory_buckets(),
        turns=TURNS,
        lanes_a_turn=24,
    )
    ada = caller_of(await somebody(database))
    recorder.start()
    try:
        yield Rehearsal(database, simulator, studio, recorder, ada, commits, at_next_commit)
    finally:
        await conductor.close(0)
        await recorder.close()
        await catalogue.close()
        await providers.aclose()
        await outsiders.aclose()
        await simulator.stop()
        await database.close()
        folder.cleanup()


def of_lane(comparison: Comparison, place: int, turn: int = -1) -> Response:
    """The latest attempt."""
    lane = comparison.lanes[place].id
    return [each for each in comparison.turns[turn].responses if each.lane_id == lane][-1]


def responses_of(comparison: Comparison) -> list[Response]:
    return [response for turn in comparison.turns for response in turn.responses]


def check_sums(comparison: Comparison, ledger: dict[UUID, Any]) -> None:
    """Totals are the sums of all attempts; each call is one line."""
    ended = [each for each in responses_of(comparison) if each.ended_at]
    assert comparison.response_count == len(ended)
    assert comparison.total_tokens == sum(each.total_tokens or 0 for each in ended)
    rows = list(ledger.values())
    assert {row.response_id for row in rows} == {each.id for each in ended if each.queue_ms is not None}
    assert len(rows) == len({row.response_id for row in rows})
    assert comparison.total_cost == float(sum(row.cost or 0 for row in rows))
    assert comparison.unknown_costs == sum(row.cost is None for row in rows)
    completed = [each for each in ended if each.status == "completed"]
    assert comparison.completed_count == len(completed)


def _at(simulator: Simulator, name: str) -> KnownEndpoint:
    clocks = _HASTY if name == "hasty" else Clocks()
    return KnownEndpoint(
        Endpoint(
            name,
            name.title(),
            simulator.openai_url,
            max_tokens_field="max_completion_tokens",
            clocks=clocks,
            simulated=True,
        )
    )


def _facts() -> dict[str, Facts]:
    return {
        f"{endpoint}/{each.name}": Facts(
            kind="chat",
            context_window=each.context_window,
            max_output_tokens=each.max_output_tokens,
            inputs=("image",) if each.images else (),
            reasoning=each.reasoning,
            refuses=("temperature", "top_p") if each.reasoning else ("reasoning_effort",),
            price=None
            if endpoint == "unpriced"
            else PriceTable(
                input=each.prices.input, output=each.prices.output, cache_read=each.prices.cache_read
            ),
        )
        for endpoint in _ENDPOINTS
        for each in CAST
    }


def _untold(*_: object) -> None:
    """Nobody wants to know."""
