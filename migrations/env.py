"""What Alembic runs for every command. backend/kit/schema.py owns the connection and its transaction."""

from importlib import import_module
from pathlib import Path

from alembic import context

import backend
from backend.kit.columns import Base

for tables in sorted(Path(backend.__path__[0]).glob("*/tables.py")):
    import_module(f"backend.{tables.parent.name}.tables")

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    compare_server_default=True,
    # SQLite changes a table by building it anew; the same script runs on PostgreSQL.
    render_as_batch=True,
    user_module_prefix="columns.",
)
with context.begin_transaction():
    context.run_migrations()
