"""Streams as real providers send them, cut at every place where a network can cut."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from backend.providers.decoding import ChunkReader
from backend.providers.dialects import WIRE_FORMATS
from backend.providers.endpoints import Dialect
from tests.support.heard import Heard

FOLDER = Path(__file__).parent / "recorded"
STREAMS = sorted(FOLDER.glob("*.sse"))


def replay(stream: Path, pieces: list[bytes]) -> dict[str, Any]:
    dialect: Dialect = stream.stem.partition("-")[0]  # type: ignore[assignment]
    reader = ChunkReader(WIRE_FORMATS[dialect].stream())
    heard = Heard()
    for piece in pieces:
        heard.take(reader.feed(piece, 1.0))
    heard.take(reader.close(1.0))
    if reader.failure is not None:
        heard.end = {"end": "failed", "kind": reader.failure.kind}
    return heard.as_file()


def expected(stream: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(stream.with_suffix(".json").read_text())
    return said


@pytest.mark.parametrize("stream", STREAMS, ids=lambda path: path.stem)
def test_a_real_stream_says_the_same_wherever_it_is_cut_in_two(stream: Path) -> None:
    body, wanted = stream.read_bytes(), expected(stream)
    for cut in range(len(body) + 1):
        assert replay(stream, [body[:cut], body[cut:]]) == wanted, f"cut after {cut} bytes"


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("stream", STREAMS, ids=lambda path: path.stem)
def test_a_real_stream_says_the_same_in_small_pieces(stream: Path, size: int) -> None:
    body = stream.read_bytes()
    cuts = [*range(0, len(body), size), len(body)]
    assert replay(stream, [body[a:b] for a, b in pairwise(cuts)]) == expected(stream)


@pytest.mark.parametrize("stream", STREAMS, ids=lambda path: path.stem)
def test_a_stream_that_ends_early_never_counts_as_finished_with_another_answer(stream: Path) -> None:
    """Whatever part of it arrives, a finished answer is the whole answer."""
    body, wanted = stream.read_bytes(), expected(stream)
    for cut in range(0, len(body), 3):
        got = replay(stream, [body[:cut]])
        if got["end"] == "finished":
            assert (got["text"], got["toolCalls"]) == (wanted["text"], wanted["toolCalls"])
        else:
            assert wanted["text"].startswith(got["text"])
            assert got["usage"] is None


def test_every_recording_says_what_must_come_out_and_every_wire_format_is_recorded() -> None:
    assert [path.stem for path in STREAMS] == [path.stem for path in sorted(FOLDER.glob("*.json"))]
    assert {path.stem.partition("-")[0] for path in STREAMS} == set(WIRE_FORMATS)
