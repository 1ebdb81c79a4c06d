"""The base of all tables and their column types: the same values on SQLite and PostgreSQL.

Knows no table. Relationships are declared with `lazy="raise"`; a test looks at every mapper.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Dialect, MetaData, Numeric, Uuid, types
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.sql import operators
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeEngine

from backend.kit.ids import new_id

# Constraints without a name cannot be dropped by a migration.
NAMING_CONVENTION = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(types.TypeDecorator[datetime]):
    """Aware UTC in and out. A naive datetime is refused: nobody knows which moment it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def __repr__(self) -> str:  # what a generated migration writes
        return "UtcDateTime()"

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time in the database needs a time zone: {value.isoformat()}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        # SQLite gives the digits back without the zone; they were UTC when they went in.
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Money(types.TypeDecorator[Decimal]):
    """US dollars, exact to 10⁻¹². SQLite has no decimals, so it keeps a whole number of 10⁻¹² dollars:
    `sum`, `min`, `max`, order and comparison are exact in SQL on both databases.

    64 bits end at 9.2 million dollars, for a value and for a sum (SQLite then raises, it never rounds).
    """

    impl = Numeric(20, 12)
    cache_ok = True

    PLACES = 12
    LARGEST = Decimal(9_000_000)

    def __repr__(self) -> str:  # what a generated migration writes
        return "Money()"

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(20, self.PLACES))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if not isinstance(value, Decimal):
            raise TypeError(f"money is a Decimal, not {type(value).__name__}")
        if not value.is_finite() or abs(value) > self.LARGEST:
            raise ValueError(f"not an amount of money: {value}")
        numerator, denominator = value.as_integer_ratio()
        atoms, remainder = divmod(numerator * 10**self.PLACES, denominator)
        if remainder:
            raise ValueError(f"money has at most {self.PLACES} decimal places: {value}")
        return atoms if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            value = Decimal(value).scaleb(-self.PLACES)
        return Decimal(value).quantize(Decimal(1).scaleb(-self.PLACES))

    def coerce_compared_value(self, op: OperatorType | None, value: Any) -> Any:
        # 3 * price would bind 3 as three dollars on SQLite: arithmetic with numbers belongs into Python.
        if op in {operators.mul, operators.truediv, operators.floordiv, operators.mod}:
            raise TypeError("money is multiplied and divided in Python, not in SQL")
        return super().coerce_compared_value(op, value)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {datetime: UtcDateTime(), Decimal: Money(), UUID: Uuid()}  # noqa: RUF012 - declared so by SQLAlchemy


Id = Annotated[UUID, mapped_column(primary_key=True, default=new_id)]
