import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.comparisons.timeline import (
    LARGEST,
    MOST_MARKS,
    Mark,
    Timeline,
    UnreadableTimelineError,
    pack,
    unpack,
)
from tests.support.laws import law

FRAMES = st.lists(st.tuples(st.floats(0, 1e7), st.integers(0, 100_000), st.integers(0, 100_000)), max_size=60)


def of(frames: list[tuple[float, int, int]]) -> Timeline:
    timeline = Timeline()
    for frame in frames:
        timeline.note(*frame)
    return timeline


def numbers(*values: int) -> bytes:
    """As the format has them, for values under 128."""
    return b"\x01" + zlib.compress(bytes(values))


@law
@given(FRAMES)
def test_what_is_packed_is_read_back(frames: list[tuple[float, int, int]]) -> None:
    timeline = of(frames)
    marks = unpack(timeline.pack())
    assert marks == timeline.marks()
    assert len(marks) == len(frames)
    assert [mark.text for mark in marks[-1:]] == [sum(text for _, text, _ in frames) for _ in marks[-1:]]


def test_marks_are_positions_since_the_start() -> None:
    marks = unpack(of([(180.4, 0, 9), (196.6, 4, 3), (400.0, 300, 0)]).pack())
    assert marks == [Mark(180, 0, 9), Mark(197, 4, 12), Mark(400, 304, 12)]


def test_a_clock_that_goes_back_stands_still_instead() -> None:
    marks = unpack(of([(-3.0, 1, 0), (50.0, 1, 0), (40.0, 1, 0)]).pack())
    assert [mark.ms for mark in marks] == [0, 50, 50]


def test_nothing_noted_is_an_empty_timeline() -> None:
    assert unpack(Timeline().pack()) == []


def test_ten_thousand_frames_take_well_under_thirty_kilobytes() -> None:
    dice = random.Random(7)
    timeline = Timeline()
    ms = 0.0
    for _ in range(10_000):
        ms += max(16.0, dice.gauss(25, 12))
        timeline.note(ms, dice.randint(0, 40), dice.choice((0, 0, 0, 5)))
    packed = timeline.pack()
    assert len(packed) < 25_000
    assert unpack(packed) == timeline.marks()


def test_more_frames_than_are_kept_end_where_the_response_ended() -> None:
    marks = [Mark(number, number, 0) for number in range(MOST_MARKS + 5)]
    kept = unpack(pack(marks))
    assert len(kept) == MOST_MARKS
    assert kept[-1] == marks[-1]


@law
@given(st.binary(max_size=200))
def test_bytes_that_are_no_timeline_are_refused(data: bytes) -> None:
    for hostile in (data, b"\x01" + data, b"\x01" + zlib.compress(data)):
        try:
            marks = unpack(hostile)
        except UnreadableTimelineError:
            continue
        assert unpack(pack(marks)) == marks


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "version"),
        (b"\x02" + zlib.compress(b"\0"), "version"),
        (b"\x01rubbish", "not compressed"),
        (numbers(1, 2, 3, 4)[:-1], "cut off or too long"),
        (numbers(1, 2, 3, 4) + b"!", "cut off or too long"),
        (b"\x01" + zlib.compress(bytes(100_000_000)), "cut off or too long"),
        (numbers(2, 1, 1, 1), "not as many"),
        (numbers(0, 1, 1, 1), "not as many"),
        (numbers(1, 1, 1, 1, 0x80), "cut off"),
        (numbers(1, 1, 1, *[0xFF] * 8, 1), "no end"),
        (numbers(1, 1, 1, *[0xFF] * 7, 0x7F), "too large"),
    ],
)
def test_hostile_bytes_are_named(data: bytes, why: str) -> None:
    with pytest.raises(UnreadableTimelineError, match=why):
        unpack(data)


def test_the_largest_number_is_one_that_a_page_can_count_to() -> None:
    marks = [Mark(LARGEST, LARGEST, LARGEST)]
    assert unpack(pack(marks)) == marks
