"""The installation that is looked at: its settings, and ways to look that leave no trace."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from backend.backups.house import Kind
from backend.kit import database_url
from backend.kit.database_url import PostgresServer, SqliteFile
from backend.kit.db import Database
from backend.settings import Settings


@dataclass(frozen=True, slots=True)
class Patient:
    settings: Settings
    problems: Sequence[str]
    """Of the settings; what they are about is looked at as if it had not been set."""
    online: bool

    @property
    def url(self) -> str:
        return self.settings.database_url.reveal()

    @property
    def database(self) -> SqliteFile | PostgresServer:
        """Raises InvalidDatabaseUrl."""
        return database_url.parse(self.url)

    @property
    def kind(self) -> Kind:
        return "sqlite" if isinstance(self.database, SqliteFile) else "postgresql"

    @property
    def file(self) -> Path | None:
        """The database, where it is a file that is there."""
        match self.database:
            case SqliteFile(path) if path.exists():
                return path
            case _:
                return None

    @property
    def has_no_database_yet(self) -> bool:
        return isinstance(self.database, SqliteFile) and self.file is None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Raises DatabaseUnavailable."""
        database = Database.looking(self.url)
        try:
            async with database.reading() as db:
                yield db
        finally:
            await database.close()
