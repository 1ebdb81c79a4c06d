"""Text that only this installation can read, and only where it was put: AES-256-GCM under the master key.

What a sealed text is bound to (its purpose, whose it is, what it is for) is part of its seal: moved elsewhere
it does not open. Knows nothing of what is sealed.
"""

import secrets
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from backend.kit.master_key import MasterKey

_PURPOSE: Final = "seal"
_FORMAT: Final = b"\x01"
_VERSION_BYTES: Final = 4
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_HEAD_BYTES: Final = len(_FORMAT) + _VERSION_BYTES


class SealError(Exception):
    """Another key, another place, or not as it was written: which one is nobody's business."""

    def __str__(self) -> str:
        return "what is sealed does not open"


class Sealer:
    """Seals under the first key; the others only open what was sealed before it.

    When the file of the first key was given another one meanwhile, that is the first from then on.
    """

    __slots__ = ("_ciphers", "_current", "_version")

    def __init__(self, current: MasterKey, *former: MasterKey) -> None:
        self._current = current
        self._version = _version_of(current)
        self._ciphers = {_version_of(key): AESGCM(key.derive(_PURPOSE)) for key in (*former, current)}
        self._add(current.former())

    def __repr__(self) -> str:
        return f"Sealer({self._version.hex()})"

    def seal(self, text: str, *bound: str) -> bytes:
        """Opens only with the same `bound`."""
        self._follow()
        head = _FORMAT + self._version
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._ciphers[self._version].encrypt(nonce, text.encode(), _associated(head, bound))
        return head + nonce + sealed

    def open(self, sealed: bytes, *bound: str) -> str:
        head, nonce, rest = _taken_apart(sealed)
        version = head[len(_FORMAT) :]
        if version not in self._ciphers:
            self._follow()
        cipher = self._ciphers.get(version)
        if cipher is None:
            raise SealError
        try:
            return cipher.decrypt(nonce, rest, _associated(head, bound)).decode()
        except (InvalidTag, UnicodeDecodeError):
            raise SealError from None

    def _follow(self) -> None:
        latest = self._current.latest()
        if latest != self._current:
            self._current, self._version = latest, _version_of(latest)
            self._add(latest)

    def _add(self, key: MasterKey | None) -> None:
        if key is not None:
            self._ciphers.setdefault(_version_of(key), AESGCM(key.derive(_PURPOSE)))

    def is_current(self, sealed: bytes) -> bool:
        """Whether it is under the first key already."""
        return sealed[:_HEAD_BYTES] == _FORMAT + self._version

    def reseal(self, sealed: bytes, *bound: str) -> bytes:
        """The same text under the first key."""
        return sealed if self.is_current(sealed) else self.seal(self.open(sealed, *bound), *bound)


def _version_of(key: MasterKey) -> bytes:
    return bytes.fromhex(key.version)


def _taken_apart(sealed: bytes) -> tuple[bytes, bytes, bytes]:
    nonce_ends = _HEAD_BYTES + _NONCE_BYTES
    if len(sealed) < nonce_ends + _TAG_BYTES or not sealed.startswith(_FORMAT):
        raise SealError
    return sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES:nonce_ends], sealed[nonce_ends:]


def _associated(head: bytes, bound: Sequence[str]) -> bytes:
    """Each with its length before it, so that ("ab", "c") is not ("a", "bc")."""
    parts = [part.encode() for part in bound]
    return head + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
