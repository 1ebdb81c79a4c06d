"""Column types hold the same values on both databases."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import ForeignKey, MetaData, func, inspect, select
from sqlalchemy.exc import IntegrityError, InvalidRequestError, StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

import backend
from backend.kit.columns import NAMING_CONVENTION, Base, Id
from backend.kit.db import Database
from backend.kit.ids import new_id


class SampleBase(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = Base.type_annotation_map


class Receipt(SampleBase):
    __tablename__ = "receipt"

    id: Mapped[Id]
    paid: Mapped[Decimal | None] = mapped_column(unique=True)
    paid_at: Mapped[datetime | None]
    lines: Mapped[list["Line"]] = relationship(lazy="raise")


class Line(SampleBase):
    __tablename__ = "line"

    id: Mapped[Id]
    receipt_id: Mapped[Id] = mapped_column(ForeignKey("receipt.id"), primary_key=False)


@pytest.fixture
async def receipts(database: Database) -> Database:
    async with database.transaction() as db:
        await db.run_sync(lambda session: SampleBase.metadata.create_all(session.connection()))
    return database


async def _keep(database: Database, *receipts: Receipt) -> None:
    async with database.transaction() as db:
        db.add_all(receipts)


async def test_a_key_is_made_and_read_back(receipts: Database) -> None:
    receipt = Receipt()
    await _keep(receipts, receipt)
    async with receipts.reading() as db:
        assert await db.get(Receipt, receipt.id) is not None
    assert receipt.id.version == 7


async def test_keys_sort_as_they_were_made(receipts: Database) -> None:
    keys = [new_id() for _ in range(50)]
    await _keep(receipts, *(Receipt(id=key) for key in reversed(keys)))
    async with receipts.reading() as db:
        assert list(await db.scalars(select(Receipt.id).order_by(Receipt.id))) == keys


async def test_a_time_comes_back_as_the_same_moment_in_utc(receipts: Database) -> None:
    in_india = datetime(2026, 11, 21, 10, 30, 0, 123_456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    await _keep(receipts, Receipt(paid_at=in_india))
    async with receipts.reading() as db:
        paid_at = (await db.scalars(select(Receipt.paid_at))).one()
        found = await db.scalar(select(func.count()).where(Receipt.paid_at == in_india))
    assert paid_at == in_india
    assert paid_at is not None
    assert paid_at.tzinfo is UTC
    assert found == 1


async def test_times_sort_by_moment_whatever_their_zone(receipts: Database) -> None:
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    west = timezone(-timedelta(hours=8))
    times = [(noon + timedelta(minutes=n)).astimezone(west if n % 2 else UTC) for n in range(6)]
    await _keep(receipts, *(Receipt(paid_at=time) for time in reversed(times)))
    async with receipts.reading() as db:
        assert list(await db.scalars(select(Receipt.paid_at).order_by(Receipt.paid_at))) == times


async def test_a_naive_time_is_refused(receipts: Database) -> None:
    with pytest.raises(StatementError, match="needs a time zone"):
        await _keep(receipts, Receipt(paid_at=datetime(2026, 11, 21, 12)))  # noqa: DTZ001 - the point of the test


@pytest.mark.parametrize("amount", ["0", "0.1", "-0.000000000001", "1E-7", "8999999.999999999999", "12E3"])
async def test_money_comes_back_to_the_last_digit(receipts: Database, amount: str) -> None:
    await _keep(receipts, Receipt(paid=Decimal(amount)))
    async with receipts.reading() as db:
        paid = (await db.scalars(select(Receipt.paid).where(Receipt.paid == Decimal(amount)))).one()
    assert paid == Decimal(amount)
    assert isinstance(paid, Decimal)


async def test_money_is_added_exactly_in_sql(receipts: Database) -> None:
    amounts = [Decimal(n) / 10 + Decimal("0.000000000001") for n in range(1, 301)]
    await _keep(receipts, *(Receipt(paid=amount) for amount in amounts))
    async with receipts.reading() as db:
        total, least, most = (
            await db.execute(select(func.sum(Receipt.paid), func.min(Receipt.paid), func.max(Receipt.paid)))
        ).one()
        above = await db.scalar(select(func.sum(Receipt.paid)).where(Receipt.paid > Decimal("29.95")))
        raised = await db.scalar(select(Receipt.paid + Decimal("0.05")).order_by(Receipt.paid).limit(1))
    assert total == sum(amounts)
    assert (least, most) == (amounts[0], amounts[-1])
    assert above == amounts[-1]
    assert raised == Decimal("0.150000000001")


async def test_money_sorts_by_amount(receipts: Database) -> None:
    amounts = [Decimal(text) for text in ("-2", "-0.5", "0", "0.09", "0.1", "9", "10")]
    await _keep(receipts, *(Receipt(paid=amount) for amount in reversed(amounts)))
    async with receipts.reading() as db:
        assert list(await db.scalars(select(Receipt.paid).order_by(Receipt.paid))) == amounts


@pytest.mark.parametrize(
    "amount",
    [0.1, 1, Decimal("0.0000000000001"), Decimal("1." + "0" * 39 + "1"), Decimal(9_000_001), Decimal("NaN")],
)
async def test_what_is_not_exact_money_is_refused(receipts: Database, amount: object) -> None:
    with pytest.raises(StatementError, match="money"):
        await _keep(receipts, Receipt(paid=amount))


def test_money_is_not_multiplied_in_sql() -> None:
    with pytest.raises(TypeError, match="in Python"):
        _ = Receipt.paid * 3


async def test_a_relationship_never_loads_by_itself(receipts: Database) -> None:
    await _keep(receipts, Receipt())
    async with receipts.reading() as db:
        receipt = (await db.scalars(select(Receipt))).one()
        with pytest.raises(InvalidRequestError, match="lazy='raise'"):
            _ = receipt.lines
        asked = select(Receipt).options(selectinload(Receipt.lines)).execution_options(populate_existing=True)
        assert (await db.scalars(asked)).one().lines == []


async def test_foreign_keys_are_kept_on_both(receipts: Database) -> None:
    with pytest.raises(IntegrityError):
        await _keep(receipts, Line(receipt_id=new_id()))


def _import_all_tables() -> None:
    for tables in Path(backend.__path__[0]).glob("*/tables.py"):
        import_module(f"backend.{tables.parent.name}.tables")


def test_every_relationship_in_the_code_is_lazy_raise() -> None:
    _import_all_tables()
    lazy = {
        str(relation): relation.lazy
        for mapper in [*Base.registry.mappers, inspect(Receipt)]
        for relation in mapper.relationships
    }
    assert lazy == dict.fromkeys(lazy, "raise")
    assert lazy


def test_every_constraint_has_a_name() -> None:
    _import_all_tables()
    tables = [*Base.metadata.tables.values(), *SampleBase.metadata.tables.values()]
    names = [constraint.name for table in tables for constraint in table.constraints]
    assert names
    assert all(isinstance(name, str) for name in names)
    assert {"pk_receipt", "uq_receipt_paid", "fk_line_receipt_id_receipt"} <= set(names)
