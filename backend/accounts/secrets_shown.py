"""Random secrets that are shown once and kept as a hash: refresh tokens, links."""

import hashlib
import secrets
from typing import Final

_BYTES: Final = 32
# Nothing longer is worth hashing: ours have 43 characters.
_LONGEST: Final = 200


def new_secret() -> str:
    """256 bits, as URL-safe text."""
    return secrets.token_urlsafe(_BYTES)


def hash_of(secret: str) -> bytes:
    """Of a random secret a plain hash is enough; nobody guesses 256 bits."""
    return hashlib.sha256(secret[:_LONGEST].encode("utf-8", "surrogatepass")).digest()
