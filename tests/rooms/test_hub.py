"""Rooms open once, stay as long as they are needed, and leave nothing behind."""

import asyncio
import gc
import random
import weakref
from uuid import UUID

import msgspec
import pytest

from backend.kit.errors import NotFound
from backend.rooms.hub import DELETED, IDLE, Hub
from backend.rooms.log import LONGEST_AGO
from backend.rooms.protocol import JoinSession
from backend.rooms.room import CROWDED
from backend.rooms.snapshot import Comparison
from backend.rooms.state import RoomState
from backend.rooms.text import OutOfStep
from tests.rooms.followers import Follower
from tests.rooms.hasty_loop import hastily
from tests.rooms.loopback import LoopbackSocket, LoopbackTransport, member_of
from tests.rooms.stories import Story


class Shelf:
    """Where comparisons are kept; reading takes until it is let."""

    def __init__(self, *stories: Story) -> None:
        self.kept = {story.session_id: story.beginning for story in stories}
        self.reads = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def load(self, session_id: UUID) -> Comparison:
        self.reads += 1
        await self.may_answer.wait()
        if session_id not in self.kept:
            raise NotFound
        return self.kept[session_id]


def open_hub(shelf: Shelf, **more: float) -> tuple[Hub, LoopbackTransport]:
    transport = LoopbackTransport()
    return Hub(transport, shelf.load, **more), transport


async def test_however_many_come_at_once_a_room_is_read_once() -> None:
    story = Story()
    shelf = Shelf(story)
    hub, _ = open_hub(shelf)
    rooms = await asyncio.gather(*(hub.opened(story.session_id) for _ in range(50)))
    assert len(set(map(id, rooms))) == shelf.reads == hub.live_rooms == 1


async def test_what_was_just_made_is_not_read_and_a_room_that_is_there_stays_as_it_is() -> None:
    story, other = Story(), Story(session_id=UUID(int=1))
    shelf = Shelf(story, other)
    hub, _ = open_hub(shelf)
    room = await hub.opened_with(story.beginning)
    assert room.snapshot() == story.beginning
    assert shelf.reads == 0

    shelf.may_answer.clear()
    opening = asyncio.create_task(hub.opened(other.session_id))
    await asyncio.sleep(0)
    with_it = asyncio.create_task(hub.opened_with(other.beginning))
    await asyncio.sleep(0)
    hub.publish(other.starts(other.turn()))
    shelf.may_answer.set()
    assert await with_it is await opening
    assert await hub.opened_with(other.beginning) is await opening
    assert len((await opening).snapshot().turns) == 1
    assert shelf.reads == 1


async def test_who_goes_away_while_it_opens_takes_it_from_nobody() -> None:
    story = Story()
    shelf = Shelf(story)
    shelf.may_answer.clear()
    hub, _ = open_hub(shelf)
    impatient = asyncio.ensure_future(hub.opened(story.session_id))
    patient = asyncio.ensure_future(hub.opened(story.session_id))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.sleep(0)
    shelf.may_answer.set()
    assert (await patient).session_id == story.session_id
    assert shelf.reads == 1


async def test_what_cannot_be_read_is_told_to_all_who_came_and_tried_again_for_the_next() -> None:
    story = Story()
    shelf = Shelf()
    hub, _ = open_hub(shelf)
    answers = await asyncio.gather(*(hub.opened(story.session_id) for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [NotFound] * 3
    shelf.kept[story.session_id] = story.beginning
    assert (await hub.opened(story.session_id)).position.seq == 0
    assert shelf.reads == 2


async def test_a_failure_that_nobody_waits_for_is_nobodys() -> None:
    """An exception that is never looked at would be a warning, which fails the test."""
    shelf = Shelf()
    shelf.may_answer.clear()
    hub, _ = open_hub(shelf)
    alone = asyncio.ensure_future(hub.opened(Story().session_id))
    await asyncio.sleep(0)
    alone.cancel()
    shelf.may_answer.set()
    for _ in range(5):
        await asyncio.sleep(0)
    gc.collect()
    assert hub.live_rooms == 0


async def test_what_is_published_while_it_opens_is_in_it_whether_it_was_read_or_not() -> None:
    """The end of an answer can be read from the database and heard of as well."""
    story = Story(lanes=1)
    turn = story.turn()
    [answer] = turn.responses
    events = [story.starts(turn), story.begins(answer), story.says(answer, "🦊abc"), story.completes(answer)]
    whole = RoomState(story.beginning)
    for event in events:
        whole.apply(event)
    for read in range(len(events) + 1):
        shelf = Shelf()
        known = RoomState(story.beginning)
        for event in events[:read]:
            known.apply(event)
        shelf.kept[story.session_id] = known.snapshot()
        shelf.may_answer.clear()
        hub, _ = open_hub(shelf)
        opening = asyncio.ensure_future(hub.opened(story.session_id))
        await asyncio.sleep(0)
        for event in events:
            hub.publish(event)
        shelf.may_answer.set()
        room = await opening
        assert room.snapshot() == whole.snapshot()
        assert room.position.seq == len(events)


async def test_where_no_room_is_open_nobody_hears_anything() -> None:
    story = Story()
    shelf = Shelf(story)
    hub, transport = open_hub(shelf)
    hub.publish(story.starts(story.turn()))
    assert (hub.live_rooms, shelf.reads, transport.published) == (0, 0, 0)
    assert hub.find(story.session_id) is None


async def test_a_gap_is_the_publishers_error_and_nobody_hears_of_it() -> None:
    story = Story(lanes=1)
    turn = story.turn()
    [answer] = turn.responses
    lost, late = story.says(answer, "lost"), story.says(answer, "late")
    hub, _ = open_hub(Shelf(story))
    async with hub.holding(story.session_id) as room:
        with pytest.raises(OutOfStep, match="nobody has heard of response"):
            room.publish(lost)
        with pytest.raises(OutOfStep, match="nobody has heard of turn"):
            room.publish(story.chooses(turn, answer))
        room.publish(story.starts(turn))
        before = room.snapshot()
        with pytest.raises(OutOfStep, match="begins at 4, but the text ends at 0"):
            room.publish(late)
        assert (room.position.seq, room.snapshot()) == (1, before)


def test_a_room_stays_for_two_quiet_minutes_and_then_goes() -> None:
    async def live() -> None:
        story = Story()
        hub, transport = open_hub(Shelf(story))
        room = await hub.opened(story.session_id)
        member = member_of(LoopbackSocket(transport))
        await asyncio.sleep(IDLE - 1)
        room.join(member, JoinSession(session_id=story.session_id), "owner")
        await asyncio.sleep(10 * IDLE)
        assert hub.find(story.session_id) is room
        room.leave(member)
        await asyncio.sleep(IDLE - 1)
        assert hub.live_rooms == 1
        async with hub.holding(story.session_id) as held:
            assert held is room
            await asyncio.sleep(10 * IDLE)
        await asyncio.sleep(IDLE - 1)
        assert hub.live_rooms == 1
        await asyncio.sleep(2)
        assert hub.live_rooms == 0
        assert (await hub.opened(story.session_id)).epoch != room.epoch

    hastily(live())


def test_what_was_said_two_minutes_ago_is_not_said_again() -> None:
    async def live() -> None:
        story = Story()
        hub, transport = open_hub(Shelf(story))
        async with hub.holding(story.session_id) as room:
            follower = Follower(story.session_id)
            room.publish(story.starts(story.turn()))
            for wait, recovered in ((0, False), (LONGEST_AGO - 1, True), (LONGEST_AGO + 1, False)):
                room.publish(story.starts(story.turn()))
                await asyncio.sleep(wait)
                socket = LoopbackSocket(transport)
                member = member_of(socket)
                room.join(member, follower.joining(), "owner")
                room.leave(member)
                for frame in socket.unread:
                    follower.hear(frame)
                assert follower.recovered[-1] is recovered
                assert follower.snapshot() == room.snapshot()

    hastily(live())


async def test_a_deleted_comparison_puts_everybody_out_at_once() -> None:
    story = Story()
    shelf = Shelf(story)
    hub, transport = open_hub(shelf)
    async with hub.holding(story.session_id) as room:
        socket = LoopbackSocket(transport)
        room.join(member_of(socket), JoinSession(session_id=story.session_id), "owner")
        del shelf.kept[story.session_id]
        hub.close(story.session_id)
        last = msgspec.json.decode(socket.unread[-1])
        assert (last["type"], last["reason"]) == ("session_closed", DELETED)
        socket.unread.clear()
        room.publish(story.starts(story.turn()))
        hub.publish(story.starts(story.turn()))
        assert not socket.unread
    assert hub.live_rooms == 0
    with pytest.raises(NotFound):
        await hub.opened(story.session_id)


async def test_what_is_deleted_while_it_opens_does_not_open() -> None:
    story = Story()
    shelf = Shelf(story)
    shelf.may_answer.clear()
    hub, _ = open_hub(shelf)
    opening = asyncio.ensure_future(hub.opened(story.session_id))
    await asyncio.sleep(0)
    hub.close(story.session_id)
    shelf.may_answer.set()
    with pytest.raises(NotFound):
        await opening
    assert hub.live_rooms == 0


async def test_joins_that_race_with_publishing_miss_nothing_a_thousand_times() -> None:
    story = Story(lanes=1)
    turn = story.turn()
    [answer] = turn.responses
    hub, transport = open_hub(Shelf(story))
    dice, heard, joining = random.Random(11), [], 0

    async def come() -> None:
        nonlocal joining
        joining += 1
        follower, socket = Follower(story.session_id), LoopbackSocket(transport)
        member = member_of(socket)
        room = await hub.opened(story.session_id)
        room.join(member, follower.joining(), "owner")
        for _ in range(dice.randrange(8)):
            await asyncio.sleep(0)
        now = room.snapshot()
        room.leave(member)
        for frame in socket.unread:
            follower.hear(frame)
        assert follower.snapshot() == now
        heard.append(follower.heard)

    async def speak() -> None:
        while len(heard) < 1000:
            hub.publish(story.says(answer, "word "))
            await asyncio.sleep(0)

    hub.publish(story.starts(turn))
    async with hub.holding(story.session_id) as room:
        room.publish(story.starts(turn))
        speaking = asyncio.ensure_future(speak())
        for _ in range(200):
            await asyncio.gather(*(come() for _ in range(5)))
        await speaking
    assert joining == len(heard) == 1000
    assert set(range(7)) <= set(heard)


async def test_who_still_has_much_to_read_is_sent_neither_state_nor_replay() -> None:
    """A client that joins many rooms at once would otherwise be taken for a slow reader."""
    story = Story()
    hub, transport = open_hub(Shelf(story))
    async with hub.holding(story.session_id) as room:
        room.publish(story.starts(story.turn()))
        socket = LoopbackSocket(transport)
        member = member_of(socket)
        for waiting, recovered in ((CROWDED, True), (CROWDED + 1, False)):
            socket.waiting = waiting
            socket.unread.clear()
            room.join(member, JoinSession(session_id=story.session_id, epoch=room.epoch, after=0), "owner")
            kinds = [msgspec.json.decode(frame)["type"] for frame in socket.unread]
            joined = msgspec.json.decode(socket.unread[0])
            assert (joined["recovered"], joined["snapshot"], joined["seq"]) == (recovered, None, 1)
            assert ("turn_started" in kinds) is recovered


async def test_who_comes_between_two_events_shares_one_encoding() -> None:
    story = Story()
    hub, transport = open_hub(Shelf(story))
    async with hub.holding(story.session_id) as room:
        sockets = [LoopbackSocket(transport) for _ in range(3)]
        for socket in sockets[:2]:
            room.join(member_of(socket), JoinSession(session_id=story.session_id), "owner")
        first = room._snapshot
        assert first is not None
        room.join(member_of(sockets[2]), JoinSession(session_id=story.session_id), "owner")
        assert room._snapshot is first
        turn = story.turn()
        room.publish(story.starts(turn))
        late = LoopbackSocket(transport)
        room.join(member_of(late), JoinSession(session_id=story.session_id), "owner")
        state = msgspec.json.decode(late.unread[0])["snapshot"]
        assert [each["id"] for each in state["turns"]] == [str(turn.id)]


async def test_a_room_that_has_closed_is_gone_without_a_collection_of_garbage() -> None:
    story = Story()
    hub, _ = open_hub(Shelf(story), idle=0.01)
    member = member_of(LoopbackSocket(open_hub(Shelf())[1]))
    gc.collect()
    gc.disable()
    try:
        room = await hub.opened(story.session_id)
        room.join(member, JoinSession(session_id=story.session_id), "owner")
        room.types(member, typing=True)
        room.leave(member)
        left = weakref.ref(room)
        del room
        async with asyncio.timeout(20):
            while hub.live_rooms:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert left() is None
    finally:
        gc.enable()
