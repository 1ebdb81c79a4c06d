"""The counters in the database: added to by upsert, in the transaction of the ledger's entries."""

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Table, bindparam, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.kit.upsert import dialect_of, insert_on
from backend.usage.counting import ComparisonKey, Counting, ModelKey, ModelSums, PayerKey, Sums
from backend.usage.histograms import add_packed, pack
from backend.usage.tables import COMPARISON_COUNTERS, MODEL_COUNTERS, PAYER_COUNTERS

COUNTED: Final = tuple(each.name for each in fields(Sums))


async def add(db: AsyncSession, counting: Counting) -> None:
    """In the order of their keys, so that two who count at once never wait for each other in a circle."""
    await _add(db, PAYER_COUNTERS, PayerKey, counting.payers)
    await _add(db, COMPARISON_COUNTERS, ComparisonKey, counting.comparisons)
    await _add_models(db, counting.models)


async def _add(db: AsyncSession, table: Table, key: type[NamedTuple], counted: Mapping[Any, Sums]) -> None:
    if counted:
        await db.execute(
            _adding(dialect_of(db), table, key), [_row(each, counted[each]) for each in sorted(counted)]
        )


async def _add_models(db: AsyncSession, models: Mapping[ModelKey, ModelSums]) -> None:
    """The upsert holds the rows: nobody else changes a distribution between its reading and its writing."""
    if not models:
        return
    rows = [
        _row(key, models[key].sums) | {"histograms": pack(models[key].histograms)} for key in sorted(models)
    ]
    older = []
    for *key, requests, packed in await db.execute(_adding_models(dialect_of(db)), rows):
        counted = models[ModelKey(*key)]
        if requests != counted.sums.requests:  # it was there before, and has its own distribution still
            add_packed(counted.histograms, [packed])
            older.append(dict(zip(_ITS_KEY, key, strict=True)) | {"both": pack(counted.histograms)})
    if older:
        await db.execute(_MERGING, older)


def _row(key: NamedTuple, sums: Sums) -> dict[str, Any]:
    return key._asdict() | {name: getattr(sums, name) for name in COUNTED}


@cache  # building them anew takes longer than they do
def _adding(dialect: str, table: Table, key: type[NamedTuple]) -> Any:
    fresh: Any = insert_on(dialect, table)
    added = {name: table.c[name] + fresh.excluded[name] for name in COUNTED}
    return fresh.on_conflict_do_update(index_elements=list(key._fields), set_=added)


@cache
def _adding_models(dialect: str) -> Any:
    table = MODEL_COUNTERS
    key = (table.c[name] for name in ModelKey._fields)
    return _adding(dialect, table, ModelKey).returning(*key, table.c.requests, table.c.histograms)


_ITS_KEY: Final = tuple(f"its_{name}" for name in ModelKey._fields)
_MERGING: Final = (
    update(MODEL_COUNTERS)
    .values(histograms=bindparam("both"))
    .where(
        *(
            MODEL_COUNTERS.c[name] == bindparam(its)
            for name, its in zip(ModelKey._fields, _ITS_KEY, strict=True)
        )
    )
)
