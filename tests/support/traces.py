"""Looks for a secret where it must not be: whole, in pieces, and as bytes are usually written."""

import base64
from typing import Final

_PIECE: Final = 8


def traces_of(key: str, text: bytes) -> list[str]:
    """Any eight of its characters in a row, as they are or as bytes are usually written."""
    found = []
    for start in range(len(key) - _PIECE + 1):
        piece = key[start : start + _PIECE]
        forms = {piece.encode(), piece.encode().hex().encode(), piece[::-1].encode()}
        found += [piece for form in forms if form in text]
    encoded = base64.b64encode(key.encode()).rstrip(b"=")[:-2]
    return found + [key for form in (encoded, base64.urlsafe_b64encode(key.encode())) if form in text]
