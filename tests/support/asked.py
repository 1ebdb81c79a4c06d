"""What the program asks its databases, whichever of them and by whichever connection."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.engine import Engine


@contextmanager
def asked() -> Iterator[list[str]]:
    """Its statements in their order, begins of transactions left out; it grows while the block runs."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def reads(statements: list[str]) -> list[str]:
    return [each for each in statements if each.lstrip().upper().startswith(("SELECT", "WITH"))]
