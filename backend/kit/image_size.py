"""How large an image is, by its first bytes. Decodes none."""

import struct
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

Size: TypeAlias = tuple[int, int]

_MOST_SEGMENTS: Final = 1_000
"""Of a JPEG before its size: a large one can be made of millions, and they are walked one by one."""


def image_size(data: bytes) -> Size | None:
    """Width and height; None when the bytes are not of a kind we know."""
    for magic, read in _READERS.items():
        if data.startswith(magic):
            try:
                return read(data)
            except (struct.error, IndexError):
                return None
    return None


def _png(data: bytes) -> Size | None:
    if data[12:16] != b"IHDR":
        return None
    return _positive(*struct.unpack(">II", data[16:24]))


def _gif(data: bytes) -> Size | None:
    return _positive(*struct.unpack("<HH", data[6:10]))


def _webp(data: bytes) -> Size | None:
    match data[8:16]:
        case b"WEBPVP8X" if len(data) >= 30:
            return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
        case b"WEBPVP8L":
            (bits,) = struct.unpack("<I", data[21:25])
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"WEBPVP8 ":
            width, height = struct.unpack("<HH", data[26:30])
            return _positive(width & 0x3FFF, height & 0x3FFF)
        case _:
            return None


def _jpeg(data: bytes) -> Size | None:
    at = 2
    for _ in range(_MOST_SEGMENTS):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # any number of them may stand before a marker
            at += 1
            continue
        # A start of frame; the other markers of that range hold tables.
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return _positive(width, height)
        (length,) = struct.unpack(">H", data[at + 2 : at + 4])
        at += 2 + length
    return None


def _positive(width: int, height: int) -> Size | None:
    return (width, height) if width and height else None


_READERS: Final[Mapping[bytes, Callable[[bytes], Size | None]]] = {
    b"\x89PNG\r\n\x1a\n": _png,
    b"\xff\xd8": _jpeg,
    b"GIF8": _gif,
    b"RIFF": _webp,
}
