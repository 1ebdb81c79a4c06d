"""One of many values, without a statement of its own for each number of them."""

from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement


class Among(FunctionElement[bool]):
    """Not called a Boolean: SQLAlchemy would write `… = 1` for SQLite, which then looks into no index."""

    inherit_cache = True


def among(column: Any, name: str) -> ColumnElement[bool]:
    """`column` is one of the list given as `name` when the statement is asked. PostgreSQL takes an array of
    them, so that it prepares one statement and not another one for each length; SQLite has no arrays.
    """
    array = bindparam(name, type_=ARRAY(column.type))
    return Among(column == array.any_(), column.in_(bindparam(name, expanding=True)))


@compiles(Among)
def _each(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    _, of_list = element.clauses
    return compiler.process(of_list, **options)


@compiles(Among, "postgresql")
def _of_array(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    of_array, _ = element.clauses
    return compiler.process(of_array, **options)
