"""The ledger of what calls used and cost, the counters that reports read, budgets and their alerts.

No entry refers to another table: it outlives the comparison and the user it is about.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Table, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.columns import Base, Id

EVERYONES: Final = text("user_id IS NULL")


class LedgerRow(Base):
    """One call of a provider, whatever came of it."""

    __tablename__ = "ledger"
    __table_args__ = (
        CheckConstraint("outcome IN ('completed', 'error', 'cancelled', 'interrupted')", name="outcome"),
        Index(None, "response_id"),
    )

    id: Mapped[Id]
    at: Mapped[datetime]
    user_id: Mapped[UUID]
    api_key_id: Mapped[UUID | None]
    comparison_id: Mapped[UUID | None]
    response_id: Mapped[UUID | None]
    model_id: Mapped[str]
    provider: Mapped[str]
    outcome: Mapped[str]
    error_kind: Mapped[str | None]
    input: Mapped[int] = mapped_column(BigInteger)
    cache_read: Mapped[int] = mapped_column(BigInteger)
    cache_write_5m: Mapped[int] = mapped_column(BigInteger)
    cache_write_1h: Mapped[int] = mapped_column(BigInteger)
    input_audio: Mapped[int] = mapped_column(BigInteger)
    output: Mapped[int] = mapped_column(BigInteger)
    reasoning: Mapped[int] = mapped_column(BigInteger)
    output_audio: Mapped[int] = mapped_column(BigInteger)
    tokens_origin: Mapped[str]
    cost: Mapped[Decimal | None]
    cost_origin: Mapped[str]
    currency: Mapped[str]
    # The rates themselves, so that a later list changes nothing, and which list they are from.
    price: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    price_source: Mapped[str | None]
    queue_ms: Mapped[float | None]
    connect_ms: Mapped[float | None]
    first_token_ms: Mapped[float | None]
    first_answer_ms: Mapped[float | None]
    total_ms: Mapped[float | None]
    tokens_per_second: Mapped[float | None]


class Counted:
    """The sums that each table of counters keeps."""

    requests: Mapped[int] = mapped_column(BigInteger)
    completed: Mapped[int] = mapped_column(BigInteger)
    input_tokens: Mapped[int] = mapped_column(BigInteger)
    output_tokens: Mapped[int] = mapped_column(BigInteger)
    cost: Mapped[Decimal]
    unknown_costs: Mapped[int] = mapped_column(BigInteger)


class PayerCounterRow(Counted, Base):
    """Of one user, or of everyone, in a day or a month (UTC)."""

    __tablename__ = "payer_counters"
    __table_args__ = (
        CheckConstraint("grain IN ('day', 'month')", name="grain"),
        Index("ix_payer_counters_payers", "grain", "start", "payer_id"),
        {"sqlite_with_rowid": False},
    )

    payer_id: Mapped[UUID] = mapped_column(primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    start: Mapped[date] = mapped_column(primary_key=True)


class ModelCounterRow(Counted, Base):
    """The same by model, with the distributions of its times."""

    __tablename__ = "model_counters"
    __table_args__ = (
        CheckConstraint("grain IN ('day', 'month')", name="grain"),
        {"sqlite_with_rowid": False},
    )

    payer_id: Mapped[UUID] = mapped_column(primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    start: Mapped[date] = mapped_column(primary_key=True)
    model_id: Mapped[str] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(primary_key=True)
    # Packed: one row instead of hundreds.
    histograms: Mapped[bytes] = mapped_column(LargeBinary)


class ComparisonCounterRow(Counted, Base):
    """The same by comparison; everyone's is the sum of its users."""

    __tablename__ = "comparison_counters"
    __table_args__ = (
        CheckConstraint("grain IN ('day', 'month')", name="grain"),
        # The most expensive of a period are read off the end of these, and nothing else is looked at.
        Index("ix_comparison_counters_dearest", "grain", "start", "cost", "comparison_id"),
        Index("ix_comparison_counters_own_dearest", "user_id", "grain", "start", "cost", "comparison_id"),
        {"sqlite_with_rowid": False},
    )

    comparison_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    start: Mapped[date] = mapped_column(primary_key=True)


class BudgetRow(Base):
    """What may be spent in a day or a month (UTC), by one user or by everyone together."""

    __tablename__ = "budgets"
    __table_args__ = (
        CheckConstraint("period IN ('day', 'month')", name="period"),
        CheckConstraint("on_cross IN ('finish', 'stop')", name="on_cross"),
        # Two rows without a user are different to a unique index, so those have one of their own.
        Index("ix_budgets_own", "user_id", "period", unique=True),
        Index(
            "ix_budgets_everyones", "period", unique=True, sqlite_where=EVERYONES, postgresql_where=EVERYONES
        ),
    )

    id: Mapped[Id]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    period: Mapped[str]
    amount: Mapped[Decimal]
    hard: Mapped[bool]
    on_cross: Mapped[str]
    webhook_url: Mapped[str | None]
    changed_at: Mapped[datetime]


class ReservationRow(Base):
    """What a call that runs is expected to cost, until the ledger knows."""

    __tablename__ = "budget_reservations"
    __table_args__ = (Index(None, "user_id"), Index(None, "made_at"))

    response_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    amount: Mapped[Decimal]
    made_at: Mapped[datetime]


class AlertRow(Base):
    """A threshold of a budget that was crossed: once in each period. With a webhook, what is to be sent."""

    __tablename__ = "budget_alerts"
    __table_args__ = (
        Index(
            "ix_budget_alerts_due",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
    )

    budget_id: Mapped[UUID] = mapped_column(ForeignKey("budgets.id", ondelete="CASCADE"), primary_key=True)
    start: Mapped[date] = mapped_column(primary_key=True)
    threshold: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    spent: Mapped[Decimal]
    crossed_at: Mapped[datetime]
    tries: Mapped[int]
    # None: nothing is left to do.
    due_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]


# For many rows at once: with the classes, SQLAlchemy would look at each row as an object.
LEDGER: Final = cast("Table", LedgerRow.__table__)
PAYER_COUNTERS: Final = cast("Table", PayerCounterRow.__table__)
MODEL_COUNTERS: Final = cast("Table", ModelCounterRow.__table__)
COMPARISON_COUNTERS: Final = cast("Table", ComparisonCounterRow.__table__)
RESERVATIONS: Final = cast("Table", ReservationRow.__table__)
