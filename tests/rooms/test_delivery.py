"""Everybody gets everything, once and in order, however they come, go and are thrown out."""

import asyncio
import random
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from backend.rooms.log import MOST_EVENTS
from backend.rooms.room import LARGEST_SNAPSHOT, Room
from backend.rooms.snapshot import Response
from tests.rooms.followers import Follower
from tests.rooms.raw_readers import RawReader
from tests.rooms.stage import Page, Person, Stage
from tests.rooms.stories import Story
from tests.server.frames import Opcode, RawClient, dial, upgrade_request
from tests.support.scale import scaled

PUBLISHERS, CHUNKS, MEMBERS = 8, 500, 20
IN_ONE_GO = 50  # before everybody has caught up: a busy machine makes no slow readers
CUTS = scaled(100, 200)
CROWD = scaled(10, 50)
THROWN_OUT_FOR = scaled(0, 10)  # seconds, and until each has come back five times
TURNS_IN_PEACE = scaled(50, 300)  # on average, of 2 ms each
IS_EVENT = re.compile(rb'"type":"model_chunk"')


@pytest.fixture
def ada(stage: Stage) -> Person:
    return stage.person()


def begin(stage: Stage, owner: Person, lanes: int = 1) -> tuple[Story, tuple[Response, ...]]:
    """A turn under way in a room that somebody holds."""
    story = stage.archive.keep(owner.id, lanes)
    turn = story.turn()
    room = stage.do(stage.hub.opened(story.session_id))
    stage.now(room.hold)
    stage.now(room.publish, story.starts(turn))
    return story, turn.responses


def room_of(stage: Stage, story: Story) -> Room:
    room = stage.hub.find(story.session_id)
    assert room is not None
    return room


async def test_twenty_members_get_all_of_what_eight_publishers_say(stage: Stage, ada: Person) -> None:
    story, answers = begin(stage, ada, PUBLISHERS)
    readers = [await RawReader.in_room(stage, ada.token, story.session_id) for _ in range(MEMBERS)]
    room = room_of(stage, story)

    async def publish(answer: Response) -> None:
        for number in range(IN_ONE_GO):
            room.publish(story.says(answer, f"{number} "))
            await asyncio.sleep(0)

    async def publish_all() -> None:
        await asyncio.gather(*(publish(answer) for answer in answers))

    for _ in range(CHUNKS // IN_ONE_GO):
        await asyncio.wrap_future(stage.thread.begin(publish_all()))
        last = f'"seq":{room.position.seq},'.encode()
        for reader in readers:
            while last not in reader.received[-2000:]:
                await reader.more()
    heard = [[text for text in reader.texts() if IS_EVENT.search(text)] for reader in readers]
    assert [len(texts) for texts in heard] == [PUBLISHERS * CHUNKS] * MEMBERS
    assert all(texts == heard[0] for texts in heard[1:])
    joined = next(text for text in readers[0].texts() if b'"type":"joined"' in text)
    follower = Follower(story.session_id)
    for text in (joined, *heard[0]):
        follower.hear(text)
    assert follower.snapshot() == stage.now(room.snapshot)
    for reader in readers:
        reader.abort()


def listen(page: Page, follower: Follower, until: Callable[[], bool]) -> None:
    while not until():
        follower.hear(page.socket.recv(20))


def come_back(stage: Stage, person: Person, follower: Follower) -> Page:
    page = stage.open(person.token)
    at = {"epoch": follower.epoch, "after": follower.seq} if follower.epoch else {}
    page.say("join_session", sessionId=str(follower.session_id), **at)
    joins = len(follower.recovered)
    listen(page, follower, lambda: len(follower.recovered) > joins)
    return page


def drop(page: Page) -> None:
    """Without a word, as a cable that is pulled out."""
    page.socket.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    page.socket.close_socket()


@pytest.mark.promised
def test_who_drops_out_again_and_again_misses_nothing(stage: Stage, ada: Person) -> None:
    story, [answer] = begin(stage, ada)
    room, follower, dice = room_of(stage, story), Follower(story.session_id), random.Random(5)
    stop = threading.Event()

    async def speak() -> None:
        """Also while he is away, but never so much that it would be too long ago when he comes."""
        while not stop.is_set():
            if room.position.seq < follower.seq + MOST_EVENTS // 2:
                room.publish(story.says(answer, "🦊 "))
            await asyncio.sleep(0.0005)

    speaking = stage.thread.begin(speak())
    try:
        for _ in range(CUTS):
            page = come_back(stage, ada, follower)
            cut = follower.seq + dice.randrange(30)
            listen(page, follower, lambda cut=cut: follower.seq >= cut)
            drop(page)
    finally:
        stop.set()
        speaking.result(20)
    page = come_back(stage, ada, follower)
    listen(page, follower, lambda: follower.seq == room.position.seq)
    assert follower.snapshot() == stage.now(room.snapshot)
    assert follower.recovered == [False] + [True] * CUTS


@pytest.mark.promised
async def test_clients_that_are_thrown_out_again_and_again_have_everything_in_the_end(
    stage: Stage, ada: Person
) -> None:
    story, [answer] = begin(stage, ada)
    room, followers = room_of(stage, story), [Follower(story.session_id) for _ in range(CROWD)]
    headers = {"authorization": f"Bearer {ada.token}"}
    last: list[int] = []

    async def live(follower: Follower) -> None:
        while follower.seq not in last:
            with suppress(ConnectionClosed):
                async with connect(stage.ws_url, additional_headers=headers, compression=None) as socket:
                    await socket.send(msgspec.json.encode(follower.joining()).decode())
                    while follower.seq not in last:
                        async with asyncio.timeout(20):
                            follower.hear(await socket.recv())

    def speak() -> None:
        """Never so much that it would be too long ago for anybody who is away."""
        if room.position.seq < min(follower.seq for follower in followers) + MOST_EVENTS // 2:
            room.publish(story.says(answer, "word "))

    async def speak_to_the_end() -> None:
        await speak_and_throw_out(stage, speak, followers)
        last.append(room.position.seq + 1)
        room.publish(story.says(answer, "end"))

    async with asyncio.TaskGroup() as lives:
        for follower in followers:
            lives.create_task(live(follower))
        await asyncio.wrap_future(stage.thread.begin(speak_to_the_end()))
    for follower in followers:
        assert follower.snapshot() == stage.now(room.snapshot)
        assert all(follower.recovered[1:])


async def speak_and_throw_out(stage: Stage, speak: Callable[[], None], followers: list[Follower]) -> None:
    dice, enough = random.Random(6), time.monotonic() + THROWN_OUT_FOR
    while time.monotonic() < enough or min(len(follower.recovered) for follower in followers) < 6:
        speak()
        for visitor in tuple(stage.sockets._visitors):
            if dice.random() < 1 / TURNS_IN_PEACE:
                visitor.socket.close(1012, "thrown out")
        await asyncio.sleep(0.002)


def test_who_was_away_for_too_long_begins_with_the_state(stage: Stage, ada: Person) -> None:
    story, [answer] = begin(stage, ada)
    room, follower = room_of(stage, story), Follower(story.session_id)
    drop(come_back(stage, ada, follower))
    for number in range(MOST_EVENTS + 1):
        stage.thread.loop.call_soon_threadsafe(room.publish, story.says(answer, f"{number} "))
    stage.until(lambda: room.position.seq == MOST_EVENTS + 2)
    drop(come_back(stage, ada, follower))
    assert follower.recovered == [False, False]
    assert follower.snapshot() == stage.now(room.snapshot)
    assert follower.heard == 0


def test_a_room_that_was_opened_anew_has_another_epoch(stage_with: Callable[..., Stage]) -> None:
    stage = stage_with(idle=0.01)
    ada = stage.person()
    story = stage.archive.keep(ada.id)
    turn = story.turn()
    follower = Follower(story.session_id)
    page = come_back(stage, ada, follower)
    room = room_of(stage, story)
    stage.now(room.publish, story.starts(turn))
    listen(page, follower, lambda: follower.seq == 1)
    first_epoch = follower.epoch
    # As the database has it: what follows happened while no room was open.
    stage.now(room.publish, story.says(turn.responses[0], "unheard"))
    stage.archive.kept[story.session_id] = stage.now(room.snapshot)
    page.socket.close()
    stage.until(lambda: stage.hub.live_rooms == 0)
    come_back(stage, ada, follower)
    assert follower.epoch != first_epoch
    assert follower.recovered == [False, False]
    assert follower.snapshot() == stage.archive.kept[story.session_id]


def test_one_socket_is_in_several_rooms_and_keeps_them_apart(stage: Stage, ada: Person) -> None:
    stories = [begin(stage, ada) for _ in range(3)]
    page = stage.open(ada.token)
    followers = {str(story.session_id): Follower(story.session_id) for story, _ in stories}
    for session in followers:
        page.say("join_session", sessionId=session)
    for number in range(30):
        story, [answer] = stories[number % 3]
        stage.now(stage.hub.publish, story.says(answer, f"{number} "))
    while any(follower.heard < 10 and follower.seq < 11 for follower in followers.values()):
        frame = page.socket.recv(20)
        followers[msgspec.json.decode(frame)["sessionId"]].hear(frame)
    for story, _ in stories:
        follower = followers[str(story.session_id)]
        assert follower.snapshot() == stage.now(room_of(stage, story).snapshot)


def test_a_state_that_is_too_large_for_a_frame_is_left_out(stage: Stage, ada: Person) -> None:
    story, [answer] = begin(stage, ada)
    page = stage.open(ada.token)
    small = page.join(story.session_id)
    assert small["snapshot"] is not None
    stage.now(stage.hub.publish, story.says(answer, "x" * LARGEST_SNAPSHOT))
    large = stage.open(ada.token).join(story.session_id)
    assert (large["snapshot"], large["recovered"], large["seq"]) == (None, False, 2)
    # Who knows the position from elsewhere goes on from there.
    again = stage.open(ada.token).join(story.session_id, epoch=large["epoch"], after=2)
    assert (again["recovered"], again["seq"]) == (True, 2)


def test_who_does_not_read_is_closed_and_the_others_notice_nothing(stage: Stage, ada: Person) -> None:
    story, [answer] = begin(stage, ada)
    room, follower = room_of(stage, story), Follower(story.session_id)
    slow = RawClient(dial("127.0.0.1", stage.thread.server.port, receive_buffer=16 * 1024))
    stage.stack.enter_context(slow)
    slow.connection.sendall(upgrade_request(authorization=f"Bearer {ada.token}"))
    slow.read_head()
    command = msgspec.json.encode({"type": "join_session", "sessionId": story.session_id})
    slow.send(Opcode.TEXT, command)
    stage.until(lambda: room.members == 1)
    page = come_back(stage, ada, follower)
    stage.until(lambda: room.members == 2)
    while room.members == 2:
        assert room.position.seq < 2000, "the kernel takes everything"
        stage.now(room.publish, story.says(answer, "word".ljust(16_000)))
        listen(page, follower, lambda: follower.seq == room.position.seq)
    assert follower.snapshot() == stage.now(room.snapshot)
    *heard, last = slow.read_to_the_end()
    assert (last.opcode, last.close_code) == (Opcode.CLOSE, 4408)
    late = Follower(story.session_id)
    for each in heard:
        late.hear(each.payload)
    # He was shown a part without a gap, and can tell where it ends.
    assert 1 <= late.seq <= room.position.seq


def test_a_person_with_two_tabs_is_one_to_the_others_until_both_are_closed(stage: Stage, ada: Person) -> None:
    bert = stage.person("bert@example.org")
    story, _ = begin(stage, ada)
    stage.archive.shared[story.session_id, bert.id] = "viewer"
    page = stage.open(ada.token)
    page.join(story.session_id)
    assert [person["name"] for person in page.until("presence")["people"]] == ["ada"]
    tabs = [stage.open(bert.token), stage.open(bert.token)]
    for tab in tabs:
        tab.join(story.session_id)
    came = page.until("presence")
    while not any(person["name"] == "bert" for person in came["people"]):
        came = page.until("presence")
    tabs[0].ask("typing", sessionId=str(story.session_id))
    assert page.until("typing")["name"] == "bert"
    tabs[0].socket.close()
    drop(tabs[1])
    gone = page.until("presence")
    while gone["left"] != [str(bert.id)]:
        gone = page.until("presence")
    assert not [said for said in page.kept if said["type"] == "presence" and said["left"]]


def test_a_comparison_that_is_deleted_closes_its_room_for_everybody(stage: Stage, ada: Person) -> None:
    story, _ = begin(stage, ada)
    pages = [stage.open(ada.token) for _ in range(3)]
    for page in pages:
        page.join(story.session_id)
    del stage.archive.kept[story.session_id]
    stage.now(stage.hub.close, story.session_id)
    for page in pages:
        assert page.until("session_closed")["reason"] == "deleted"
        assert page.join(story.session_id)["code"] == "not_found"


def test_typing_needs_a_room_that_one_is_in(stage: Stage, ada: Person) -> None:
    page = stage.open(ada.token)
    for kind in ("typing", "viewing"):
        assert page.ask(kind, sessionId=str(UUID(int=1)))["code"] == "not_joined"
