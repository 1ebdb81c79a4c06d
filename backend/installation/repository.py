"""The queries about the installation."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.installation.tables import InstallationRow
from backend.kit.upsert import insert


@dataclass(frozen=True, slots=True)
class Installation:
    id: UUID
    created_at: datetime
    last_started_at: datetime
    version: str


async def find(db: AsyncSession) -> Installation | None:
    """None before the first start."""
    rows = await db.execute(
        select(
            InstallationRow.id,
            InstallationRow.created_at,
            InstallationRow.last_started_at,
            InstallationRow.version,
        )
    )
    row = rows.one_or_none()
    return None if row is None else Installation(*row)


async def put(db: AsyncSession, *, started_at: datetime, version: str) -> Installation:
    """Write the one row, new or known; two processes that start at once both succeed."""
    fresh = insert(db, InstallationRow).values(
        created_at=started_at, last_started_at=started_at, version=version
    )
    row = await db.execute(
        fresh.on_conflict_do_update(
            index_elements=[InstallationRow.singleton],
            set_={"last_started_at": fresh.excluded.last_started_at, "version": fresh.excluded.version},
        ).returning(
            InstallationRow.id,
            InstallationRow.created_at,
            InstallationRow.last_started_at,
            InstallationRow.version,
        )
    )
    return Installation(*row.one())
