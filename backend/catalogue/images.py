"""What an image counts for, by its size and the vendor's public formula. Decodes no image."""

from math import ceil
from typing import Final

from backend.catalogue.facts import ImageTokens
from backend.kit.image_size import Size, image_size

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
