"""Who is in a room, as each of them is told."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any
from uuid import UUID

import msgspec

from backend.kit.ids import new_id
from backend.rooms.log import Window
from backend.rooms.members import Member
from backend.rooms.presence import TOGETHER, TYPING_LASTS
from backend.rooms.protocol import JoinSession
from backend.rooms.room import Room
from backend.rooms.traffic import Traffic
from tests.rooms.hasty_loop import hastily
from tests.rooms.loopback import LoopbackSocket, LoopbackTransport, member_of
from tests.rooms.stories import Story

ADA, BERT = UUID(int=1), UUID(int=2)
MOMENT = 0.01


def in_no_time(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    @wraps(test)
    def run() -> None:
        hastily(test())

    return run


class Place:
    def __init__(self) -> None:
        self.transport = LoopbackTransport()
        self.room = Room(Story().beginning, self.transport, Window(), 120, lambda _room: None, Traffic())

    def joins(self, person: UUID, name: str = "Ada") -> Member:
        member = member_of(LoopbackSocket(self.transport), person, name)
        self.room.join(member, JoinSession(session_id=self.room.session_id), "owner")
        return member


def heard(member: Member) -> list[dict[str, Any]]:
    """The signals that came since the last look."""
    assert isinstance(member.socket, LoopbackSocket)
    frames = [msgspec.json.decode(frame) for frame in member.socket.unread]
    member.socket.unread.clear()
    return [frame for frame in frames if frame["type"] != "joined"]


async def told() -> None:
    await asyncio.sleep(TOGETHER + MOMENT)


@in_no_time
async def test_who_joins_is_told_everybody_and_the_others_of_the_newcomer() -> None:
    place = Place()
    ada = place.joins(ADA)
    await told()
    heard(ada)
    bert = place.joins(BERT, "Bert")
    [everybody] = heard(bert)
    assert everybody["complete"]
    assert [person["name"] for person in everybody["people"]] == ["Ada", "Bert"]
    assert heard(ada) == []
    await told()
    [newcomer] = heard(ada)
    assert (newcomer["complete"], newcomer["left"]) == (False, [])
    assert newcomer["people"] == [{"id": str(BERT), "name": "Bert", "viewing": None}]


@in_no_time
async def test_a_person_with_two_tabs_is_one_and_leaves_with_the_last() -> None:
    place = Place()
    witness = place.joins(ADA)
    first, second = place.joins(BERT, "Bert"), place.joins(BERT, "Bert")
    assert [len(heard(tab)[0]["people"]) for tab in (first, second)] == [2, 2]
    await told()
    heard(witness)
    place.room.leave(first)
    await told()
    assert heard(witness) == []
    place.room.leave(second)
    await told()
    [gone] = heard(witness)
    assert (gone["people"], gone["left"]) == ([], [str(BERT)])


@in_no_time
async def test_the_lane_looked_at_last_counts_and_goes_with_its_tab() -> None:
    place = Place()
    witness, lanes = place.joins(ADA), [new_id(), new_id()]
    first, second = place.joins(BERT), place.joins(BERT)
    place.room.views(first, lanes[0])
    place.room.views(second, lanes[1])
    await told()
    assert seen_by(witness) == {str(BERT): str(lanes[1])}
    place.room.views(first, lanes[0])
    await told()
    assert seen_by(witness) == {str(BERT): str(lanes[0])}
    place.room.leave(first)
    await told()
    assert seen_by(witness) == {str(BERT): str(lanes[1])}
    place.room.views(second, None)
    await told()
    assert seen_by(witness) == {str(BERT): None}


def seen_by(member: Member) -> dict[str, str | None]:
    last = heard(member)[-1]
    return {person["id"]: person["viewing"] for person in last["people"] if person["id"] != str(ADA)}


@in_no_time
async def test_a_hundred_who_join_at_once_are_few_frames_for_each() -> None:
    place = Place()
    everybody = [place.joins(new_id(), f"person {number}") for number in range(100)]
    await told()
    counts = [len(heard(member)) for member in everybody]
    # All of them on joining, the differences once.
    assert counts == [2] * 100
    for member in everybody[:99]:
        place.room.leave(member)
    await told()
    [gone] = heard(everybody[99])
    assert len(gone["left"]) == 99


@in_no_time
async def test_who_comes_and_goes_within_a_moment_is_not_left_standing() -> None:
    place = Place()
    witness = place.joins(ADA)
    await told()
    heard(witness)
    place.room.leave(place.joins(BERT))
    await told()
    [difference] = heard(witness)
    assert (difference["people"], difference["left"]) == ([], [str(BERT)])


@in_no_time
async def test_typing_is_told_to_the_others_when_it_begins_and_when_it_ends() -> None:
    place = Place()
    ada, bert, other_tab = place.joins(ADA), place.joins(BERT, "Bert"), place.joins(BERT, "Bert")
    await told()
    for member in (ada, bert, other_tab):
        heard(member)
    for _ in range(5):
        place.room.types(bert, typing=True)
    [begins] = heard(ada)
    assert (begins["type"], begins["userId"], begins["typing"]) == ("typing", str(BERT), True)
    place.room.types(bert, typing=False)
    place.room.types(bert, typing=False)
    [ends] = heard(ada)
    assert (ends["name"], ends["typing"]) == ("Bert", False)
    assert heard(bert) == heard(other_tab) == []


@in_no_time
async def test_typing_ends_by_itself_when_no_key_follows() -> None:
    place = Place()
    ada, bert = place.joins(ADA), place.joins(BERT)
    await told()
    heard(ada)
    place.room.types(bert, typing=True)
    await asyncio.sleep(TYPING_LASTS - MOMENT)
    place.room.types(bert, typing=True)
    await asyncio.sleep(TYPING_LASTS - MOMENT)
    assert [frame["typing"] for frame in heard(ada)] == [True]
    await asyncio.sleep(2 * MOMENT)
    assert [frame["typing"] for frame in heard(ada)] == [False]


@in_no_time
async def test_who_leaves_while_typing_types_no_more() -> None:
    place = Place()
    ada, bert = place.joins(ADA), place.joins(BERT)
    await told()
    heard(ada)
    place.room.types(bert, typing=True)
    late = place.joins(UUID(int=3))
    assert [frame["type"] for frame in heard(late)] == ["presence", "typing"]
    place.room.leave(bert)
    assert [frame["typing"] for frame in heard(ada) if frame["type"] == "typing"] == [True, False]
    await asyncio.sleep(2 * TYPING_LASTS)
    assert [frame["type"] for frame in heard(ada)] == ["presence"]


@in_no_time
async def test_a_closed_room_leaves_no_timer_behind() -> None:
    place = Place()
    place.room.types(place.joins(ADA), typing=True)
    place.room.close("deleted")
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    assert [handle for handle in loop._scheduled if not handle.cancelled()] == []
