"""A table for the tests of the database, and the few statements they need."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from backend.kit.columns import Id
from backend.kit.db import Database


class NoteBase(DeclarativeBase):
    pass


class Note(NoteBase):
    __tablename__ = "note"

    id: Mapped[Id]
    text: Mapped[str] = mapped_column(unique=True)


@dataclass(frozen=True, slots=True)
class Notes:
    """A database with the table in it."""

    database: Database

    async def create(self) -> None:
        async with self.database.transaction() as db:
            await db.run_sync(lambda session: NoteBase.metadata.create_all(session.connection()))

    async def write(self, *texts: str) -> list[UUID]:
        async with self.database.transaction() as db:
            return [await add(db, text) for text in texts]

    async def texts(self) -> list[str]:
        async with self.database.reading() as db:
            return list(await db.scalars(select(Note.text).order_by(Note.text)))

    async def count(self) -> int:
        async with self.database.reading() as db:
            return await db.scalar(select(func.count()).select_from(Note)) or 0


async def add(db: AsyncSession, text: str) -> UUID:
    note = Note(text=text)
    db.add(note)
    await db.flush()
    return note.id
