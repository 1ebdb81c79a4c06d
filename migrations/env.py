"""What Alembic runs for every command. backend/kit/schema.py owns the connection and its transaction."""

from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import context

import backend
from backend.kit.columns import Base

for tables in sorted(Path(backend.__path__[0]).glob("*/tables.py")):
    import_module(f"backend.{tables.parent.name}.tables")


def _is_of_the_code(name: str | None, kind: str, _parents: Any) -> bool:
    """The index of words is no table of the code: each database has one of its own kind."""
    return kind != "table" or not (name or "").startswith(("search_words", "search_kept"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_name=_is_of_the_code,
    compare_type=True,
    compare_server_default=True,
    # SQLite changes a table by building it anew; the same script runs on PostgreSQL.
    render_as_batch=True,
    user_module_prefix="columns.",
)
with context.begin_transaction():
    context.run_migrations()
