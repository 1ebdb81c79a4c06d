"""The people who have an account: the queries about them, and what must always be true of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.rights import Role
from backend.accounts.tables import UserRow
from backend.kit.among import among
from backend.kit.errors import AppError, FieldProblem, Invalid, NotFound
from backend.kit.ids import new_id
from backend.kit.upsert import dialect_of, insert

PAGE: Final = 100
_LONGEST_EMAIL: Final = 254
_LONGEST_NAME: Final = 100
# Any number that nothing else in the database locks.
_ADVISORY_LOCK: Final = 0x6261_6B65_7573_72

_EMAILS: Final = select(UserRow.id, UserRow.email).where(among(UserRow.id, "ids"))
_COLUMNS: Final = (
    UserRow.id,
    UserRow.email,
    UserRow.name,
    UserRow.role,
    UserRow.created_at,
    UserRow.disabled_at,
    UserRow.password_hash.is_not(None).label("has_password"),
)


@dataclass(frozen=True, slots=True)
class User:
    id: UUID
    email: str
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None
    has_password: bool

    @property
    def enabled(self) -> bool:
        return self.disabled_at is None


class EmailTaken(AppError):  # noqa: N818 - reads as what it is
    """Only for those who may know: who registers himself is told nothing of other people's accounts."""

    def __init__(self) -> None:
        super().__init__("There is an account with this e-mail address.", status=409, code="email_taken")


class LastOwner(AppError):  # noqa: N818 - reads as what it is
    """Nobody would be left who can change anything."""

    def __init__(self) -> None:
        message = "This is the last owner. Make somebody else owner first."
        super().__init__(message, status=409, code="last_owner")


def email_of(given: str) -> str:
    """As it is kept: the same address is the same person, however it is written."""
    email = given.strip().lower()
    local, at, domain = email.rpartition("@")
    if not (at and local and domain) or not email.isprintable() or " " in email or "@" in local:
        raise Invalid([FieldProblem(field="email", message="This is not an e-mail address.")])
    if len(email) > _LONGEST_EMAIL:
        raise Invalid([FieldProblem(field="email", message="This e-mail address is too long.")])
    return email


def name_of(given: str) -> str:
    name = given.strip()
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise Invalid([FieldProblem(field="name", message=f"At most {_LONGEST_NAME} printable characters.")])
    return name


async def by_id(db: AsyncSession, user_id: UUID) -> User | None:
    row = (await db.execute(select(*_COLUMNS).where(UserRow.id == user_id))).one_or_none()
    return _user(row) if row else None


async def by_email(db: AsyncSession, email: str) -> User | None:
    row = (await db.execute(select(*_COLUMNS).where(UserRow.email == email))).one_or_none()
    return _user(row) if row else None


async def password_hash(db: AsyncSession, user_id: UUID) -> str | None:
    query = select(UserRow.password_hash).where(UserRow.id == user_id)
    return (await db.execute(query)).scalar_one_or_none()


async def held(db: AsyncSession, user_id: UUID) -> User:
    """As it is now and stays until the end of the transaction: nobody else changes it meanwhile."""
    row = (await db.execute(select(*_COLUMNS).where(UserRow.id == user_id).with_for_update())).one_or_none()
    if row is None:
        raise NotFound("There is no such user.")
    return _user(row)


async def page(db: AsyncSession, *, after: UUID | None = None, limit: int = PAGE) -> list[User]:
    """Oldest first."""
    query = select(*_COLUMNS).order_by(UserRow.id).limit(limit)
    rows = await db.execute(query if after is None else query.where(UserRow.id > after))
    return [_user(row) for row in rows]


async def emails(db: AsyncSession, user_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Of those who still have an account."""
    return dict((await db.execute(_EMAILS, {"ids": list(user_ids)})).all())


async def nobody(db: AsyncSession) -> bool:
    return (await db.execute(select(UserRow.id).limit(1))).first() is None


async def add(
    db: AsyncSession, *, email: str, name: str, role: Role, password_hash: str | None, now: datetime
) -> User:
    """Of two at the same moment with one address, one is refused."""
    user = User(new_id(), email, name, role, now, None, password_hash is not None)
    fresh = insert(db, UserRow).values(
        id=user.id, email=email, name=name, role=role, password_hash=password_hash, created_at=now
    )
    written = await db.execute(
        fresh.on_conflict_do_nothing(index_elements=[UserRow.email]).returning(UserRow.id)
    )
    if written.one_or_none() is None:
        raise EmailTaken
    return user


async def change(db: AsyncSession, user_id: UUID, **values: Any) -> None:
    try:
        await db.execute(update(UserRow).where(UserRow.id == user_id).values(**values))
    except IntegrityError:
        if "email" in values:
            raise EmailTaken from None
        raise


async def refuse_last_owner(db: AsyncSession, user: User) -> None:
    """Before an owner stops being one. Holds `counting`, so that two owners cannot go at once."""
    if user.role != "owner" or not user.enabled:
        return
    owners = select(func.count()).where(UserRow.role == "owner", UserRow.disabled_at.is_(None))
    if (await db.execute(owners)).scalar_one() <= 1:
        raise LastOwner


async def counting(db: AsyncSession) -> None:
    """From here to the end of the transaction nobody else counts users before he writes. To be called before
    anything is read. On SQLite every transaction is alone anyway.
    """
    if dialect_of(db) == "postgresql":
        await db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})


def _user(row: Sequence[Any]) -> User:
    return User(*row)
