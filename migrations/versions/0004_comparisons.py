"""comparisons"""

import sqlalchemy as sa
from alembic import op

from backend.kit import columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "comparisons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("prompt", sa.String(), nullable=False),
        sa.Column("history_mode", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("total_tokens", sa.BigInteger(), nullable=False),
        sa.Column("total_cost", columns.Money(), nullable=False),
        sa.Column("unknown_costs", sa.Integer(), nullable=False),
        sa.Column("response_count", sa.Integer(), nullable=False),
        sa.Column("completed_count", sa.Integer(), nullable=False),
        sa.Column("completed_ms", sa.BigInteger(), nullable=False),
        sa.Column("branched_from", sa.Uuid(), nullable=True),
        sa.Column("imported_at", columns.UtcDateTime(), nullable=True),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("updated_at", columns.UtcDateTime(), nullable=False),
        sa.Column("deleted_at", columns.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "history_mode IN ('isolated', 'shared')", name=op.f("ck_comparisons_history_mode")
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'in_progress', 'completed', 'failed')", name=op.f("ck_comparisons_status")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_comparisons_owner_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparisons")),
    )
    with op.batch_alter_table("comparisons", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_comparisons_deleted_at"),
            ["deleted_at"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NOT NULL"),
            postgresql_where=sa.text("deleted_at IS NOT NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_comparisons_owner_id_comparisons_id"), ["owner_id", "id"], unique=False
        )

    op.create_table(
        "comparison_tags",
        sa.Column("comparison_id", sa.Uuid(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comparison_id"],
            ["comparisons.id"],
            name=op.f("fk_comparison_tags_comparison_id_comparisons"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("comparison_id", "tag", name=op.f("pk_comparison_tags")),
    )
    with op.batch_alter_table("comparison_tags", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_comparison_tags_tag_comparison_tags_comparison_id"),
            ["tag", "comparison_id"],
            unique=False,
        )

    op.create_table(
        "lanes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("comparison_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("system_prompt", sa.String(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("fallback_model_ids", sa.JSON(), nullable=False),
        sa.Column("removed_at", columns.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["comparison_id"],
            ["comparisons.id"],
            name=op.f("fk_lanes_comparison_id_comparisons"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lanes")),
    )
    with op.batch_alter_table("lanes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_lanes_comparison_id_lanes_position"), ["comparison_id", "position"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_lanes_model_id_lanes_comparison_id"), ["model_id", "comparison_id"], unique=False
        )

    op.create_table(
        "turns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("comparison_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("prompt", sa.String(), nullable=False),
        sa.Column("history_mode", sa.String(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_by_name", sa.String(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("started_at", columns.UtcDateTime(), nullable=True),
        sa.Column("ended_at", columns.UtcDateTime(), nullable=True),
        sa.Column("chosen_response_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("history_mode IN ('isolated', 'shared')", name=op.f("ck_turns_history_mode")),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["users.id"], name=op.f("fk_turns_asked_by_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["comparison_id"],
            ["comparisons.id"],
            name=op.f("fk_turns_comparison_id_comparisons"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turns")),
        sa.UniqueConstraint("comparison_id", "number", name=op.f("uq_turns_comparison_id_number")),
    )
    op.create_table(
        "responses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("comparison_id", sa.Uuid(), nullable=False),
        sa.Column("turn_id", sa.Uuid(), nullable=False),
        sa.Column("lane_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("reasoning", sa.String(), nullable=False),
        sa.Column("error_kind", sa.String(), nullable=True),
        sa.Column("error_message", sa.String(), nullable=True),
        sa.Column("retry_after", sa.Double(), nullable=True),
        sa.Column("system_prompt", sa.String(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("history", sa.JSON(), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("cost", columns.Money(), nullable=True),
        sa.Column("price", sa.JSON(), nullable=True),
        sa.Column("retries", sa.JSON(), nullable=False),
        sa.Column("timeline", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("started_at", columns.UtcDateTime(), nullable=True),
        sa.Column("ended_at", columns.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "status IN ('pending', 'streaming', 'completed', 'error', 'cancelled', 'interrupted')",
            name=op.f("ck_responses_status"),
        ),
        sa.ForeignKeyConstraint(
            ["comparison_id"],
            ["comparisons.id"],
            name=op.f("fk_responses_comparison_id_comparisons"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["lane_id"], ["lanes.id"], name=op.f("fk_responses_lane_id_lanes"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["turn_id"], ["turns.id"], name=op.f("fk_responses_turn_id_turns"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responses")),
        sa.UniqueConstraint(
            "turn_id", "lane_id", "attempt", name=op.f("uq_responses_turn_id_lane_id_attempt")
        ),
    )
    with op.batch_alter_table("responses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_responses_comparison_id"), ["comparison_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_responses_lane_id"), ["lane_id"], unique=False)
        batch_op.create_index(
            "ix_responses_unfinished",
            ["status"],
            unique=False,
            sqlite_where=sa.text("status IN ('pending', 'streaming')"),
            postgresql_where=sa.text("status IN ('pending', 'streaming')"),
        )

    op.create_table(
        "chunks",
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("reasoning", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["response_id"],
            ["responses.id"],
            name=op.f("fk_chunks_response_id_responses"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("response_id", "number", name=op.f("pk_chunks")),
    )


def downgrade() -> None:
    op.drop_table("chunks")
    with op.batch_alter_table("responses", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_responses_unfinished",
            sqlite_where=sa.text("status IN ('pending', 'streaming')"),
            postgresql_where=sa.text("status IN ('pending', 'streaming')"),
        )
        batch_op.drop_index(batch_op.f("ix_responses_lane_id"))
        batch_op.drop_index(batch_op.f("ix_responses_comparison_id"))

    op.drop_table("responses")
    op.drop_table("turns")
    with op.batch_alter_table("lanes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lanes_model_id_lanes_comparison_id"))
        batch_op.drop_index(batch_op.f("ix_lanes_comparison_id_lanes_position"))

    op.drop_table("lanes")
    with op.batch_alter_table("comparison_tags", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comparison_tags_tag_comparison_tags_comparison_id"))

    op.drop_table("comparison_tags")
    with op.batch_alter_table("comparisons", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comparisons_owner_id_comparisons_id"))
        batch_op.drop_index(
            batch_op.f("ix_comparisons_deleted_at"),
            sqlite_where=sa.text("deleted_at IS NOT NULL"),
            postgresql_where=sa.text("deleted_at IS NOT NULL"),
        )

    op.drop_table("comparisons")
