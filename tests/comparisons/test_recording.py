"""Pieces become frames for the room at once, and text for the database later."""

import asyncio
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.comparisons.recording import FRAME, Identity, Recording
from backend.kit.ids import new_id
from backend.kit.utf16 import units
from backend.providers.answering import Retrying
from backend.providers.chat import Reasoning, Text
from backend.rooms.protocol import ModelChunk, ModelReasoning, ModelRetry, Piece, RoomEvent
from backend.rooms.text import GrowingText
from tests.support.waiting import eventually

IDENTITY = Identity(new_id(), new_id(), new_id(), new_id(), "simulator/swift")


def said(text: str) -> Text:
    return Text(text, time.monotonic())


def joined(events: list[RoomEvent], kind: type[Piece]) -> str:
    """As a client puts it together."""
    growing = GrowingText("")
    for event in events:
        if isinstance(event, kind):
            assert event.offset == growing.length
            growing.add(event.offset, event.chunk)
    return growing.read()


async def test_the_first_piece_leaves_at_once() -> None:
    events: list[RoomEvent] = []
    recording = Recording(IDENTITY, events.append)
    recording.hear([said("Be")])
    assert joined(events, ModelChunk) == "Be"


async def test_a_flood_becomes_one_frame_in_a_while_and_all_of_it_arrives() -> None:
    moments: list[float] = []
    events: list[RoomEvent] = []

    def say(event: RoomEvent) -> None:
        moments.append(time.monotonic())
        events.append(event)

    recording = Recording(IDENTITY, say)
    sent = ""
    for number in range(400):
        recording.hear([said(f"{number} ")])
        sent += f"{number} "
        await asyncio.sleep(0.0005)
    await eventually(lambda: not recording.holds_back)
    gaps = [after - before for before, after in pairwise(moments)]
    assert min(gaps) >= FRAME - 0.002  # the loop rounds its timers to its clock
    assert len(moments) <= (moments[-1] - moments[0]) / (FRAME - 0.002) + 1
    assert joined(events, ModelChunk) == sent == recording.text


async def test_the_end_does_not_wait_for_a_frame() -> None:
    events: list[RoomEvent] = []
    recording = Recording(IDENTITY, events.append)
    recording.hear([said("Be")])
    recording.hear([said("cause")])
    assert recording.holds_back
    recording.flush()
    assert not recording.holds_back
    assert joined(events, ModelChunk) == recording.text == "Because"


async def test_thoughts_are_told_apart_and_before_the_answer() -> None:
    events: list[RoomEvent] = []
    recording = Recording(IDENTITY, events.append)
    recording.hear([Reasoning("Hm.", 0.0), said("Yes."), Reasoning(" Well.", 0.0)])
    assert [type(event) for event in events] == [ModelReasoning, ModelChunk]
    assert (joined(events, ModelReasoning), joined(events, ModelChunk)) == ("Hm. Well.", "Yes.")
    assert (recording.reasoning, recording.text) == ("Hm. Well.", "Yes.")


async def test_a_try_that_came_to_nothing_is_told() -> None:
    events: list[RoomEvent] = []
    recording = Recording(IDENTITY, events.append)
    recording.hear([Retrying("overloaded", "busy\0", 0.25, "simulator/sage", 0.0)])
    (event,) = events
    assert isinstance(event, ModelRetry)
    assert event.retry == recording.retries[0]
    assert (event.retry.wait_ms, event.retry.next_model_id) == (250.0, "simulator/sage")
    assert event.retry.message == "busy\ufffd"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.text(max_size=4), st.sampled_from(["", "flush", "save"]))))
def test_told_and_saved_and_timed_are_the_same_text(script: list[tuple[bool, str, str]]) -> None:
    async def play() -> None:
        events: list[RoomEvent] = []
        recording = Recording(IDENTITY, events.append)
        saved = []
        for thinks, text, then in script:
            recording.hear([Reasoning(text, 0.0) if thinks else said(text)])
            if then == "flush":
                recording.flush()
            elif then == "save":
                saved.append(recording.take_unsaved())
        recording.flush()
        saved.append(recording.take_unsaved())
        assert recording.take_unsaved() is None
        batches = [each for each in saved if each is not None]
        answer = "".join(text for thinks, text, _ in script if not thinks).replace("\0", "\ufffd")
        thoughts = "".join(text for thinks, text, _ in script if thinks).replace("\0", "\ufffd")
        assert joined(events, ModelChunk) == recording.text == answer
        assert joined(events, ModelReasoning) == recording.reasoning == thoughts
        assert "".join(each.text for each in batches) == answer
        assert "".join(each.reasoning for each in batches) == thoughts
        assert [each.number for each in batches] == list(range(1, len(batches) + 1))
        marks = recording.timeline.marks()
        assert (
            (marks[-1].text, marks[-1].reasoning) == (units(answer), units(thoughts))
            if marks
            else not script or not (answer or thoughts)
        )

    asyncio.run(play())


@pytest.mark.parametrize("text", ["\0", "a\0b", "😀\0", "e\u0301", "🏳️‍🌈", "\u2028"])
async def test_offsets_count_as_browsers_do(text: str) -> None:
    events: list[RoomEvent] = []
    recording = Recording(IDENTITY, events.append)
    recording.hear([said(text)])
    recording.hear([said("|")])
    recording.flush()
    last = events[-1]
    assert isinstance(last, ModelChunk)
    assert last.offset == units(text)
