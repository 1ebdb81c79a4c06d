"""search"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    deleted, not_completed = sa.text("deleted_at IS NOT NULL"), sa.text("status <> 'completed'")
    op.create_index(
        "ix_comparisons_trash",
        "comparisons",
        ["owner_id", "id"],
        sqlite_where=deleted,
        postgresql_where=deleted,
    )
    op.create_index(
        "ix_comparisons_not_completed",
        "comparisons",
        ["owner_id", "status", "id"],
        sqlite_where=not_completed,
        postgresql_where=not_completed,
    )
    op.create_table(
        "search_shelves",
        sa.Column("id", number, nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_shelves")),
        sa.UniqueConstraint("owner_id", "generation", name=op.f("uq_search_shelves_owner_id_generation")),
    )
    op.create_table(
        "search_places",
        sa.Column("place", number, nullable=False),
        sa.Column("comparison_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_search_places")),
        sa.UniqueConstraint("comparison_id", name=op.f("uq_search_places_comparison_id")),
    )
    op.create_table(
        "search_texts",
        sa.Column("number", number, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ref", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('title', 'prompt', 'answer')", name=op.f("ck_search_texts_kind")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_search_texts")),
        sa.UniqueConstraint("ref", name=op.f("uq_search_texts_ref")),
    )
    # Each database has an index of its own kind; backend/comparisons/search_index.py speaks to both.
    for statement in _index_of_words(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    deleted, not_completed = sa.text("deleted_at IS NOT NULL"), sa.text("status <> 'completed'")
    op.drop_table("search_words")
    if op.get_bind().dialect.name == "sqlite":
        op.drop_table("search_kept")
    op.drop_table("search_texts")
    op.drop_table("search_places")
    op.drop_table("search_shelves")
    op.drop_index(
        "ix_comparisons_not_completed",
        table_name="comparisons",
        sqlite_where=not_completed,
        postgresql_where=not_completed,
    )
    op.drop_index(
        "ix_comparisons_trash",
        table_name="comparisons",
        sqlite_where=deleted,
        postgresql_where=deleted,
    )


def _index_of_words(dialect: str) -> tuple[str, str]:
    if dialect == "sqlite":
        return (
            # Nothing is kept but the words; what is outside of ASCII counts as a letter.
            """CREATE VIRTUAL TABLE search_words
            USING fts5(words, content='', columnsize=0, tokenize="ascii tokenchars '.'")""",
            "CREATE TABLE search_kept (number INTEGER NOT NULL PRIMARY KEY, words BLOB NOT NULL)",
        )
    return (
        "CREATE TABLE search_words (number bigint NOT NULL PRIMARY KEY, words tsvector NOT NULL)",
        # What was not sorted in yet is read through by every search: little of it.
        """CREATE INDEX ix_search_words_words ON search_words USING gin (words)
        WITH (fastupdate = on, gin_pending_list_limit = 512)""",
    )
