"""Comparisons, their lanes, turns and responses. Ended responses are never changed; attempts are added."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.columns import Base, Id

_STATUSES = "'pending', 'streaming', 'completed', 'error', 'cancelled', 'interrupted'"
_UNFINISHED = text("status IN ('pending', 'streaming')")
# Of few rows: an index of all would be taken for a way to those that are not deleted.
_DELETED = text("deleted_at IS NOT NULL")
NOT_COMPLETED = text("status <> 'completed'")
_EXPIRING = text("expires_at IS NOT NULL")


class ComparisonRow(Base):
    """Its totals are kept by the transaction that ends a response."""

    __tablename__ = "comparisons"
    __table_args__ = (
        CheckConstraint("status IN ('pending', 'in_progress', 'completed', 'failed')", name="status"),
        CheckConstraint("history_mode IN ('isolated', 'shared')", name="history_mode"),
        # Keys rise with time, so this is the order of the history page.
        Index(None, "owner_id", "id"),
        Index(None, "deleted_at", sqlite_where=_DELETED, postgresql_where=_DELETED),
        Index("ix_comparisons_trash", "owner_id", "id", sqlite_where=_DELETED, postgresql_where=_DELETED),
        Index(
            "ix_comparisons_not_completed",
            "owner_id",
            "status",
            "id",
            sqlite_where=NOT_COMPLETED,
            postgresql_where=NOT_COMPLETED,
        ),
    )

    id: Mapped[Id]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str]
    # Of the first turn, to be shown in lists.
    prompt: Mapped[str]
    history_mode: Mapped[str]
    status: Mapped[str]
    total_tokens: Mapped[int] = mapped_column(BigInteger, default=0)
    total_cost: Mapped[Decimal] = mapped_column(default=Decimal(0))
    unknown_costs: Mapped[int] = mapped_column(default=0)
    response_count: Mapped[int] = mapped_column(default=0)
    completed_count: Mapped[int] = mapped_column(default=0)
    completed_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    # Where it was copied from.
    branched_from: Mapped[UUID | None]
    # It came as a file: what its responses cost was paid elsewhere and is in no ledger here.
    imported_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class TagRow(Base):
    __tablename__ = "comparison_tags"
    __table_args__ = (Index(None, "tag", "comparison_id"),)

    comparison_id: Mapped[UUID] = mapped_column(
        ForeignKey("comparisons.id", ondelete="CASCADE"), primary_key=True
    )
    tag: Mapped[str] = mapped_column(primary_key=True)


class LaneRow(Base):
    __tablename__ = "lanes"
    __table_args__ = (Index(None, "comparison_id", "position"), Index(None, "model_id", "comparison_id"))

    id: Mapped[Id]
    comparison_id: Mapped[UUID] = mapped_column(ForeignKey("comparisons.id", ondelete="CASCADE"))
    position: Mapped[int]
    model_id: Mapped[str]
    label: Mapped[str]
    system_prompt: Mapped[str]
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    fallback_model_ids: Mapped[list[str]] = mapped_column(JSON)
    removed_at: Mapped[datetime | None]


class TurnRow(Base):
    __tablename__ = "turns"
    __table_args__ = (
        UniqueConstraint("comparison_id", "number"),
        CheckConstraint("history_mode IN ('isolated', 'shared')", name="history_mode"),
    )

    id: Mapped[Id]
    comparison_id: Mapped[UUID] = mapped_column(ForeignKey("comparisons.id", ondelete="CASCADE"))
    number: Mapped[int]
    prompt: Mapped[str]
    history_mode: Mapped[str]
    # Who asked, and who pays.
    asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    asked_by_name: Mapped[str]
    created_at: Mapped[datetime]
    # None: it waits for somebody to start it.
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    chosen_response_id: Mapped[UUID | None]


class ResponseRow(Base):
    __tablename__ = "responses"
    __table_args__ = (
        UniqueConstraint("turn_id", "lane_id", "attempt"),
        CheckConstraint(f"status IN ({_STATUSES})", name="status"),
        Index(None, "comparison_id"),
        Index(None, "lane_id"),
        # Few at any time: those that a restart has to look at.
        Index(
            "ix_responses_unfinished",
            "status",
            sqlite_where=_UNFINISHED,
            postgresql_where=_UNFINISHED,
        ),
    )

    id: Mapped[Id]
    comparison_id: Mapped[UUID] = mapped_column(ForeignKey("comparisons.id", ondelete="CASCADE"))
    turn_id: Mapped[UUID] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"))
    lane_id: Mapped[UUID] = mapped_column(ForeignKey("lanes.id", ondelete="CASCADE"))
    attempt: Mapped[int]
    model_id: Mapped[str]
    status: Mapped[str]
    text: Mapped[str] = mapped_column(default="")
    reasoning: Mapped[str] = mapped_column(default="")
    error_kind: Mapped[str | None]
    error_message: Mapped[str | None]
    retry_after: Mapped[float | None]
    # What was sent, to be read back exactly: the settings as they were, and which answers went before.
    system_prompt: Mapped[str]
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    history: Mapped[list[str]] = mapped_column(JSON)
    # The numbers, as the wire has them, and the cost once more, exact.
    metrics: Mapped[dict[str, Any]] = mapped_column(JSON)
    cost: Mapped[Decimal | None]
    # By which it was charged: the rates themselves, so that a later list changes nothing.
    price: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    retries: Mapped[list[Any]] = mapped_column(JSON)
    # When how much of it was there; to be played back.
    timeline: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ChunkRow(Base):
    """Text that came since the last commit, until its response ends and is written as a whole."""

    __tablename__ = "chunks"

    response_id: Mapped[UUID] = mapped_column(
        ForeignKey("responses.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    reasoning: Mapped[str]


class ShareRow(Base):
    """Who else may see a comparison: somebody with an account, or whoever has a link."""

    __tablename__ = "shares"
    __table_args__ = (
        CheckConstraint("level IN ('viewer', 'commenter', 'editor')", name="level"),
        CheckConstraint("(user_id IS NULL) <> (hash IS NULL)", name="kind"),
        CheckConstraint("hash IS NULL OR level <> 'editor'", name="link_level"),
        # In the order of the history page, like what somebody owns.
        UniqueConstraint("user_id", "comparison_id"),
        Index(None, "comparison_id"),
        Index(None, "link_id"),
        Index(None, "expires_at", sqlite_where=_EXPIRING, postgresql_where=_EXPIRING),
    )

    id: Mapped[Id]
    comparison_id: Mapped[UUID] = mapped_column(ForeignKey("comparisons.id", ondelete="CASCADE"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    # The link by which they came. What happens to it happens to them.
    link_id: Mapped[UUID | None] = mapped_column(ForeignKey("shares.id", ondelete="CASCADE"))
    hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    # The beginning of a link's secret, by which its owner recognises it.
    shown: Mapped[str] = mapped_column(default="")
    level: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    opened_count: Mapped[int] = mapped_column(default=0)
    last_opened_at: Mapped[datetime | None]


# On SQLite only an INTEGER counts up by itself.
_Number = BigInteger().with_variant(Integer(), "sqlite")


class SearchShelfRow(Base):
    """Texts of one owner, of comparisons that were made one after another; the words of the index name it."""

    __tablename__ = "search_shelves"
    __table_args__ = (UniqueConstraint("owner_id", "generation"),)

    id: Mapped[int] = mapped_column(_Number, primary_key=True)
    # A thousand comparisons, whosever, are a generation. No row is referred to: what is left is not found.
    owner_id: Mapped[UUID]
    generation: Mapped[int] = mapped_column(BigInteger)


class SearchPlaceRow(Base):
    """Comparisons in the order in which they came, as whole numbers, by which an index can be walked."""

    __tablename__ = "search_places"

    place: Mapped[int] = mapped_column(_Number, primary_key=True)
    comparison_id: Mapped[UUID] = mapped_column(unique=True)
    owner_id: Mapped[UUID]
    # Numbers that were given away; some of them to nothing.
    texts: Mapped[int]


class SearchTextRow(Base):
    """A title, prompt or answer in the index. The words themselves are in it, not here."""

    __tablename__ = "search_texts"
    __table_args__ = (CheckConstraint("kind IN ('title', 'prompt', 'answer')", name="kind"),)

    # The place of its comparison, and a number within it.
    number: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=False)
    kind: Mapped[str]
    # The comparison, the turn or the response.
    ref: Mapped[UUID] = mapped_column(unique=True)


# With the classes, SQLAlchemy would look at each statement and each row as something of objects.
COMPARISONS: Final = cast("Table", ComparisonRow.__table__)
LANES: Final = cast("Table", LaneRow.__table__)
TAGS: Final = cast("Table", TagRow.__table__)
TURNS: Final = cast("Table", TurnRow.__table__)
RESPONSES: Final = cast("Table", ResponseRow.__table__)
CHUNKS: Final = cast("Table", ChunkRow.__table__)
SEARCH_SHELVES: Final = cast("Table", SearchShelfRow.__table__)
SEARCH_PLACES: Final = cast("Table", SearchPlaceRow.__table__)
SEARCH_TEXTS: Final = cast("Table", SearchTextRow.__table__)
