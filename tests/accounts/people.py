"""Somebody with an account, quickly."""

from datetime import UTC, datetime

from backend.accounts import users
from backend.accounts.actions import Visit
from backend.accounts.audit import Actor
from backend.accounts.rights import Role
from backend.accounts.users import User
from backend.kit.db import Database

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
VISIT = Visit("203.0.113.7", "Firefox", "request-1")
BY = Actor(None, "admin@example.org", "203.0.113.7", "request-1")


async def somebody(
    database: Database,
    email: str = "ada@example.org",
    role: Role = "member",
    password_hash: str | None = None,
) -> User:
    async with database.transaction() as db:
        return await users.add(db, email=email, name="", role=role, password_hash=password_hash, now=NOW)
