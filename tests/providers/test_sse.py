"""The reader of server-sent events, held against the law: however bytes are cut, the events are the same."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.providers.sse import LONGEST_LINE, SseReader, TooLongError

MIXED = st.sampled_from(["\n", "\r\n", "\r"])
# Anything but the characters that end a line.
LINES = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12)
NOISE = st.one_of(
    LINES.map(lambda text: f":{text}"),
    LINES.map(lambda text: f"event: {text}"),
    LINES.map(lambda text: f"id: {text}"),
    st.sampled_from(["retry: 5", "data", "database: x", " data: x"]),
)


@st.composite
def streams(draw: st.DrawFn, *, mixed: bool = False) -> tuple[bytes, list[bytes]]:
    """A stream with everything that may stand between, and the events that are in it.

    With mixed line ends a CR that ends a line and an LF that is a line of its own are one CRLF, so the events
    are known only where they are all of a kind.
    """
    line_end = MIXED if mixed else st.just(draw(MIXED))
    body, events = draw(st.sampled_from(["", "\ufeff"])), []
    for lines in draw(st.lists(st.lists(LINES, min_size=1, max_size=3), max_size=6)):
        for line in lines:
            for noise in draw(st.lists(NOISE, max_size=2)):
                body += noise + draw(line_end)
            space = "" if line[:1] not in {" ", ""} and draw(st.booleans()) else " "
            body += f"data:{space}{line}" + draw(line_end)
        body += draw(line_end) * draw(st.integers(1, 2))
        events.append("\n".join(lines).encode())
    return body.encode(), events


def read(body: bytes, cuts: list[int]) -> list[bytes]:
    reader = SseReader()
    places = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    found = [event for start, end in pairwise(places) for event in reader.feed(body[start:end])]
    return found + reader.end()


CUTS = st.lists(st.integers(0, 10_000), max_size=12)


@given(streams(), CUTS)
def test_every_event_comes_out_however_the_stream_is_cut(
    stream: tuple[bytes, list[bytes]], cuts: list[int]
) -> None:
    body, events = stream
    assert read(body, cuts) == events
    assert read(body, list(range(len(body)))) == events


@given(streams(mixed=True), CUTS)
def test_mixed_line_ends_read_the_same_however_the_stream_is_cut(
    stream: tuple[bytes, list[bytes]], cuts: list[int]
) -> None:
    body, _ = stream
    assert read(body, cuts) == read(body, []) == read(body, list(range(len(body))))


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
        (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
        (b"data:a\n\n", [b"a"]),
        (b"data:  a\n\n", [b" a"]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b": comment\n\ndata: a\n: comment\n\n", [b"a"]),
        (b"event: ping\ndata: a\n\n", [b"a"]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b"data: a", [b"a"]),
        (b"data: a\n", [b"a"]),
        (b"\n\n\n", []),
        (b"", []),
    ],
)
def test_each_way_to_write_an_event_is_understood(body: bytes, events: list[bytes]) -> None:
    assert read(body, []) == events
    assert read(body, list(range(len(body)))) == events


def test_a_character_cut_in_two_arrives_whole() -> None:
    body = 'data: {"t":"né🦀"}\n\n'.encode()
    for cut in range(len(body)):
        assert read(body, [cut]) == [body[6:-2]]


def test_a_line_over_ten_megabytes_is_refused_and_one_of_just_that_is_not() -> None:
    longest = b"data: " + b"x" * (LONGEST_LINE - 6)
    reader = SseReader()
    for start in range(0, len(longest), 65_536):
        assert reader.feed(longest[start : start + 65_536]) == []
    assert [len(event) for event in reader.feed(b"\n\n")] == [LONGEST_LINE - 6]

    reader = SseReader()
    reader.feed(longest)
    with pytest.raises(TooLongError):
        reader.feed(b"x\n\n")


def test_an_event_of_many_lines_is_bounded_too() -> None:
    reader = SseReader(longest=100)
    with pytest.raises(TooLongError):
        for _ in range(20):
            reader.feed(b"data: 0123456789\n")


def test_a_long_line_in_pieces_is_not_copied_again_for_each_piece() -> None:
    """Quadratic work would make one hostile line stop everybody: pieces are kept as they came."""
    reader = SseReader()
    piece = b"x" * 1024
    reader.feed(b"data: ")
    for _ in range(8_000):
        reader.feed(piece)
    assert [len(event) for event in reader.feed(b"\n\n")] == [8_000 * 1024]
