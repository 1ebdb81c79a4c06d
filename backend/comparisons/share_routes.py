"""Shares over HTTP: with people, by link, and what becomes of a link in the hands of whoever has it."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.accounts.callers import Caller
from backend.accounts.door import actor_of
from backend.accounts.guards import needs
from backend.accounts.same_site import origin_of
from backend.comparisons import share_links, shares
from backend.comparisons.share_repository import Link
from backend.comparisons.share_schemas import (
    ChangeShare,
    CreateShare,
    NewShare,
    OpenedShare,
    ShareAnswer,
    UseLink,
)
from backend.comparisons.shares import ShownShare
from backend.comparisons.sharing import Sharing
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.errors import FieldProblem, Invalid
from backend.rooms.protocol import Access

AnyRequest = Request[Any, Any, Any]

_TAGS = ["shares"]
_NO_STORE = {"cache-control": "no-store"}


@get("/api/comparisons/{comparison_id:uuid}/shares", tags=_TAGS, opt=needs("comparisons.read"))
async def list_shares(
    comparison_id: FromPath[UUID], database: NamedDependency[Database], caller: NamedDependency[Caller]
) -> list[ShareAnswer]:
    """Who else sees a comparison; who may not edit it is told only of the share that lets him in."""
    async with database.reading() as db:
        return [_answer(shown) for shown in await shares.listed(db, caller, comparison_id)]


@post("/api/comparisons/{comparison_id:uuid}/shares", tags=_TAGS, opt=needs("comparisons.share"))
async def create_share(
    *,
    request: AnyRequest,
    comparison_id: FromPath[UUID],
    data: JSONBody[CreateShare],
    database: NamedDependency[Database],
    sharing: NamedDependency[Sharing],
    caller: NamedDependency[Caller],
) -> Response[NewShare]:
    """Share your comparison with somebody who has an account here, or by a link."""
    if (data.email is None) != data.link:
        raise Invalid([FieldProblem(field="email", message="Either an e-mail address, or `link`: true.")])
    if data.email is not None:
        await sharing.let_name_somebody(caller)
    async with database.transaction() as db:
        made = await shares.create(db, caller, actor_of(request, caller), comparison_id, data, clock.now())
    sharing.changed(made.share.id, comparison_id)
    url = _page_of(request, made.secret) if made.secret else None
    answer = NewShare(share=_answer(made), secret=made.secret, url=url)
    return Response(answer, status_code=201, headers=_NO_STORE)


@patch(
    "/api/comparisons/{comparison_id:uuid}/shares/{share_id:uuid}",
    tags=_TAGS,
    opt=needs("comparisons.share"),
)
async def change_share(
    *,
    request: AnyRequest,
    comparison_id: FromPath[UUID],
    share_id: FromPath[UUID],
    data: JSONBody[ChangeShare],
    database: NamedDependency[Database],
    sharing: NamedDependency[Sharing],
    caller: NamedDependency[Caller],
) -> ShareAnswer:
    """Change how far a share of your comparison goes, and until when."""
    by = actor_of(request, caller)
    async with database.transaction() as db:
        changed = await shares.change(db, caller, by, (comparison_id, share_id), data, clock.now())
    sharing.changed(share_id, comparison_id)
    return _answer(changed)


@delete(
    "/api/comparisons/{comparison_id:uuid}/shares/{share_id:uuid}",
    tags=_TAGS,
    opt=needs("comparisons.share"),
)
async def remove_share(
    *,
    request: AnyRequest,
    comparison_id: FromPath[UUID],
    share_id: FromPath[UUID],
    database: NamedDependency[Database],
    sharing: NamedDependency[Sharing],
    caller: NamedDependency[Caller],
) -> None:
    """Take a share of your comparison back, or leave a comparison that was shared with you."""
    async with database.transaction() as db:
        await shares.remove(db, caller, actor_of(request, caller), comparison_id, share_id)
    sharing.changed(share_id, comparison_id)


@post("/api/shares/open", status_code=200, tags=_TAGS, opt=needs("anyone"))
async def open_share(data: JSONBody[UseLink], database: NamedDependency[Database]) -> Response[OpenedShare]:
    """What a link leads to, for whoever has it; this is counted as an opening."""
    async with database.reading() as db:
        await share_links.look(db, data.token, clock.now())  # nobody writes who has made one up
    async with database.transaction() as db:
        link = await share_links.opened(db, data.token, clock.now())
    return _opened(link, link.share.level)


@post("/api/shares/redeem", status_code=200, tags=_TAGS, opt=needs("comparisons.share"))
async def redeem_share(
    request: AnyRequest,
    data: JSONBody[UseLink],
    database: NamedDependency[Database],
    sharing: NamedDependency[Sharing],
    caller: NamedDependency[Caller],
) -> Response[OpenedShare]:
    """Make a link's comparison one of those that are shared with you, for as long as the link is good."""
    async with database.transaction() as db:
        taken = await shares.take_up(db, caller, actor_of(request, caller), data.token, clock.now())
    if taken.made is not None:
        sharing.changed(taken.made.id, taken.made.comparison_id)
    return _opened(taken.link, taken.access)


def _page_of(request: AnyRequest, secret: str) -> str:
    """Behind the `#`, which a browser keeps to itself."""
    return f"{origin_of(request.scope['scheme'], request.headers.get('host', ''))}/shared#{secret}"


def _opened(link: Link, access: Access) -> Response[OpenedShare]:
    answer = OpenedShare(
        session_id=link.share.comparison_id,
        title=link.title,
        access=access,
        expires_at=link.share.expires_at,
    )
    return Response(answer, headers=_NO_STORE)


def _answer(shown: ShownShare) -> ShareAnswer:
    share = shown.share
    return ShareAnswer(
        id=share.id,
        kind="link" if share.user_id is None else "person",
        level=share.level,
        email=shown.email,
        shown=share.shown or None,
        link_id=share.link_id,
        created_at=share.created_at,
        expires_at=share.expires_at,
        expired=not share.is_live(clock.now()),
        opened_count=share.opened_count,
        last_opened_at=share.last_opened_at,
    )


HANDLERS: tuple[Any, ...] = (
    list_shares,
    create_share,
    change_share,
    remove_share,
    open_share,
    redeem_share,
)
