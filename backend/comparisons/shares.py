"""Who else may see a comparison: given and taken back by its owner, taken up by whoever has a link.

Whoever writes holds the comparison first, so that nobody waits for one who waits for him.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import UNSET
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts import audit, users
from backend.accounts.audit import Actor
from backend.accounts.callers import Caller
from backend.accounts.secrets_shown import hash_of
from backend.comparisons import repository, share_links, share_repository
from backend.comparisons.access import access_to, reaches
from backend.comparisons.share_repository import Link, Share
from backend.comparisons.share_schemas import ChangeShare, CreateShare
from backend.kit.errors import AppError, FieldProblem, Invalid, NotFound
from backend.kit.ids import new_id
from backend.rooms.protocol import Access

MOST: Final = 200
_LONGEST: Final = timedelta(days=3650)


class NotTheOwner(AppError):  # noqa: N818 - reads as what it is
    def __init__(self) -> None:
        super().__init__("Only its owner shares this.", status=403, code="not_the_owner")


class TooManyShares(AppError):  # noqa: N818 - reads as what it is
    def __init__(self) -> None:
        message = f"This is shared {MOST} times, which is the most. Take one of them back first."
        super().__init__(message, status=409, code="too_many_shares")


class AlreadyShared(AppError):  # noqa: N818 - reads as what it is
    def __init__(self) -> None:
        message = "It is shared with them already. Change that share instead."
        super().__init__(message, status=409, code="already_shared")


@dataclass(frozen=True, slots=True)
class ShownShare:
    share: Share
    email: str | None
    secret: str | None = field(default=None, repr=False)
    """Of a link that was made this moment."""


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What somebody who came by a link may see from now on, and the share that is new."""

    link: Link
    access: Access
    made: Share | None


async def create(
    db: AsyncSession, caller: Caller, by: Actor, comparison_id: UUID, asked: CreateShare, now: datetime
) -> ShownShare:
    _check_end(asked.expires_at, now)
    await _require_owner(db, caller, comparison_id)
    await repository.lock(db, comparison_id)
    if await share_repository.count(db, comparison_id) >= MOST:
        raise TooManyShares
    share = Share(new_id(), comparison_id, None, None, "", asked.level, now, asked.expires_at)
    if asked.email is None:
        shown = await _make_link(db, share)
    else:
        shown = await _give(db, caller, share, users.email_of(asked.email))
    await _note(db, by, "share.created", shown)
    return shown


async def listed(db: AsyncSession, caller: Caller, comparison_id: UUID) -> list[ShownShare]:
    """All of them for who may edit, one's own for everybody."""
    access = await access_to(db, caller, comparison_id)
    found = await share_repository.of_comparison(db, comparison_id)
    if not reaches(access, "editor"):
        found = [share for share in found if share.user_id == caller.user_id]
    return await _shown(db, found)


async def change(
    db: AsyncSession, caller: Caller, by: Actor, named: tuple[UUID, UUID], asked: ChangeShare, now: datetime
) -> ShownShare:
    """`named` by its comparison and itself. Who came by a link is from now on independent of it."""
    comparison_id, share_id = named
    await _require_owner(db, caller, comparison_id)
    await repository.lock(db, comparison_id)
    share = await share_repository.one(db, comparison_id, share_id)
    if share is None:
        raise NotFound
    level = share.level if asked.level is UNSET else asked.level
    expires_at = share.expires_at if asked.expires_at is UNSET else asked.expires_at
    if expires_at != share.expires_at:
        _check_end(expires_at, now)
    if share.user_id is None:
        _refuse_editors(level)
    changed = replace(share, level=level, expires_at=expires_at, link_id=None)
    await share_repository.change(db, changed)
    (shown,) = await _shown(db, [changed])
    await _note(db, by, "share.changed", shown)
    return shown


async def remove(db: AsyncSession, caller: Caller, by: Actor, comparison_id: UUID, share_id: UUID) -> None:
    """By the owner, or by whom it lets in. Of a link, everybody who came by it goes as well."""
    access = await access_to(db, caller, comparison_id)
    await repository.lock(db, comparison_id)
    share = await share_repository.one(db, comparison_id, share_id)
    own = share is not None and share.user_id == caller.user_id
    if access != "owner" and not own:
        raise NotTheOwner
    if share is None:
        raise NotFound
    await share_repository.remove(db, share_id)
    (shown,) = await _shown(db, [share])
    await _note(db, by, "share.removed", shown)


async def take_up(db: AsyncSession, caller: Caller, by: Actor, secret: str, now: datetime) -> TakenUp:
    """What a link gives, as a share of one's own, to be found again in one's own list. It goes with the link.
    A share of another origin stays as it is.
    """
    comparison_id = (await share_links.look(db, secret, now)).share.comparison_id
    await repository.lock(db, comparison_id)
    link = await share_links.opened(db, secret, now)
    if link.owner_id == caller.user_id:
        return TakenUp(link, "owner", None)
    there = await share_repository.of_user(db, comparison_id, caller.user_id)
    if there is not None and there.is_live(now) and not _gives_more(link.share, there):
        return TakenUp(link, there.level, None)
    if there is not None:
        await share_repository.remove(db, there.id)
    elif await share_repository.count(db, comparison_id) >= MOST:
        raise TooManyShares
    made = replace(
        link.share, id=new_id(), user_id=caller.user_id, link_id=link.share.id, shown="", created_at=now
    )
    await share_repository.add(db, made)
    await _note(db, by, "share.created", ShownShare(made, caller.email))
    return TakenUp(link, made.level, made)


def _gives_more(link: Share, there: Share) -> bool:
    return there.link_id is not None and not reaches(there.level, link.level)


async def _make_link(db: AsyncSession, share: Share) -> ShownShare:
    _refuse_editors(share.level)
    secret, beginning = share_links.new_link_secret()
    made = replace(share, shown=beginning)
    await share_repository.add(db, made, hash_of(secret))
    return ShownShare(made, None, secret)


async def _give(db: AsyncSession, caller: Caller, share: Share, email: str) -> ShownShare:
    """Who has no account, who is shut out and who is asking himself cannot be told apart."""
    person = await users.by_email(db, email)
    if person is None or not person.enabled or person.id == caller.user_id:
        message = "This cannot be shared with that address. Give them a link instead."
        raise Invalid([FieldProblem(field="email", message=message)])
    if await share_repository.of_user(db, share.comparison_id, person.id) is not None:
        raise AlreadyShared
    made = replace(share, user_id=person.id)
    await share_repository.add(db, made)
    return ShownShare(made, person.email)


async def _require_owner(db: AsyncSession, caller: Caller, comparison_id: UUID) -> None:
    if await access_to(db, caller, comparison_id) != "owner":
        raise NotTheOwner


async def _shown(db: AsyncSession, found: Sequence[Share]) -> list[ShownShare]:
    emails = await users.emails(db, {share.user_id for share in found if share.user_id is not None})
    return [ShownShare(share, emails.get(share.user_id) if share.user_id else None) for share in found]


async def _note(db: AsyncSession, by: Actor, action: audit.Action, shown: ShownShare) -> None:
    share = shown.share
    await audit.note(
        db,
        by,
        action,
        shown.email or share.shown,
        comparison=str(share.comparison_id),
        share=str(share.id),
        level=share.level,
        expires=share.expires_at.isoformat() if share.expires_at else None,
    )


def _refuse_editors(level: str) -> None:
    if level == "editor":
        message = "Who has nothing but a link may look and comment, not edit."
        raise Invalid([FieldProblem(field="level", message=message)])


def _check_end(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is None:
        return
    if expires_at.tzinfo is None or not now < expires_at < now + _LONGEST:
        message = "This is not a moment in the next ten years."
        raise Invalid([FieldProblem(field="expiresAt", message=message)])
