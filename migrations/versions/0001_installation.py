"""installation"""

import sqlalchemy as sa
from alembic import op

from backend.kit import columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("singleton", sa.Integer(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("last_started_at", columns.UtcDateTime(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.CheckConstraint("singleton = 1", name=op.f("ck_installation_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
        sa.UniqueConstraint("singleton", name=op.f("uq_installation_singleton")),
    )


def downgrade() -> None:
    op.drop_table("installation")
