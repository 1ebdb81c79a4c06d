"""Rows that a database copies by itself, with other keys and later moments: quicker than to write them.

Keys that are to be copied begin with the same digits; those of a copy begin with others. Keys of people stay
as they are, and so does all that is neither key nor moment.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Date, Table, Uuid
from sqlalchemy.engine import Dialect

from backend.kit.columns import UtcDateTime

_PEOPLE: Final = frozenset({"owner_id", "user_id", "payer_id"})


@dataclass(frozen=True, slots=True)
class Copy:
    keys: str
    """The first digits of its keys, as many as the others have."""
    later: timedelta
    """Whole days where a table has days."""
    numbers: Mapping[str, int]
    """What is added, by table and column."""


def kept_aside(table: Table) -> str:
    """Said once, before the first copy is made of what is there by then."""
    return f"CREATE TEMP TABLE original_{table.name} AS SELECT * FROM {table.name}"  # noqa: S608 - our own


def copied(table: Table, copy: Copy, dialect: Dialect) -> str:
    names = ", ".join(column.name for column in table.c)
    values = ", ".join(_value(column, copy, on_sqlite=dialect.name == "sqlite") for column in table.c)
    return f"INSERT INTO {table.name} ({names}) SELECT {values} FROM original_{table.name}"  # noqa: S608 - our own


def _value(column: Any, copy: Copy, *, on_sqlite: bool) -> str:
    name: str = column.name
    match column.type:
        case _ if name in _PEOPLE:
            return name
        case Uuid():
            rest = len(copy.keys) + 1
            key = f"'{copy.keys}' || substr({name}, {rest})"
            return key if on_sqlite else f"CAST('{copy.keys}' || substr({name}::text, {rest}) AS uuid)"
        case UtcDateTime():
            seconds = f"+{copy.later.total_seconds():f} seconds"
            later = f"strftime('%Y-%m-%d %H:%M:%f000', {name}, '{seconds}')"
            return later if on_sqlite else f"{name} + interval '{seconds}'"
        case Date():
            days = copy.later.days
            return f"date({name}, '+{days} days')" if on_sqlite else f"{name} + {days}"
    number = copy.numbers.get(str(column))
    return name if number is None else f"{name} + {number}"
