"""What happens to the installation."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.installation import repository
from backend.installation.repository import Installation
from backend.kit import clock


async def remember_start(db: AsyncSession, version: str) -> Installation:
    return await repository.put(db, started_at=clock.now(), version=version)
