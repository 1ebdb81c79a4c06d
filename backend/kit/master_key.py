"""The secret that everything secret of this installation hangs on, and what is derived from it.

One key for each purpose, so that nothing signed for one can be taken for another.
"""

import contextlib
import hashlib
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FILE: Final = "secret.key"
SHORTEST: Final = 32


@dataclass(frozen=True, slots=True, repr=False)
class MasterKey:
    secret: bytes

    @classmethod
    def of(cls, given: str | None, folder: Path) -> Self:
        """The one that was set, or that of the data folder, which is made when there is none."""
        return cls(given.encode() if given else _of_folder(folder / FILE))

    @property
    def version(self) -> str:
        """Tells keys apart without showing them."""
        return hashlib.sha256(self.derive("version")).hexdigest()[:8]

    def derive(self, purpose: str) -> bytes:
        return HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(self.secret)


def _of_folder(path: Path) -> bytes:
    """Two processes that start at once take the same one: whose file is linked first, whole, is believed."""
    if not path.exists():
        descriptor, made = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(made, path)
        Path(made).unlink()
    return path.read_bytes()
