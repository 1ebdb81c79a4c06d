"""The statements of the history, each built once for all who ask in the same way: to build one takes longer
than to answer it. What is looked for, and who asks, is said by name each time.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    and_,
    bindparam,
    func,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute

from backend.comparisons.access import AnySelect, Somebody, newest_for, own_and_shared
from backend.comparisons.tables import NOT_COMPLETED, ComparisonRow, LaneRow, TagRow
from backend.kit.among import among
from backend.rooms.snapshot import ComparisonStatus


@dataclass(frozen=True, slots=True)
class Shape:
    """Which filters there are: what a statement is built by."""

    somebody: Somebody
    deleted: bool
    status: ComparisonStatus | None
    model: bool
    tag: bool
    since: bool
    below: bool

    def within(self, key: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
        """What an index of keys can hold to."""
        bounds: list[ColumnElement[bool]] = [true()]
        if self.since:
            bounds.append(key >= bindparam("since"))
        if self.below:
            bounds.append(key < bindparam("below"))
        return and_(*bounds)

    def admits(self) -> ColumnElement[bool]:
        """What has to be looked at for each."""
        wanted: list[ColumnElement[bool]] = [true()]
        if self.status is not None:
            wanted.append(ComparisonRow.status == self.status)
        if self.model:
            lane = LaneRow.comparison_id == ComparisonRow.id
            wanted.append(_one_of(LaneRow.comparison_id, lane, LaneRow.model_id == bindparam("model")))
        if self.tag:
            tagged = TagRow.comparison_id == ComparisonRow.id
            wanted.append(_one_of(TagRow.comparison_id, tagged, TagRow.tag == bindparam("tag")))
        return and_(*wanted)

    def exceptional(self) -> ColumnElement[bool]:
        """An index has those that are not completed; it is used where the query says so in these words."""
        if self.status in {None, "completed"}:
            return true()
        return (ComparisonRow.status == self.status) & NOT_COMPLETED


@cache
def newest(shape: Shape) -> AnySelect | CompoundSelect[Any]:
    """`limit` of them after `offset`, each with whether it is wanted."""
    query: AnySelect = select(ComparisonRow.id, shape.admits().label("admitted"))
    query = query.where(shape.within(ComparisonRow.id), shape.exceptional())
    if not shape.deleted:
        return newest_for(shape.somebody, query, _number("limit"), _number("offset"))
    in_trash = query.where(_in_trash_of(shape.somebody)).order_by(ComparisonRow.id.desc())
    return in_trash.limit(_number("limit")).offset(_number("offset"))


@cache
def labelled(shape: Shape) -> Select[UUID]:
    """`limit` of those with the tag, or with the model, whosever they are."""
    if shape.tag:
        key, label = TagRow.comparison_id, TagRow.tag == bindparam("tag")
    else:
        key, label = LaneRow.comparison_id, LaneRow.model_id == bindparam("model")
    query = select(key).where(label, shape.within(key)).distinct()
    return query.order_by(key.desc()).limit(_number("limit"))


@cache
def admitted(shape: Shape) -> tuple[AnySelect, ...]:
    """One's own `among` some, and what others share of them. Asked for apart: together, they would be looked
    for among all.
    """
    query: AnySelect = select(ComparisonRow.id)
    query = query.where(shape.within(ComparisonRow.id), shape.admits())
    query = query.where(among(ComparisonRow.id, "among"))
    if shape.deleted:
        return (query.where(_in_trash_of(shape.somebody)),)
    return own_and_shared(shape.somebody, query)


@cache
def shared(somebody: Somebody) -> AnySelect:
    """The newest that others share with them, up to a `limit`."""
    _, others = own_and_shared(somebody, select(ComparisonRow.id))
    return others.order_by(ComparisonRow.id.desc()).limit(_number("limit"))


@cache
def counted(somebody: Somebody) -> Select[int]:
    """How many they see, up to a `limit` of their own and of others'."""
    halves = own_and_shared(somebody, select(ComparisonRow.id))
    some = (half.limit(_number("limit")).subquery() for half in halves)
    own, others = (select(func.count()).select_from(half).scalar_subquery() for half in some)
    return select(own + others)


def _one_of(key: InstrumentedAttribute[UUID], *has: ColumnElement[bool]) -> ColumnElement[bool]:
    """Looked up for each comparison. For an EXISTS, PostgreSQL gathers all that have the model or the tag,
    whosever they are, before it looks at the first.
    """
    return select(key).where(*has).limit(1).scalar_subquery().is_not(None)


def _in_trash_of(somebody: Somebody) -> ColumnElement[bool]:
    return ComparisonRow.deleted_at.is_not(None) & (ComparisonRow.owner_id == somebody.user_id)


def _number(name: str) -> BindParameter[int]:
    return bindparam(name, type_=Integer())
