"""`INSERT … ON CONFLICT`, which SQLite and PostgreSQL both speak and SQLAlchemy keeps in two places."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from backend.kit.columns import Base


def insert(db: AsyncSession, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    on_sqlite = db.get_bind().dialect.name == "sqlite"
    return sqlite.insert(table) if on_sqlite else postgresql.insert(table)
