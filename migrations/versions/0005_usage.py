"""usage"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from backend.kit import columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", columns.UtcDateTime(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("api_key_id", sa.Uuid(), nullable=True),
        sa.Column("comparison_id", sa.Uuid(), nullable=True),
        sa.Column("response_id", sa.Uuid(), nullable=True),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("error_kind", sa.String(), nullable=True),
        sa.Column("input", sa.BigInteger(), nullable=False),
        sa.Column("cache_read", sa.BigInteger(), nullable=False),
        sa.Column("cache_write_5m", sa.BigInteger(), nullable=False),
        sa.Column("cache_write_1h", sa.BigInteger(), nullable=False),
        sa.Column("input_audio", sa.BigInteger(), nullable=False),
        sa.Column("output", sa.BigInteger(), nullable=False),
        sa.Column("reasoning", sa.BigInteger(), nullable=False),
        sa.Column("output_audio", sa.BigInteger(), nullable=False),
        sa.Column("tokens_origin", sa.String(), nullable=False),
        sa.Column("cost", columns.Money(), nullable=True),
        sa.Column("cost_origin", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("price", sa.JSON(), nullable=True),
        sa.Column("price_source", sa.String(), nullable=True),
        sa.Column("queue_ms", sa.Double(), nullable=True),
        sa.Column("connect_ms", sa.Double(), nullable=True),
        sa.Column("first_token_ms", sa.Double(), nullable=True),
        sa.Column("first_answer_ms", sa.Double(), nullable=True),
        sa.Column("total_ms", sa.Double(), nullable=True),
        sa.Column("tokens_per_second", sa.Double(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('completed', 'error', 'cancelled', 'interrupted')", name=op.f("ck_ledger_outcome")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
    )
    op.create_index("ix_ledger_response_id", "ledger", ["response_id"])
    _create_counters()
    _create_budgets()


def _create_counters() -> None:
    _create_counter(
        "payer_counters",
        (sa.Column("payer_id", sa.Uuid(), nullable=False), *_period()),
    )
    op.create_index("ix_payer_counters_payers", "payer_counters", ["grain", "start", "payer_id"])
    _create_counter(
        "model_counters",
        (
            sa.Column("payer_id", sa.Uuid(), nullable=False),
            *_period(),
            sa.Column("model_id", sa.String(), nullable=False),
            sa.Column("provider", sa.String(), nullable=False),
        ),
        sa.Column("histograms", sa.LargeBinary(), nullable=False),
    )
    _create_counter(
        "comparison_counters",
        (
            sa.Column("comparison_id", sa.Uuid(), nullable=False),
            sa.Column("user_id", sa.Uuid(), nullable=False),
            *_period(),
        ),
    )
    op.create_index(
        "ix_comparison_counters_dearest",
        "comparison_counters",
        ["grain", "start", "cost", "comparison_id"],
    )
    op.create_index(
        "ix_comparison_counters_own_dearest",
        "comparison_counters",
        ["user_id", "grain", "start", "cost", "comparison_id"],
    )


def _period() -> tuple[sa.Column[Any], ...]:
    return (sa.Column("grain", sa.String(), nullable=False), sa.Column("start", sa.Date(), nullable=False))


def _create_counter(name: str, key: tuple[sa.Column[Any], ...], *more: sa.Column[Any]) -> None:
    op.create_table(
        name,
        *key,
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("completed", sa.BigInteger(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost", columns.Money(), nullable=False),
        sa.Column("unknown_costs", sa.BigInteger(), nullable=False),
        *more,
        sa.CheckConstraint("grain IN ('day', 'month')", name=op.f(f"ck_{name}_grain")),
        sa.PrimaryKeyConstraint(*(column.name for column in key), name=op.f(f"pk_{name}")),
        sqlite_with_rowid=False,
    )


def _create_budgets() -> None:
    op.create_table(
        "budgets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("amount", columns.Money(), nullable=False),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.Column("on_cross", sa.String(), nullable=False),
        sa.Column("webhook_url", sa.String(), nullable=True),
        sa.Column("changed_at", columns.UtcDateTime(), nullable=False),
        sa.CheckConstraint("on_cross IN ('finish', 'stop')", name=op.f("ck_budgets_on_cross")),
        sa.CheckConstraint("period IN ('day', 'month')", name=op.f("ck_budgets_period")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_budgets_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budgets")),
    )
    op.create_index("ix_budgets_own", "budgets", ["user_id", "period"], unique=True)
    op.create_index(
        "ix_budgets_everyones",
        "budgets",
        ["period"],
        unique=True,
        sqlite_where=sa.text("user_id IS NULL"),
        postgresql_where=sa.text("user_id IS NULL"),
    )
    op.create_table(
        "budget_reservations",
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("amount", columns.Money(), nullable=False),
        sa.Column("made_at", columns.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("response_id", name=op.f("pk_budget_reservations")),
    )
    op.create_index("ix_budget_reservations_made_at", "budget_reservations", ["made_at"])
    op.create_index("ix_budget_reservations_user_id", "budget_reservations", ["user_id"])
    op.create_table(
        "budget_alerts",
        sa.Column("budget_id", sa.Uuid(), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("spent", columns.Money(), nullable=False),
        sa.Column("crossed_at", columns.UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", columns.UtcDateTime(), nullable=True),
        sa.Column("delivered_at", columns.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["budget_id"], ["budgets.id"], name=op.f("fk_budget_alerts_budget_id_budgets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("budget_id", "start", "threshold", name=op.f("pk_budget_alerts")),
        sa.UniqueConstraint("id", name=op.f("uq_budget_alerts_id")),
    )
    op.create_index(
        "ix_budget_alerts_due",
        "budget_alerts",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("budget_alerts")
    op.drop_table("budget_reservations")
    op.drop_table("budgets")
    op.drop_table("comparison_counters")
    op.drop_table("model_counters")
    op.drop_table("payer_counters")
    op.drop_table("ledger")
