"""What bytes are, whatever anybody says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.attachments.kinds import Kind, look, tidy_name
from backend.kit.errors import AppError
from tests.attachments.pictures import GIF, HTML, JPEG, PDF, SVG, WEBP, png
from tests.support.laws import law


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (png(3, 2), Kind("image/png", 3, 2)),
        (GIF, Kind("image/gif", 2, 1)),
        (JPEG, Kind("image/jpeg", 5, 4)),
        (WEBP, Kind("image/webp", 7, 9)),
        (PDF, Kind("application/pdf")),
        ("größer\r\n\tals 👩🏽‍🚀\x1b[0m".encode(), Kind("text/plain")),
        (SVG, Kind("text/plain")),
        (HTML, Kind("text/plain")),
        (b"{}", Kind("text/plain")),
        # What is two things at once is the one that its beginning says, and never more.
        (png() + HTML, Kind("image/png", 3, 2)),
        (PDF + b"PK\x03\x04", Kind("application/pdf")),
        (HTML + PDF, Kind("text/plain")),
    ],
)
def test_its_beginning_says_what_it_is(data: bytes, kind: Kind) -> None:
    assert look(data) == kind


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 422, "empty_file"),
        (b"\x89PNG\r\n\x1a\n", 422, "damaged_image"),
        (b"\xff\xd8\xff" + b"\xff" * 1_000_000, 422, "damaged_image"),
        (b"\xff\xd8\xff\xe0" + b"\0\x02\xff\xe0" * 300_000, 422, "damaged_image"),
        (b"RIFF\0\0\0\0WAVEfmt ", 422, "damaged_image"),
        (png(65_500, 65_500), 413, "image_too_large"),
        (png(2**32 - 1, 1), 413, "image_too_large"),
        (b"x" * 1_000_001, 413, "text_too_long"),
        (b"MZ\x90\0\x03", 415, "unsupported_media_type"),
        (b"PK\x03\x04", 415, "unsupported_media_type"),
        ("UTF-16".encode("utf-16"), 415, "unsupported_media_type"),
        ("größer".encode("latin-1"), 415, "unsupported_media_type"),
    ],
)
def test_what_no_model_could_be_given_is_refused(data: bytes, status: int, code: str) -> None:
    with pytest.raises(AppError) as refused:
        look(data)
    assert (refused.value.status, refused.value.code) == (status, code)


@pytest.mark.parametrize(
    ("given", "tidy"),
    [
        ("holiday.png", "holiday.png"),
        ("../../etc/passwd", "passwd"),
        (r"C:\fakepath\photo.JPG", "photo.JPG"),
        ("résumé 比較 👩.pdf", "résumé 比較 👩.pdf"),
        ("a\r\nX-Evil: 1.txt", "a X-Evil 1.txt"),
        ("fdp\u202egnp.exe", "fdp gnp.exe"),
        ("", "file"),
        ("...", "file"),
        ("CON", "file"),
        (".bashrc", "bashrc"),
        ("x" * 500 + ".png", "x" * 180 + ".png"),
        ("a\0b.txt", "a b.txt"),
    ],
)
def test_a_name_is_only_ever_a_name(given: str, tidy: str) -> None:
    assert tidy_name(given) == tidy


@law
@given(
    st.binary(max_size=64), st.sampled_from([b"", b"GIF89a", b"RIFF", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"])
)
def test_no_bytes_break_it(rest: bytes, start: bytes) -> None:
    try:
        kind = look(start + rest)
    except AppError as error:
        refused = error.status
    else:
        refused = 415
        assert (kind.width is None) == (not kind.media_type.startswith("image/"))
    assert refused in {413, 415, 422}
