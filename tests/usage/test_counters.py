"""The counters are the sums of the ledger, whatever happened."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from backend.kit.db import Database
from backend.usage import ledger
from backend.usage.entry import EVERYONE, Entry, Timing
from backend.usage.histograms import Histogram, Series, add_packed, bucket_of, counts_of
from backend.usage.tables import ComparisonCounterRow, LedgerRow, ModelCounterRow, PayerCounterRow
from tests.usage.entries import entries, entry

TABLES = (LedgerRow, PayerCounterRow, ModelCounterRow, ComparisonCounterRow)
COUNTED = ("requests", "completed", "input_tokens", "output_tokens", "cost", "unknown_costs")

Figures = dict[tuple[Any, ...], list[Any]]


def rows_added_up(rows: Sequence[Any]) -> tuple[Figures, Figures, Figures, dict[Any, Counter[int]]]:
    """From the ledger alone, by other means than the code's own."""
    by_payer: Figures = defaultdict(lambda: [0, 0, 0, 0, Decimal(0), 0])
    by_model: Figures = defaultdict(lambda: [0, 0, 0, 0, Decimal(0), 0])
    by_comparison: Figures = defaultdict(lambda: [0, 0, 0, 0, Decimal(0), 0])
    waits: dict[Any, Counter[int]] = defaultdict(Counter)
    for row in rows:
        figures = [
            1,
            row.outcome == "completed",
            row.input + row.cache_read + row.cache_write_5m + row.cache_write_1h + row.input_audio,
            row.output + row.reasoning + row.output_audio,
            row.cost or Decimal(0),
            row.cost is None,
        ]
        for period in (("day", row.at.date()), ("month", date(row.at.year, row.at.month, 1))):
            keys = [
                (by_comparison, (row.comparison_id, row.user_id, *period)),
                *((by_payer, (payer, *period)) for payer in (row.user_id, EVERYONE)),
                *(
                    (by_model, (payer, *period, row.model_id, row.provider))
                    for payer in (row.user_id, EVERYONE)
                ),
            ]
            for sums, key in keys:
                if key[0] is not None:
                    sums[key] = [sum(pair) for pair in zip(sums[key], figures, strict=True)]
            if row.first_token_ms is not None and not row.cache_read:
                waits[row.user_id, *period, row.model_id, row.provider][bucket_of(row.first_token_ms)] += 1
    return dict(by_payer), dict(by_model), dict(by_comparison), dict(waits)


async def counted(database: Database) -> tuple[Figures, Figures, Figures, dict[Any, Counter[int]]]:
    async with database.reading() as db:
        payers = {
            (row.payer_id, row.grain, row.start): [getattr(row, name) for name in COUNTED]
            for row in await db.scalars(select(PayerCounterRow))
        }
        models, waits = {}, {}
        for row in await db.scalars(select(ModelCounterRow)):
            key = (row.payer_id, row.grain, row.start, row.model_id, row.provider)
            models[key] = [getattr(row, name) for name in COUNTED]
            wait = first_tokens(row.histograms)
            if wait and row.payer_id != EVERYONE:
                waits[key] = wait
        comparisons = {
            (row.comparison_id, row.user_id, row.grain, row.start): [getattr(row, name) for name in COUNTED]
            for row in await db.scalars(select(ComparisonCounterRow))
        }
    return payers, models, comparisons, waits


def first_tokens(packed: bytes) -> Counter[int]:
    unpacked: dict[Series, Histogram] = {}
    add_packed(unpacked, [packed])
    return Counter(counts_of(unpacked.get("first_token", 0)))


def batches(entries_: Sequence[Entry], cuts: Sequence[int]) -> Iterator[Sequence[Entry]]:
    rest = list(entries_)
    for cut in cuts:
        yield rest[:cut]
        rest = rest[cut:]
    yield rest


@settings(
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.lists(entries(), max_size=25), st.lists(st.integers(1, 8), max_size=5))
async def test_counters_are_the_sums_of_the_ledger(
    database: Database, history: list[Entry], cuts: list[int]
) -> None:
    async with database.transaction() as db:
        for table in TABLES:
            await db.execute(delete(table))
    for batch in batches(history, cuts):
        async with database.transaction() as db:
            await ledger.append(db, batch)

    async with database.reading() as db:
        rows = (await db.scalars(select(LedgerRow))).all()
    assert {row.id for row in rows} == {each.id for each in history}
    assert await counted(database) == rows_added_up(rows)


async def test_a_distribution_grows_with_each_append(database: Database) -> None:
    for milliseconds in (100.0, 100.0, 900.0):
        async with database.transaction() as db:
            await ledger.append(db, [entry(timing=Timing(first_token=milliseconds))])
    *_, waits = await counted(database)
    assert list(waits.values()) == [{bucket_of(100.0): 2, bucket_of(900.0): 1}] * 2
