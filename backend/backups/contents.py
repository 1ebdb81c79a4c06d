"""What a database holds: its revision, its rows counted, the attachments that it names."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts import users
from backend.attachments import repository as attachments
from backend.backups.house import Kind
from backend.installation import repository as installation

_TABLES: Final[dict[Kind, str]] = {
    "sqlite": "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
    " AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename",
}


@dataclass(frozen=True, slots=True)
class Contents:
    revision: str | None
    """None: no migration has been here."""
    counts: dict[str, int]
    installation: UUID | None
    attachments: frozenset[str]


async def contents_of(db: AsyncSession, kind: Kind) -> Contents:
    tables = await tables_of(db, kind)
    counts = {table: await db.scalar(text(f'SELECT count(*) FROM "{table}"')) or 0 for table in tables}  # noqa: S608 - names that the database gave
    known = await installation.find(db) if "installation" in counts else None
    named = await attachments.sizes(db) if "attachments" in counts else {}
    return Contents(
        revision=await revision_of(db) if "alembic_version" in counts else None,
        counts=counts,
        installation=known.id if known else None,
        attachments=frozenset(named),
    )


async def tables_of(db: AsyncSession, kind: Kind) -> list[str]:
    return list(await db.scalars(text(_TABLES[kind])))


async def revision_of(db: AsyncSession) -> str | None:
    found = await db.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


async def somebody_lives_in(db: AsyncSession, kind: Kind) -> bool:
    return "users" in await tables_of(db, kind) and not await users.nobody(db)
