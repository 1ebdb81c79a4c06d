"""A room as a stream of events, read as slowly as somebody likes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import pytest

from backend.comparisons import following
from backend.comparisons.following import MOST_BEHIND, Reader, events_of
from backend.kit.sockets import Nowhere
from backend.rooms.hub import Hub
from tests.rooms.stories import Story


async def welcome() -> bool:
    return True


def reader(*, to_the_end: bool = False) -> Reader:
    return Reader("owner", None, to_the_end, welcome)


async def nothing_more(events: AsyncIterator[bytes]) -> bool:
    return await anext(events, None) is None


@pytest.fixture
def story() -> Story:
    return Story(lanes=1)


@pytest.fixture
def hub(story: Story) -> Hub:
    async def load(_: object):
        return story.beginning

    return Hub(Nowhere(), load)


async def test_who_is_a_megabyte_behind_is_sent_away_and_nobody_else(hub: Hub, story: Story) -> None:
    turn = story.turn()
    (answer,) = turn.responses
    async with (
        aclosing(events_of(hub, story.session_id, reader())) as slow,
        aclosing(events_of(hub, story.session_id, reader())) as quick,
    ):
        assert b'"joined"' in await anext(slow)
        assert b'"joined"' in await anext(quick)
        chunk = "x" * 64 * 1024
        said = [story.starts(turn), story.begins(answer)]
        said += [story.says(answer, chunk) for _ in range(MOST_BEHIND // len(chunk) + 1)]
        for event in said:
            hub.publish(event)
            assert f'"{event.__struct_config__.tag}"'.encode() in await anext(quick)
        # What was heard before it became too much is not worth sending: he begins where he stopped reading.
        assert await nothing_more(slow)
        hub.publish(story.says(answer, "and on"))
        assert b"and on" in await anext(quick)


async def test_a_server_that_ends_says_so_after_what_was_said_before(hub: Hub, story: Story) -> None:
    async with aclosing(events_of(hub, story.session_id, reader())) as events:
        await anext(events)
        turn = story.turn()
        hub.publish(story.starts(turn))
        hub.dismiss_followers()
        assert b'"turn_started"' in await anext(events)
        last = await anext(events)
        assert last.startswith(b'data: {"type":"session_closed"')
        assert b'"restarting"' in last
        assert await nothing_more(events)


async def test_who_is_asked_about_reads_on_and_goes_as_soon_as_it_is_no(
    hub: Hub, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_BELIEVED", 0.0)
    said, answer = asyncio.Event(), asyncio.Event()

    async def not_welcome() -> bool:
        said.set()
        await answer.wait()
        return False

    turn = story.turn()
    (response,) = turn.responses
    heard = replace(reader(), welcome=not_welcome)
    async with aclosing(events_of(hub, story.session_id, heard)) as events:
        await anext(events)
        for event in (story.starts(turn), story.begins(response), story.says(response, "on and")):
            hub.publish(event)
            await anext(events)
        going = asyncio.ensure_future(nothing_more(events))
        await said.wait()
        answer.set()
        async with asyncio.timeout(2):  # a ping would come after four seconds
            assert await going
