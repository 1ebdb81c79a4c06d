"""What was done, by whom, from where: written in the transaction of the deed, read newest first, exported.

Holds no secrets: `details` says what changed, never a password, a key or a token.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, Self, TypeAlias
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.accounts.tables import AuditRow
from backend.kit import clock
from backend.kit.ids import new_id

Action: TypeAlias = Literal[
    "user.registered",
    "user.register_refused",
    "user.signed_in",
    "user.sign_in_failed",
    "user.changed",
    "user.role_changed",
    "user.disabled",
    "user.enabled",
    "password.changed",
    "device.signed_out",
    "device.token_reused",
    "link.made",
    "identity.linked",
    "api_key.made",
    "api_key.revoked",
    "key.saved",
    "key.removed",
    "keys.rotated",
    "endpoint.saved",
    "endpoint.removed",
    "share.created",
    "share.changed",
    "share.removed",
    "budget.changed",
]

PAGE: Final = 100
LARGEST_PAGE: Final = 1000
_LONGEST_TEXT: Final = 500
# What a spreadsheet takes for a formula, or skips before looking for one.
_FORMULA_STARTS: Final = frozenset("=+-@\t\r\n\0＝＋－＠")  # noqa: RUF001 - their wide forms count too
_COLUMNS: Final = ("at", "email", "action", "subject", "address", "requestId", "details", "userId", "id")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and by which request."""

    user_id: UUID | None
    email: str
    address: str = ""
    request_id: str = ""

    @classmethod
    def of(cls, caller: Caller, address: str = "", request_id: str = "") -> Self:
        return cls(caller.user_id, caller.email, address, request_id)


COMMAND_LINE: Final = Actor(None, "", "command line")


@dataclass(frozen=True, slots=True)
class Entry:
    id: UUID
    at: datetime
    user_id: UUID | None
    email: str
    action: str
    subject: str
    address: str
    request_id: str
    details: Mapping[str, Any] = field(default_factory=dict)


async def note(db: AsyncSession, by: Actor, action: Action, subject: str = "", **details: Any) -> None:
    """`subject` is what it was done to, as people call it. Details are JSON."""
    await db.execute(
        insert(AuditRow).values(
            id=new_id(),
            at=clock.now(),
            user_id=by.user_id,
            email=_kept(by.email),
            action=action,
            subject=_kept(subject),
            address=_kept(by.address),
            request_id=_kept(by.request_id),
            details=details,
        )
    )


async def page(
    db: AsyncSession,
    *,
    before: UUID | None = None,
    user_id: UUID | None = None,
    action: Action | None = None,
    limit: int = PAGE,
) -> list[Entry]:
    """Newest first; the next page is what came `before` the last entry. Ids rise with time."""
    query = select(
        AuditRow.id,
        AuditRow.at,
        AuditRow.user_id,
        AuditRow.email,
        AuditRow.action,
        AuditRow.subject,
        AuditRow.address,
        AuditRow.request_id,
        AuditRow.details,
    ).order_by(AuditRow.id.desc())
    if before is not None:
        query = query.where(AuditRow.id < before)
    if user_id is not None:
        query = query.where(AuditRow.user_id == user_id)
    if action is not None:
        query = query.where(AuditRow.action == action)
    rows = await db.execute(query.limit(max(1, min(limit, LARGEST_PAGE))))
    return [Entry(*row) for row in rows]


def csv_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """A header and one line for each entry, as RFC 4180 has them."""
    yield _line(_COLUMNS)
    for entry in entries:
        yield _line(
            (
                entry.at.isoformat(),
                entry.email,
                entry.action,
                entry.subject,
                entry.address,
                entry.request_id,
                json.dumps(entry.details, ensure_ascii=False, sort_keys=True) if entry.details else "",
                str(entry.user_id or ""),
                str(entry.id),
            )
        )


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([_harmless(cell) for cell in cells])
    return line.getvalue()


def _harmless(cell: str) -> str:
    """A leading apostrophe makes text of what a spreadsheet would compute."""
    return f"'{cell}" if cell.lstrip(" ")[:1] in _FORMULA_STARTS else cell


def _kept(text: str) -> str:
    # PostgreSQL keeps no NUL, and what a client says of itself is not to fill the disk.
    return text.replace("\0", "�")[:_LONGEST_TEXT]
