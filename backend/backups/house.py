"""Where an installation keeps what it has."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from backend.kit import database_url, master_key
from backend.kit.blobs import Blobs
from backend.kit.database_url import SqliteFile
from backend.kit.master_key import MasterKey

Kind: TypeAlias = Literal["sqlite", "postgresql"]


@dataclass(frozen=True, slots=True)
class House:
    url: str = field(repr=False)
    folder: Path
    given_secret: str | None = field(default=None, repr=False)
    """The one that is set; without it secret.key in the folder is it."""

    @property
    def kind(self) -> Kind:
        return "sqlite" if isinstance(database_url.parse(self.url), SqliteFile) else "postgresql"

    @property
    def attachments(self) -> Path:
        return self.folder / "attachments"

    @property
    def blobs(self) -> Blobs:
        return Blobs(self.attachments)

    @property
    def secret_file(self) -> Path:
        return self.folder / master_key.FILE

    def secret_version(self) -> str | None:
        """Tells secrets apart without showing them. None is made for it."""
        if self.given_secret:
            return MasterKey(self.given_secret.encode()).version
        try:
            return MasterKey(self.secret_file.read_bytes()).version
        except OSError:
            return None
