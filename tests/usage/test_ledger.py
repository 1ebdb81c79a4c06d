"""What is appended is there, whole and once."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import func, select

from backend.catalogue.prices import Cost, Price, Rate
from backend.kit.db import Database
from backend.kit.ids import new_id
from backend.providers.usage import Usage
from backend.usage import ledger, repository
from backend.usage.entry import EVERYONE, Entry, Timing
from backend.usage.periods import Span, day_of
from backend.usage.tables import LedgerRow
from tests.support.asked import asked
from tests.usage.entries import ADA, BOB, NOON, entry

TODAY = Span(day_of(NOON), day_of(NOON))


async def append(database: Database, *entries: Entry) -> None:
    async with database.transaction() as db:
        await ledger.append(db, entries)


async def test_an_entry_keeps_everything_that_was_said_of_the_call(database: Database) -> None:
    price = Price(rates={"input": Rate(Decimal("2.50"))}, source="genai-prices 0.2.3")
    told = entry(
        api_key_id=new_id(),
        comparison_id=new_id(),
        response_id=new_id(),
        outcome="interrupted",
        error_kind="stream_cut",
        usage=Usage(
            input=1,
            cache_read=2,
            cache_write_5m=3,
            cache_write_1h=4,
            input_audio=5,
            output=6,
            reasoning=7,
            output_audio=8,
            origin="estimated",
        ),
        cost=Cost(Decimal("0.0000025"), "estimated"),
        price=price,
        timing=Timing(queue=1.5, connect=2.5, first_token=3.5, first_answer=4.5, total=5.5),
        tokens_per_second=61.25,
    )
    await append(database, told)

    async with database.reading() as db:
        row = (await db.scalars(select(LedgerRow))).one()
    expected = {**ledger.row_of(told), "price": row.price}
    assert {name: getattr(row, name) for name in expected} == expected
    assert row.cost == Decimal("0.0000025")
    assert row.price == {
        "rates": {"input": {"dollars": "2.50", "tiers": []}},
        "per_request": None,
        "currency": "USD",
        "source": "genai-prices 0.2.3",
        "condition": "",
        "at": None,
    }
    assert row.price_source == "genai-prices 0.2.3"


async def test_what_nobody_knows_is_null_and_no_json_of_null(database: Database) -> None:
    await append(database, entry(None))
    async with database.reading() as db:
        unknown = select(func.count()).where(LedgerRow.price.is_(None), LedgerRow.cost.is_(None))
        assert await db.scalar(unknown) == 1


async def test_an_entry_that_is_appended_again_counts_once(database: Database) -> None:
    first, second = entry("1"), entry("2")
    await append(database, first, first)
    await append(database, second, first)
    async with database.reading() as db:
        total = await repository.total(db, ADA, TODAY)
    assert (total.requests, total.cost) == (2, Decimal(3))


async def test_nothing_is_counted_when_the_transaction_comes_to_nothing(database: Database) -> None:
    with pytest.raises(LookupError):
        async with database.transaction() as db:
            await ledger.append(db, [entry()])
            raise LookupError
    async with database.reading() as db:
        assert (await repository.total(db, EVERYONE, TODAY)).requests == 0
        assert await db.scalar(select(func.count()).select_from(LedgerRow)) == 0


async def test_a_cost_of_more_digits_than_are_kept_is_the_same_in_ledger_and_counters(
    database: Database,
) -> None:
    await append(database, *(entry(str(Decimal(1) / 3)) for _ in range(3)))
    async with database.reading() as db:
        kept = (await db.scalars(select(LedgerRow.cost))).all()
        total = await repository.total(db, ADA, TODAY)
    assert total.cost == sum(kept) == Decimal("0.999999999999")


async def test_those_who_append_at_the_same_time_lose_nothing(database: Database) -> None:
    people = [ADA, BOB, UUID(int=3), UUID(int=4)]
    batches = [
        [
            entry(
                "0.1",
                user_id=people[(turn + number) % 4],
                model_id=f"a/{number % 3}",
                at=NOON + timedelta(hours=turn),
            )
            for number in range(8)
        ]
        for turn in range(10)
    ]
    await asyncio.gather(*(append(database, *batch) for batch in batches))
    async with database.reading() as db:
        total = await repository.total(db, EVERYONE, TODAY)
        models = await repository.by_model(db, EVERYONE, TODAY)
    assert (total.requests, total.cost) == (80, Decimal(8))
    assert sum(sums.requests for sums in models.values()) == 80


async def test_fifty_entries_are_a_handful_of_statements(database: Database) -> None:
    history = [
        entry(
            user_id=UUID(int=number % 5 + 1),
            comparison_id=new_id(),
            response_id=new_id(),
            model_id=f"a/{number % 7}",
        )
        for number in range(50)
    ]
    await append(database, *history[:10])
    async with database.transaction() as db:
        with asked() as statements:
            await ledger.append(db, history)
    assert len(statements) <= 8
