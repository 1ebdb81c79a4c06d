"""The law: whoever joins whenever, is dropped however often and comes back, has what everybody has.

`apply(snapshot(t), events after t) == snapshot(now)`, over arbitrary interleavings.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from backend.rooms.hub import Hub
from backend.rooms.log import Window
from backend.rooms.members import Member
from backend.rooms.protocol import RoomEvent
from backend.rooms.room import Room
from backend.rooms.snapshot import Comparison, Response, Turn
from tests.rooms.followers import Follower
from tests.rooms.loopback import LoopbackSocket, LoopbackTransport, member_of
from tests.rooms.stories import Story
from tests.support.laws import law

FEW = Window(events=7)
WORDS = ("a", "bcd ", "é", "🦊", "日本", "\n")
CLIENTS = 3


@dataclass
class Client:
    follower: Follower
    socket: LoopbackSocket | None = None
    member: Member | None = None

    def read(self, at_most: int = 10**9) -> None:
        while self.socket and self.socket.unread and at_most:
            self.follower.hear(self.socket.unread.popleft())
            at_most -= 1


@dataclass
class World:
    """One comparison that goes on and on, in a hub that forgets its room now and then."""

    dice: random.Random
    transport: LoopbackTransport = field(default_factory=LoopbackTransport)
    story: Story = field(default_factory=lambda: Story(lanes=2))

    def __post_init__(self) -> None:
        self.saved: Comparison = self.story.beginning
        self.hub = Hub(self.transport, self.load, window=FEW)
        self.clients = [Client(Follower(self.story.session_id)) for _ in range(CLIENTS)]
        self.turns: list[Turn] = []
        self.open: list[Response] = []
        self.rooms = 0

    async def load(self, session_id: UUID) -> Comparison:
        assert session_id == self.story.session_id
        self.rooms += 1
        await asyncio.sleep(0)
        return self.saved

    async def room(self) -> Room:
        return await self.hub.opened(self.story.session_id)

    async def publish(self, _client: Client) -> None:
        event = self._next()
        (await self.room()).publish(event)
        self.saved = (await self.room()).snapshot()

    async def join(self, client: Client) -> None:
        room = await self.room()
        if client.socket is None:
            client.socket = LoopbackSocket(self.transport)
            client.member = member_of(client.socket)
        else:
            # He is in it and asks again: from the last that he has read.
            client.read()
        assert client.member
        room.join(client.member, client.follower.joining(), "owner")

    async def read_some(self, client: Client) -> None:
        client.read(self.dice.randrange(5))

    async def drop(self, client: Client) -> None:
        """Whatever was under way and not read is lost."""
        if client.socket and client.member:
            client.read(self.dice.randrange(3))
            client.socket.close(1006)
            (await self.room()).leave(client.member)
        client.socket = client.member = None

    async def forget_room(self, _client: Client) -> None:
        """As a restart does, or two quiet minutes."""
        for client in self.clients:
            await self.drop(client)
        self.hub.close(self.story.session_id, "idle")

    def _next(self) -> RoomEvent:
        dice, story = self.dice, self.story
        if not self.open:
            turn = story.turn()
            self.turns.append(turn)
            self.open.extend(turn.responses)
            return story.starts(turn)
        return dice.choice(EVENTS)(self, dice.choice(self.open), dice.choice(WORDS))

    def regenerate(self, response: Response, _word: str) -> RoomEvent:
        added = self.story.regenerates(self.turns[-1], response)
        self.open.append(added.response)
        return added

    def end(self, response: Response, _word: str) -> RoomEvent:
        self.open.remove(response)
        return self.dice.choice((self.story.completes, self.story.fails))(response)

    async def check(self) -> None:
        """Who is in the room and has read everything has exactly what the room has."""
        now = (await self.room()).snapshot()
        for client in self.clients:
            if client.socket is not None:
                client.read()
                assert client.follower.snapshot() == now


EVENTS: tuple[Callable[[World, Response, str], RoomEvent], ...] = (
    World.end,
    World.end,
    World.regenerate,
    lambda world, response, _: world.story.begins(response),
    lambda world, response, _: world.story.retries(response),
    lambda world, response, _: world.story.chooses(world.turns[-1], response),
    lambda world, _, word: world.story.changes(word, world.story.lanes),
    lambda world, response, word: world.story.thinks(response, word),
    *[lambda world, response, word: world.story.says(response, word)] * 4,
)
STEPS = (
    (World.publish, 8),
    (World.join, 3),
    (World.read_some, 3),
    (World.drop, 2),
    (World.forget_room, 1),
    (World.check, 1),
)
CHOICES = [step for step, often in STEPS for _ in range(often)]


@law
@given(
    st.lists(st.tuples(st.sampled_from(CHOICES), st.integers(0, CLIENTS - 1)), max_size=80),
    st.integers(0, 2**32),
)
def test_state_then_events_is_the_state(steps: list[tuple], seed: int) -> None:
    async def live() -> None:
        world = World(random.Random(seed))
        for step, number in steps:
            if step is World.check:
                await world.check()
            else:
                await step(world, world.clients[number])
        for client in world.clients:
            await world.join(client)
        await world.check()
        await world.forget_room(world.clients[0])
        assert world.hub.live_rooms == 0

    asyncio.run(live())


def test_the_world_of_the_law_has_everything_in_it() -> None:
    """A law over a world in which nothing happens holds too easily."""

    async def live() -> tuple[World, list[bool]]:
        world = World(random.Random(7))
        for _ in range(1500):
            step = world.dice.choice(CHOICES)
            if step is World.check:
                await world.check()
            else:
                await step(world, world.dice.choice(world.clients))
        return world, [recovered for client in world.clients for recovered in client.follower.recovered]

    world, joins = asyncio.run(live())
    assert world.rooms > 30
    assert joins.count(True) > 20
    assert joins.count(False) > 50
    assert sum(client.follower.heard for client in world.clients) > 200
