"""The secret that everything secret of this installation hangs on, and what is derived from it.

One key for each purpose, so that nothing signed for one can be taken for another.
"""

import contextlib
import hashlib
import os
import secrets
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FILE: Final = "secret.key"
FORMER: Final = "secret.key.former"
"""There while the keys that hang on it are being sealed anew."""
SHORTEST: Final = 32


@dataclass(frozen=True, slots=True, repr=False)
class MasterKey:
    secret: bytes
    file: Path | None = field(default=None, compare=False)
    """Where it can be exchanged while a server runs."""

    @classmethod
    def of(cls, given: str | None, folder: Path) -> Self:
        """The one that was set, or that of the data folder, which is made when there is none."""
        if given:
            return cls(given.encode())
        return cls(_of_folder(folder / FILE), folder / FILE)

    def latest(self) -> Self:
        """Itself, unless its file holds another one now."""
        secret = _read(self.file) if self.file else None
        return self if secret is None else type(self)(secret, self.file)

    def former(self) -> Self | None:
        """The one before, while some keys may hang on it still."""
        secret = _read(self.file.with_name(FORMER)) if self.file else None
        return None if secret is None else type(self)(secret)

    @property
    def version(self) -> str:
        """Tells keys apart without showing them."""
        return hashlib.sha256(self.derive("version")).hexdigest()[:8]

    def derive(self, purpose: str) -> bytes:
        return HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(self.secret)


def _of_folder(path: Path) -> bytes:
    """Two processes that start at once take the same one: whose file is linked first, whole, is believed."""
    if not path.exists():
        made = _made_beside(path)
        with contextlib.suppress(FileExistsError):
            os.link(made, path)
        made.unlink()
    return path.read_bytes()


def exchange(folder: Path) -> tuple[MasterKey, MasterKey]:
    """The former key and a new one in its place, both kept until the former is dropped. What was begun
    before goes on with the same two.
    """
    path, former = folder / FILE, folder / FORMER
    current = _of_folder(path)
    if not former.exists():
        os.link(path, former)
    if former.read_bytes() == current:
        _made_beside(path).replace(path)
    return MasterKey(former.read_bytes()), MasterKey(path.read_bytes(), path)


def take_back(folder: Path) -> None:
    """The former key is the key again."""
    (folder / FORMER).replace(folder / FILE)


def drop_former(folder: Path) -> None:
    (folder / FORMER).unlink(missing_ok=True)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _made_beside(path: Path) -> Path:
    """Whole before it has its name, whatever happens."""
    descriptor, made = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(descriptor)
    return Path(made)
