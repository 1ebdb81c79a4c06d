"""Other people's accounts, invitations, and what was done by whom."""

from typing import Any
from uuid import UUID

from litestar import Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from backend.accounts import actions, audit, users
from backend.accounts.actions import Changed, right_over
from backend.accounts.audit import PAGE
from backend.accounts.callers import Caller
from backend.accounts.door import AnyRequest, Door, actor_of, user_answer
from backend.accounts.guards import needs, objection
from backend.accounts.links import MadeLink
from backend.accounts.rights import Role
from backend.accounts.schemas import AuditAnswer, ChangeUser, Invite, LinkAnswer, UserAnswer
from backend.accounts.users import User
from backend.kit import clock

_TAGS = ["administration"]
_MOST = 10_000


@get("/api/users", tags=_TAGS, opt=needs("users.manage"))
async def list_users(
    door: NamedDependency[Door], after: FromQuery[UUID | None] = None
) -> tuple[UserAnswer, ...]:
    """Who has an account, oldest first, a hundred at a time; the next page is what comes `after` the last."""
    async with door.database.reading() as db:
        return tuple(user_answer(user) for user in await users.page(db, after=after))


@patch("/api/users/{user_id:uuid}", tags=_TAGS, opt=needs("users.manage"))
async def change_user(
    request: AnyRequest,
    door: NamedDependency[Door],
    caller: NamedDependency[Caller],
    user_id: FromPath[UUID],
    data: JSONBody[ChangeUser],
) -> UserAnswer:
    """Give somebody another role, shut them out, or let them in again."""
    by = actor_of(request, caller)
    async with door.database.transaction() as db:
        await users.counting(db)
        user = await users.held(db, user_id)
        _refuse_unless_over(caller, user, data.role)
        changed = Changed(user)
        if data.role is not None:
            changed = await actions.set_role(db, by, user_id, data.role)
        if data.enabled is True:
            changed = await actions.enable(db, by, user_id)
        elif data.enabled is False:
            changed = await actions.disable(db, by, user_id, clock.now())
    door.changed(changed)
    return user_answer(changed.user)


@post("/api/users/{user_id:uuid}/password-link", tags=_TAGS, opt=needs("users.manage"))
async def make_password_link(
    request: AnyRequest,
    door: NamedDependency[Door],
    caller: NamedDependency[Caller],
    user_id: FromPath[UUID],
) -> Response[LinkAnswer]:
    """A link by which somebody sets a new password; an earlier one no longer works."""
    async with door.database.transaction() as db:
        _refuse_unless_over(caller, await users.held(db, user_id))
        made = await actions.password_link(db, actor_of(request, caller), user_id, clock.now())
    return _link(made)


@post("/api/invitations", tags=_TAGS, opt=needs("users.manage"))
async def invite(
    request: AnyRequest, door: NamedDependency[Door], caller: NamedDependency[Caller], data: JSONBody[Invite]
) -> Response[LinkAnswer]:
    """A link by which somebody makes an account."""
    if data.role == "owner" and (error := objection(caller, "owners.manage")):
        raise error
    async with door.database.transaction() as db:
        made = await actions.invite(db, actor_of(request, caller), data.role, clock.now(), data.email)
    return _link(made)


@get("/api/audit", tags=_TAGS, opt=needs("audit.read"))
async def read_audit(
    door: NamedDependency[Door], before: FromQuery[UUID | None] = None, limit: FromQuery[int] = PAGE
) -> tuple[AuditAnswer, ...]:
    """What was done, newest first; the next page is what came `before` the last entry."""
    async with door.database.reading() as db:
        entries = await audit.page(db, before=before, limit=limit)
    return tuple(
        AuditAnswer(
            id=entry.id,
            at=entry.at,
            user_id=entry.user_id,
            email=entry.email,
            action=entry.action,
            subject=entry.subject,
            address=entry.address,
            request_id=entry.request_id,
            details=dict(entry.details),
        )
        for entry in entries
    )


@get("/api/audit.csv", tags=_TAGS, media_type="text/csv", opt=needs("audit.read"))
async def export_audit(door: NamedDependency[Door]) -> Response[str]:
    """The latest ten thousand entries, for a spreadsheet."""
    lines: list[str] = []
    before: UUID | None = None
    async with door.database.reading() as db:
        while len(lines) < _MOST and (
            entries := await audit.page(db, before=before, limit=audit.LARGEST_PAGE)
        ):
            before = entries[-1].id
            page = list(audit.csv_lines(entries))
            lines += page if not lines else page[1:]
    headers = {"content-disposition": 'attachment; filename="bakeoff-audit.csv"'}
    return Response("".join(lines), media_type="text/csv", headers=headers)


def _refuse_unless_over(caller: Caller, user: User, role: Role | None = None) -> None:
    if error := objection(caller, right_over(user, role)):
        raise error


def _link(made: MadeLink) -> Response[LinkAnswer]:
    answer = LinkAnswer(id=made.id, secret=made.secret, expires_at=made.expires_at)
    return Response(answer, status_code=201, headers={"cache-control": "no-store"})


HANDLERS: tuple[Any, ...] = (
    list_users,
    change_user,
    make_password_link,
    invite,
    read_audit,
    export_audit,
)
