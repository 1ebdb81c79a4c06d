"""Who may see a comparison, and how far. Part of every query: what is not to be seen is not there."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeAlias, cast
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    Uuid,
    and_,
    bindparam,
    case,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts import standing
from backend.accounts.callers import Caller
from backend.comparisons.tables import ComparisonRow, ShareRow
from backend.kit import clock
from backend.kit.among import among
from backend.kit.columns import UtcDateTime
from backend.kit.errors import AppError, NotFound
from backend.rooms.protocol import Access

AnySelect: TypeAlias = Select[*tuple[Any, ...]]

_ORDER: Final[tuple[Access, ...]] = ("viewer", "commenter", "editor", "owner")


@dataclass(frozen=True, slots=True, eq=False)
class _SomeLink:
    id: BindParameter[UUID]


@dataclass(frozen=True, slots=True, eq=False)
class Somebody:
    """Stands for a caller in a statement that is built once; `names_of` says who it is this time."""

    user_id: BindParameter[UUID]
    share: _SomeLink | None = None


_SOME_USER: Final = Somebody(bindparam("user", type_=Uuid()))
_SOME_GUEST: Final = Somebody(bindparam("user", type_=Uuid()), _SomeLink(bindparam("share", type_=Uuid())))

Asking: TypeAlias = Caller | Somebody


def somebody_like(caller: Caller) -> Somebody:
    return _SOME_USER if caller.share is None else _SOME_GUEST


def names_of(caller: Caller) -> dict[str, UUID]:
    """Without them such a statement is refused, so that nobody is taken for somebody else."""
    return {"user": caller.user_id} | ({"share": caller.share.id} if caller.share is not None else {})


def visible_to(caller: Asking) -> ColumnElement[bool]:
    """Of the comparisons that are not deleted. For what is named by its id; lists have `newest_for`."""
    shared = ComparisonRow.id.in_(select(ShareRow.comparison_id).where(_lets_in(caller)))
    return ComparisonRow.deleted_at.is_(None) & or_(ComparisonRow.owner_id == caller.user_id, shared)


def newest_for(
    caller: Asking, query: AnySelect, limit: int | BindParameter[int], offset: int | BindParameter[int] = 0
) -> CompoundSelect[Any]:
    """A page of what somebody sees, newest first, with one column more: `access`. `query` has the id.

    It costs what the page costs: either half is read from an index that has the order already. With
    `visible_to` all that somebody sees would be gathered first.
    """
    most = limit + offset
    own, shared = own_and_shared(caller, query)
    halves = own.order_by(ComparisonRow.id.desc()), shared.order_by(ShareRow.comparison_id.desc())
    both = union_all(*(select(half.limit(most).subquery()) for half in halves))
    return both.order_by(both.selected_columns.id.desc()).limit(limit).offset(offset)


def own_and_shared(caller: Asking, query: AnySelect) -> tuple[AnySelect, AnySelect]:
    """The same query over what somebody owns and over what was shared with them; nothing is in both."""
    there, user = query.where(ComparisonRow.deleted_at.is_(None)), _written(caller)
    own = there.add_columns(literal("owner").label("access")).where(ComparisonRow.owner_id == user)
    shared = there.add_columns(ShareRow.level.label("access")).where(_lets_in(caller, user))
    return own, shared.join(ShareRow, ShareRow.comparison_id == ComparisonRow.id)


def access_column(caller: Asking) -> ColumnElement[str | None]:
    level = select(ShareRow.level).where(ShareRow.comparison_id == ComparisonRow.id, _lets_in(caller))
    return case((ComparisonRow.owner_id == caller.user_id, "owner"), else_=level.scalar_subquery())


async def access_to(db: AsyncSession, caller: Caller, comparison_id: UUID) -> Access:
    """Raises NotFound for what is not theirs to see. A guest is somebody's, and goes when they do."""
    named = names_of(caller) | {"comparison": comparison_id}
    row = (await db.execute(_access(somebody_like(caller)), named)).one_or_none()
    if row is None or (caller.share is not None and await standing.of_user(db, row.owner_id) is None):
        raise NotFound
    return cast("Access", row[0])


@cache  # asked for all the time, by each route
def _access(somebody: Somebody) -> Select[str | None, UUID]:
    query = select(access_column(somebody), ComparisonRow.owner_id)
    return query.where(ComparisonRow.id == bindparam("comparison"), visible_to(somebody))


async def seen_by(db: AsyncSession, comparison_ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """Each of these with each user who sees it: its owner, and those with whom it is shared."""
    return {(row[0], row[1]) for row in await db.execute(_SEEN, {"ids": list(comparison_ids)})}


async def require(db: AsyncSession, caller: Caller, comparison_id: UUID, least: Access) -> Access:
    access = await access_to(db, caller, comparison_id)
    if not reaches(access, least):
        raise AppError("You may look at this, but not change it.", status=403, code="read_only")
    return access


def reaches(access: Access, least: Access) -> bool:
    return _ORDER.index(access) >= _ORDER.index(least)


def live() -> ColumnElement[bool]:
    """Of shares: not expired."""
    now = bindparam("now", callable_=clock.now, type_=UtcDateTime())
    return or_(ShareRow.expires_at.is_(None), ShareRow.expires_at > now)


_SEEN: Final[CompoundSelect[UUID, UUID]] = union_all(
    select(ComparisonRow.id, ComparisonRow.owner_id).where(
        among(ComparisonRow.id, "ids"), ComparisonRow.deleted_at.is_(None)
    ),
    select(ShareRow.comparison_id, ShareRow.user_id)
    .join(ComparisonRow, ComparisonRow.id == ShareRow.comparison_id)
    .where(
        among(ShareRow.comparison_id, "ids"),
        ComparisonRow.deleted_at.is_(None),
        ShareRow.user_id.is_not(None),
        live(),
    ),
)


def _lets_in(caller: Asking, user: UUID | BindParameter[UUID] | None = None) -> ColumnElement[bool]:
    """A share that this caller lives by. Looked at anew in each query: it may have ended a moment ago."""
    if caller.share is not None:
        return and_(ShareRow.id == caller.share.id, ShareRow.hash.is_not(None), live())
    return and_(ShareRow.user_id == (caller.user_id if user is None else user), live())


def _written(caller: Asking) -> BindParameter[UUID]:
    """Into the statement: PostgreSQL plans a parameter for the average user, and who has nothing would then
    wait for a walk through all that others have (30 ms where that is 100,000).
    """
    if isinstance(caller, Somebody):
        return bindparam("user", type_=Uuid(), literal_execute=True)
    return bindparam("user", caller.user_id, Uuid(), unique=True, literal_execute=True)
