"""RFC 6455 frame by frame, the forbidden ones included, on both servers.

Where the RFC lets a server fail the connection, some frames make it say why and some make it just go.
What was not valid is never answered, and nobody is left waiting.
"""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.server.conftest import RunningProbe
from tests.server.frames import Frame, Opcode, RawClient, closing, frame

TEXT, BINARY, CONTINUATION = Opcode.TEXT, Opcode.BINARY, Opcode.CONTINUATION
CLOSE, PING, PONG = Opcode.CLOSE, Opcode.PING, Opcode.PONG
EURO = "€".encode()
NO_CODE, PROTOCOL_ERROR, NOT_UTF8, TOO_BIG = None, 1002, 1007, 1009
LIMIT = 65536


@pytest.fixture
def client(probe: RunningProbe) -> Iterator[RawClient]:
    with RawClient.connect(probe.host, probe.port) as opened:
        yield opened


def closed_with(client: RawClient) -> int | str | None:
    """How the server failed the connection: the code of its close frame, or that it just went."""
    frames = client.read_to_the_end()
    assert all(received.opcode == CLOSE for received in frames), frames
    assert len(frames) <= 1, frames
    return frames[0].close_code if frames else "dropped"


def assert_failed(client: RawClient, code: int) -> None:
    """A close frame with the code or without one, or no word at all; and no answer."""
    assert closed_with(client) in {code, NO_CODE, "dropped"}


def assert_still_there(client: RawClient) -> None:
    client.send(TEXT, b"still there?")
    assert client.read() == Frame(TEXT, b"still there?")


# Messages


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, LIMIT])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_message_of_any_allowed_size_comes_back(client: RawClient, opcode: Opcode, size: int) -> None:
    client.send(opcode, b"x" * size)
    assert client.read() == Frame(opcode, b"x" * size)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_an_empty_message_keeps_its_kind(client: RawClient, opcode: Opcode) -> None:
    client.send(opcode, b"")
    assert client.read() == Frame(opcode, b"")
    assert_still_there(client)


def test_every_byte_of_a_binary_message_is_kept(client: RawClient) -> None:
    client.send(BINARY, bytes(range(256)))
    assert client.read() == Frame(BINARY, bytes(range(256)))


@pytest.mark.parametrize("pieces", [1, 3], ids=["one frame", "three frames"])
def test_a_message_just_over_the_limit_is_closed_with_1009(client: RawClient, pieces: int) -> None:
    client.send_bytes(fragmented(BINARY, b"x" * (LIMIT + 1), pieces))
    assert closed_with(client) == TOO_BIG


@pytest.mark.parametrize("pieces", [1, 64], ids=["one frame", "64 frames"])
def test_a_message_far_over_the_limit_is_closed_with_1009_or_dropped(
    probe: RunningProbe, client: RawClient, pieces: int
) -> None:
    client.send_bytes(fragmented(BINARY, b"x" * (4 << 20), pieces))
    assert closed_with(client) == ("dropped" if probe.kind == "native" else TOO_BIG)


@pytest.mark.parametrize("size", [1 << 63, (1 << 63) - 1], ids=["top bit", "huge"])
def test_an_absurd_length_ends_the_connection(client: RawClient, size: int) -> None:
    client.send_bytes(bytes((0x82, 0xFF)) + size.to_bytes(8, "big") + b"mask" + b"payload")
    assert_failed(client, TOO_BIG)


# Fragmentation


def fragmented(opcode: Opcode, payload: bytes, pieces: int) -> bytes:
    cuts = [len(payload) * number // pieces for number in range(pieces + 1)]
    return b"".join(
        frame(CONTINUATION if start else opcode, payload[start:end], fin=end == len(payload))
        for start, end in pairwise(cuts)
    )


@pytest.mark.parametrize("pieces", [2, 3, 50])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_fragmented_message_arrives_whole(client: RawClient, opcode: Opcode, pieces: int) -> None:
    payload = bytes(number % 128 for number in range(1000))
    client.send_bytes(fragmented(opcode, payload, pieces))
    assert client.read() == Frame(opcode, payload)
    assert_still_there(client)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_fragments_may_be_empty(client: RawClient, opcode: Opcode) -> None:
    for kind, payload, fin in ((opcode, b"", False), (CONTINUATION, b"x", False), (CONTINUATION, b"", True)):
        client.send(kind, payload, fin=fin)
    assert client.read() == Frame(opcode, b"x")


def test_a_message_made_of_nothing_but_empty_fragments_is_empty(client: RawClient) -> None:
    for kind, fin in ((BINARY, False), (CONTINUATION, False), (CONTINUATION, True)):
        client.send(kind, b"", fin=fin)
    assert client.read() == Frame(BINARY, b"")


def test_pings_between_fragments_are_answered_at_once(client: RawClient) -> None:
    client.send(TEXT, b"one ", fin=False)
    client.send(PING, b"first")
    assert client.read() == Frame(PONG, b"first")
    client.send(CONTINUATION, b"two ", fin=False)
    client.send(PING, b"second")
    assert client.read() == Frame(PONG, b"second")
    client.send(CONTINUATION, b"three")
    assert client.read() == Frame(TEXT, b"one two three")


def test_a_pong_between_fragments_is_ignored(client: RawClient) -> None:
    client.send(BINARY, b"a", fin=False)
    client.send(PONG, b"nobody asked")
    client.send(CONTINUATION, b"b")
    assert client.read() == Frame(BINARY, b"ab")


def test_a_close_between_fragments_ends_the_conversation(client: RawClient) -> None:
    client.send(TEXT, b"never finished", fin=False)
    client.send(CLOSE, closing(1000))
    assert closed_with(client) == 1000


def test_many_frames_in_one_segment_are_all_answered_in_order(client: RawClient) -> None:
    client.send_bytes(b"".join(frame(TEXT, str(number).encode()) for number in range(200)))
    assert [client.read() for _ in range(200)] == [Frame(TEXT, str(number).encode()) for number in range(200)]


@pytest.mark.parametrize("size", [5, 126, 70], ids=["short", "medium", "fragmented"])
def test_frames_may_be_cut_at_every_byte(probe: RunningProbe, client: RawClient, size: int) -> None:
    payload = b"p" * size
    data = fragmented(TEXT, payload, 3) if size == 70 else frame(TEXT, payload)
    for cut in range(1, len(data)):
        client.send_bytes(data[:cut])
        client.send_bytes(data[cut:])
        assert client.read() == Frame(TEXT, payload)


def test_a_long_frame_may_come_byte_by_byte(client: RawClient) -> None:
    data = frame(BINARY, b"q" * 300)
    for index in range(len(data)):
        client.send_bytes(data[index : index + 1])
    assert client.read() == Frame(BINARY, b"q" * 300)
    assert_still_there(client)


@pytest.mark.parametrize("fin", [True, False], ids=["whole", "fragment"])
def test_a_continuation_of_nothing_fails_the_connection(client: RawClient, fin: bool) -> None:
    client.send(CONTINUATION, b"of what?", fin=fin)
    assert_failed(client, PROTOCOL_ERROR)


def test_a_continuation_after_the_end_fails_the_connection(client: RawClient) -> None:
    client.send(TEXT, b"a", fin=False)
    client.send(CONTINUATION, b"b")
    assert client.read() == Frame(TEXT, b"ab")
    client.send(CONTINUATION, b"c")
    assert_failed(client, PROTOCOL_ERROR)


@pytest.mark.parametrize("fin", [True, False], ids=["whole", "fragment"])
@pytest.mark.parametrize("second", [TEXT, BINARY])
@pytest.mark.parametrize("first", [TEXT, BINARY])
def test_a_new_message_inside_a_fragmented_one_fails_the_connection(
    client: RawClient, first: Opcode, second: Opcode, fin: bool
) -> None:
    client.send(first, b"unfinished", fin=False)
    client.send(second, b"new", fin=fin)
    assert_failed(client, PROTOCOL_ERROR)


# Control frames


@pytest.mark.parametrize("payload", [b"", b"hello", bytes(range(125))], ids=["empty", "short", "125 bytes"])
def test_a_ping_is_answered_with_its_payload(client: RawClient, payload: bytes) -> None:
    client.send(PING, payload)
    assert client.read() == Frame(PONG, payload)


def test_pings_are_answered_in_order(client: RawClient) -> None:
    client.send_bytes(b"".join(frame(PING, bytes([number])) for number in range(20)))
    assert [client.read() for _ in range(20)] == [Frame(PONG, bytes([number])) for number in range(20)]


@pytest.mark.parametrize("payload", [b"", b"x" * 125])
def test_a_pong_that_nobody_asked_for_is_ignored(client: RawClient, payload: bytes) -> None:
    client.send(PONG, payload)
    assert_still_there(client)


@pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
def test_a_control_frame_over_125_bytes_fails_the_connection(client: RawClient, opcode: Opcode) -> None:
    client.send(opcode, closing(1000, b"x" * 124))
    assert_failed(client, PROTOCOL_ERROR)


@pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
def test_a_fragmented_control_frame_fails_the_connection(client: RawClient, opcode: Opcode) -> None:
    client.send(opcode, closing(1000), fin=False)
    assert_failed(client, PROTOCOL_ERROR)


# UTF-8


@pytest.mark.parametrize("cut", [1, 2])
def test_a_character_may_be_split_across_fragments(client: RawClient, cut: int) -> None:
    client.send(TEXT, b"a" + EURO[:cut], fin=False)
    client.send(CONTINUATION, EURO[cut:] + b"z")
    assert client.read() == Frame(TEXT, b"a" + EURO + b"z")


def test_a_character_may_be_split_around_a_ping(client: RawClient) -> None:
    client.send(TEXT, EURO[:1], fin=False)
    client.send(PING, b"now")
    client.send(CONTINUATION, EURO[1:])
    assert [client.read(), client.read()] == [Frame(PONG, b"now"), Frame(TEXT, EURO)]


def test_the_borders_of_unicode_are_valid(client: RawClient) -> None:
    text = "\x00\x7f\x80\u07ff\u0800\ud7ff\ue000\ufffd\ufffe\uffff\U00010000\U0010ffff".encode()
    client.send(TEXT, text)
    assert client.read() == Frame(TEXT, text)


NOT_TEXT = {
    "lone byte": b"abc\xff",
    "overlong": b"\xc0\x80",
    "overlong slash": b"\xe0\x80\xaf",
    "surrogate": b"\xed\xa0\x80",
    "past the last": b"\xf4\x90\x80\x80",
    "truncated": b"abc" + EURO[:2],
    "after 64 valid": b"a" * 64 + b"\x80",
}


@pytest.mark.parametrize("pieces", [1, 2], ids=["one frame", "two frames"])
@pytest.mark.parametrize("text", NOT_TEXT.values(), ids=NOT_TEXT)
def test_text_that_is_not_utf_8_fails_the_connection(client: RawClient, text: bytes, pieces: int) -> None:
    client.send_bytes(fragmented(TEXT, text, pieces))
    assert_failed(client, NOT_UTF8)


def test_bytes_that_are_not_utf_8_are_fine_in_a_binary_message(client: RawClient) -> None:
    client.send(BINARY, b"\xff\xfe\xc0")
    assert client.read() == Frame(BINARY, b"\xff\xfe\xc0")


# Closing


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 4000, 4999])
def test_a_close_code_is_echoed(client: RawClient, code: int) -> None:
    client.send(CLOSE, closing(code))
    assert closed_with(client) == code


@pytest.mark.parametrize("code", [1012, 1013, 3000, 3999])
def test_a_registered_close_code_is_echoed_or_answered_without_a_code(
    probe: RunningProbe, client: RawClient, code: int
) -> None:
    client.send(CLOSE, closing(code))
    assert closed_with(client) == (NO_CODE if probe.kind == "native" else code)


@pytest.mark.parametrize("reason", ["ende", "ä" * 61, "x" * 123], ids=["ascii", "utf-8", "123 bytes"])
def test_a_close_reason_is_accepted(client: RawClient, reason: str) -> None:
    client.send(CLOSE, closing(1000, reason.encode()))
    assert closed_with(client) == 1000


def test_an_empty_close_is_answered_with_an_empty_close(client: RawClient) -> None:
    client.send(CLOSE)
    assert closed_with(client) is NO_CODE


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1014, 1015, 1016, 1100, 2999, 5000, 65535])
def test_a_close_code_that_may_not_be_sent_is_not_echoed(
    probe: RunningProbe, client: RawClient, code: int
) -> None:
    client.send(CLOSE, closing(code))
    assert closed_with(client) == (NO_CODE if probe.kind == "native" else PROTOCOL_ERROR)


@pytest.mark.parametrize(
    "payload", [b"\x03", closing(1000, b"\xff")], ids=["half a code", "reason not UTF-8"]
)
def test_a_malformed_close_is_answered_without_a_code(client: RawClient, payload: bytes) -> None:
    client.send(CLOSE, payload)
    assert closed_with(client) is NO_CODE


def test_nothing_after_a_close_is_answered(client: RawClient) -> None:
    client.send_bytes(frame(CLOSE, closing(1000)) + frame(TEXT, b"late") + frame(PING, b"later"))
    assert closed_with(client) == 1000


# Bits and opcodes that mean nothing, and masks


@pytest.mark.parametrize("reserved", range(1, 8))
@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, CLOSE])
def test_a_reserved_bit_fails_the_connection(client: RawClient, opcode: Opcode, reserved: int) -> None:
    client.send_bytes(frame(opcode, closing(1000), reserved=reserved))
    assert_failed(client, PROTOCOL_ERROR)


def test_a_reserved_bit_on_a_continuation_fails_the_connection(client: RawClient) -> None:
    client.send(TEXT, b"a", fin=False)
    client.send_bytes(frame(CONTINUATION, b"b", reserved=4))
    assert_failed(client, PROTOCOL_ERROR)


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
@pytest.mark.parametrize("payload", [b"", b"payload"], ids=["empty", "with payload"])
def test_a_reserved_opcode_fails_the_connection(client: RawClient, opcode: int, payload: bytes) -> None:
    client.send_bytes(frame(opcode, payload))
    assert_failed(client, PROTOCOL_ERROR)


@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, CLOSE])
@pytest.mark.parametrize("payload", [b"", b"not masked at all"], ids=["empty", "with payload"])
def test_an_unmasked_frame_fails_the_connection(client: RawClient, opcode: Opcode, payload: bytes) -> None:
    client.send_bytes(frame(opcode, payload, masked=False))
    assert_failed(client, PROTOCOL_ERROR)
