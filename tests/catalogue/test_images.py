from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalogue.facts import ImageTokens, shipped_rules
from backend.catalogue.images import image_tokens
from backend.kit.image_size import image_size
from tests.catalogue.pictures import FORMATS, png


@pytest.mark.parametrize("made", FORMATS)
def test_the_size_is_read_from_the_first_bytes(made: Callable[[int, int], bytes]) -> None:
    assert image_size(made(640, 481)) == (640, 481)


@pytest.mark.parametrize("made", FORMATS)
def test_an_image_that_breaks_off_has_no_size(made: Callable[[int, int], bytes]) -> None:
    whole = made(640, 480)
    assert [image_size(whole[:end]) for end in range(10)] == [None] * 10


@given(st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"GIF8", b"RIFF"]), st.binary(max_size=64))
def test_no_bytes_break_it(start: bytes, rest: bytes) -> None:
    assert image_tokens(ImageTokens(base=85, tile=170), start + rest) >= 85


def test_what_nobody_can_read_counts_like_a_common_size() -> None:
    by_tiles = ImageTokens(base=85, tile=170)
    assert image_tokens(by_tiles, b"?") == image_tokens(by_tiles, png(1024, 1024)) == 765


# The examples of the vendors' own pages, and counts that others measured.
@pytest.mark.parametrize(
    ("model", "size", "tokens"),
    [
        ("openai/gpt-4o", (1024, 1024), 765),
        ("openai/gpt-4o", (2048, 4096), 1105),
        ("openai/gpt-4.1-mini", (1024, 1024), 1659),
        ("openai/gpt-5.5", (1920, 1080), 2448),
        ("openai/gpt-6-sol", (4032, 3024), 14364),
        ("anthropic/claude-haiku-4-5", (1024, 1024), 1369),
        ("anthropic/claude-haiku-4-5", (4032, 3024), 1568),
        ("anthropic/claude-opus-5-5", (1920, 1080), 2691),
        ("google/gemini-3.8-flash", (4032, 3024), 1100),
    ],
)
def test_each_vendor_counts_an_image_in_its_way(model: str, size: tuple[int, int], tokens: int) -> None:
    rule = shipped_rules().of(model).images
    assert rule is not None
    assert image_tokens(rule, png(*size)) == tokens
