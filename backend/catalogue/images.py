"""What an image counts for, from its first bytes and the vendor's public formula. Decodes no image."""

import struct
from collections.abc import Callable, Mapping
from math import ceil
from typing import Final, TypeAlias

from backend.catalogue.facts import ImageTokens

Size: TypeAlias = tuple[int, int]

_GUESS: Final[Size] = (1024, 1024)

_TILE: Final = 512
_LONGEST: Final = 2048
_SHORT_EDGE: Final = 768


def image_tokens(rule: ImageTokens, data: bytes) -> int:
    size = image_size(data) or _GUESS
    if rule.flat is not None:
        return rule.flat
    if rule.patch is not None:
        return _by_patches(rule, rule.patch, size)
    return _by_tiles(rule, size)


def image_size(data: bytes) -> Size | None:
    """Width and height; None when the bytes are not of a kind we know."""
    for magic, read in _READERS.items():
        if data.startswith(magic):
            try:
                return read(data)
            except (struct.error, IndexError):
                return None
    return None


def _by_patches(rule: ImageTokens, patch: int, size: Size) -> int:
    width, height = _within(size, rule.long_edge) if rule.long_edge else size
    patches = ceil(width / patch) * ceil(height / patch)
    if rule.most_patches is not None:
        patches = min(patches, rule.most_patches)
    return ceil(patches * rule.factor)


def _by_tiles(rule: ImageTokens, size: Size) -> int:
    width, height = _within(size, _LONGEST)
    shrink = min(1.0, _SHORT_EDGE / min(width, height))
    tiles = ceil(width * shrink / _TILE) * ceil(height * shrink / _TILE)
    return (rule.base or 0) + tiles * (rule.tile or 0)


def _within(size: Size, longest: int) -> tuple[float, float]:
    shrink = min(1.0, longest / max(size))
    return size[0] * shrink, size[1] * shrink


def _png(data: bytes) -> Size | None:
    return _positive(*struct.unpack(">II", data[16:24]))


def _gif(data: bytes) -> Size | None:
    return _positive(*struct.unpack("<HH", data[6:10]))


def _webp(data: bytes) -> Size | None:
    match data[8:16]:
        case b"WEBPVP8X":
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
    while data[at] == 0xFF:
        marker = data[at + 1]
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
