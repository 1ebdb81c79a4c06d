"""`INSERT … ON CONFLICT`, which SQLite and PostgreSQL both speak and SQLAlchemy keeps in two places."""

from functools import cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from backend.kit.columns import Base


def insert(db: AsyncSession, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    return insert_on(dialect_of(db), table)


def insert_on(dialect: str, table: type[Base] | Table) -> sqlite.Insert | postgresql.Insert:
    """For statements that are built once for each dialect."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


@cache
def adding(dialect: str, table: Table) -> Any:
    """What is there already stays as it is."""
    return insert_on(dialect, table).on_conflict_do_nothing()


def dialect_of(db: AsyncSession) -> str:
    return db.get_bind().dialect.name
