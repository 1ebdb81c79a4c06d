"""shares"""

import sqlalchemy as sa
from alembic import op

from backend.kit import columns

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shares",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("comparison_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("expires_at", columns.UtcDateTime(), nullable=True),
        sa.Column("opened_count", sa.Integer(), nullable=False),
        sa.Column("last_opened_at", columns.UtcDateTime(), nullable=True),
        sa.CheckConstraint("level IN ('viewer', 'commenter', 'editor')", name=op.f("ck_shares_level")),
        sa.CheckConstraint("(user_id IS NULL) <> (hash IS NULL)", name=op.f("ck_shares_kind")),
        sa.CheckConstraint("hash IS NULL OR level <> 'editor'", name=op.f("ck_shares_link_level")),
        sa.ForeignKeyConstraint(
            ["comparison_id"],
            ["comparisons.id"],
            name=op.f("fk_shares_comparison_id_comparisons"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["shares.id"], name=op.f("fk_shares_link_id_shares"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_shares_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shares")),
        sa.UniqueConstraint("hash", name=op.f("uq_shares_hash")),
        sa.UniqueConstraint("user_id", "comparison_id", name=op.f("uq_shares_user_id_comparison_id")),
    )
    op.create_index(op.f("ix_shares_comparison_id"), "shares", ["comparison_id"])
    op.create_index(op.f("ix_shares_link_id"), "shares", ["link_id"])
    op.create_index(
        op.f("ix_shares_expires_at"),
        "shares",
        ["expires_at"],
        sqlite_where=sa.text("expires_at IS NOT NULL"),
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        op.f("ix_shares_expires_at"),
        table_name="shares",
        sqlite_where=sa.text("expires_at IS NOT NULL"),
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.drop_index(op.f("ix_shares_link_id"), table_name="shares")
    op.drop_index(op.f("ix_shares_comparison_id"), table_name="shares")
    op.drop_table("shares")
