"""Where attachments are kept: rows in the database, contents on the disk, and how the two stay together.

A content is written before a row names it and removed after the last one has gone, both under the lock of its
`blobs` row: whoever comes to need it meanwhile finds it gone and writes it again.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from backend.attachments import repository
from backend.kit.blobs import Blobs
from backend.kit.db import Database
from backend.kit.errors import AppError

_TRIES: Final = 5
_KEPT_UNUSED: Final = timedelta(days=1)
_BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class Shelf:
    database: Database
    blobs: Blobs
    largest: int
    """Bytes of one attachment, and of all that are sent with one prompt."""
    most_unused: int
    """Bytes of one user's that are in no comparison yet."""

    @asynccontextmanager
    async def holding(self, contents: Collection[bytes]) -> AsyncIterator[AsyncSession]:
        """A transaction in which these are on the disk, and stay there for whoever names them in it."""
        for _ in range(_TRIES):
            digests = sorted({await self.blobs.put(data) for data in contents})
            try:
                async with self.database.transaction() as db:
                    for digest in digests:
                        await repository.hold(db, digest)
                    if all([await self.blobs.has(digest) for digest in digests]):
                        yield db
                        return
            except AppError:
                for digest in digests:
                    await self.drop(digest)
                raise
        raise AppError("Please try again.", status=503, code="storage_busy")

    async def drop(self, digest: str) -> None:
        """Unless somebody needs it. When the commit fails after the file is gone, nobody misses it."""
        async with self.database.transaction() as db:
            await repository.hold(db, digest)
            if not await repository.is_needed(db, digest):
                await repository.forget(db, digest)
                await self.blobs.remove(digest)

    async def sweep(self, now: datetime) -> int:
        """What nobody uses after a day, and what was left on the disk. Returns how many attachments went."""
        gone = 0
        while removed := await self._remove_some(now - _KEPT_UNUSED):
            gone += removed
        async with self.database.reading() as db:
            unneeded = await repository.unneeded(db)
        for digest in (*unneeded, *await self._leftovers(now - _KEPT_UNUSED)):
            await self.drop(digest)
        return gone

    async def _remove_some(self, before: datetime) -> int:
        async with self.database.transaction() as db:
            ids = await repository.unused_before(db, before, _BATCH)
            # Looked at again, now that nobody can begin to use them.
            return len(await repository.remove_unused(db, ids)) if ids else 0

    async def _leftovers(self, before: datetime) -> list[str]:
        """Of who was killed between writing a content and naming it."""
        old = await self.blobs.older_than(before.timestamp())
        found: list[str] = []
        for start in range(0, len(old), _BATCH):
            async with self.database.reading() as db:
                found += await repository.unknown(db, old[start : start + _BATCH])
        return found
