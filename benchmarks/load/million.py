"""A database as it is after a year of use: people, their comparisons, and everything that these cost.

The same rows for every database that is given, written past the product's own code (its statements for single
groups would take an hour) but for the counters, which are the product's own.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from random import Random
from typing import Any, Protocol, cast
from uuid import UUID

import asyncpg
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql.asyncpg import dialect as postgresql
from sqlalchemy.dialects.sqlite import dialect as sqlite
from sqlalchemy.engine import Dialect

from backend.accounts.tables import UserRow
from backend.catalogue.prices import Cost
from backend.comparisons.tables import ComparisonRow, LaneRow, ResponseRow, TurnRow
from backend.kit.database_url import SqliteFile, parse
from backend.providers.usage import Usage
from backend.usage import ledger
from backend.usage.counters import COUNTED
from backend.usage.counting import Counting
from backend.usage.entry import Entry, Outcome, Timing
from backend.usage.histograms import pack
from backend.usage.tables import COMPARISON_COUNTERS, LEDGER, MODEL_COUNTERS, PAYER_COUNTERS

Row = Mapping[str, Any]

USERS, COMPARISONS, LANES, TURNS, RESPONSES = (
    cast("Table", each.__table__) for each in (UserRow, ComparisonRow, LaneRow, TurnRow, ResponseRow)
)
# In this order because some refer to others.
TABLES = (
    USERS,
    COMPARISONS,
    LANES,
    TURNS,
    RESPONSES,
    LEDGER,
    PAYER_COUNTERS,
    MODEL_COUNTERS,
    COMPARISON_COUNTERS,
)

PEOPLE = 200
_LONGEST = timedelta(minutes=10)
"""Of a comparison."""
DAYS = 365
PROVIDERS = ("openai", "anthropic", "google", "groq", "mistral", "local")
MODELS = tuple(f"{provider}/model-{number}" for provider in PROVIDERS for number in range(4))
# fmt: off
WORDS = [
    "the", "a", "model", "answer", "prompt", "token", "latency", "cost", "stream", "turn", "lane",
    "compare", "write", "explain", "summary", "code", "table", "python", "street", "river", "winter",
    "umbrella", "music", "number", "letter", "question", "reason", "simple", "fast", "slow", "exact",
    "why", "how", "often", "never", "always", "about", "under", "between", "language", "city", "history",
    "science", "garden", "coffee", "light",
]
# fmt: on


# Some ask much more than others.
_ASKS = tuple(accumulate(1 / (place + 1) for place in range(PEOPLE)))


@dataclass(frozen=True, slots=True)
class Filled:
    people: tuple[UUID, ...]
    """The first asks most: about a sixth of everything."""
    first: date
    last: date
    comparisons: int
    responses: int


async def fill(urls: Sequence[str], responses: int, until: datetime, seed: int = 1) -> Filled:
    """About so many, in the year until then. The databases have all tables and nothing in them."""
    year = _Year(Random(seed), until)
    sinks = [await _sink_of(url) for url in urls]
    try:
        for batch in year.batches(responses):
            for sink in sinks:
                await sink.write(batch)
    finally:
        for sink in sinks:
            await sink.close()
    first = (until - timedelta(days=DAYS - 1)).date()
    return Filled(tuple(year.people), first, until.date(), year.comparisons, year.responses)


Batch = dict[str, list[Row]]
"""Rows by table."""


@dataclass(slots=True)
class _Year:
    random: Random
    until: datetime
    comparisons: int = 0
    responses: int = 0
    people: list[UUID] = field(init=False)
    _likes: list[list[str]] = field(init=False)
    _texts: list[str] = field(init=False)

    def __post_init__(self) -> None:
        start = self.until - timedelta(days=DAYS)
        self.people = [self._id(start) for _ in range(PEOPLE)]
        self._likes = [self.random.sample(MODELS, 8) for _ in self.people]
        self._texts = [
            " ".join(self.random.choices(WORDS, k=self.random.randint(8, 90))) for _ in range(3000)
        ]

    def batches(self, responses: int) -> Iterator[Batch]:
        """First the people, then a month after the other."""
        start = self.until - timedelta(days=DAYS)
        yield {USERS.name: [self._person(number, start) for number in range(PEOPLE)]}
        months: dict[date, list[datetime]] = {}
        # A comparison has five responses on average.
        for moment in sorted(
            start + timedelta(days=DAYS) * self.random.random() for _ in range(max(1, responses // 5))
        ):
            if (moment + _LONGEST).month == moment.month:  # each month's counters are written once
                months.setdefault(moment.date().replace(day=1), []).append(moment)
        for moments in months.values():
            yield self._month(moments)

    def _month(self, moments: Iterable[datetime]) -> Batch:
        batch: Batch = {table.name: [] for table in TABLES}
        entries: list[Entry] = []
        for moment in moments:
            entries += self._comparison(moment, batch)
        batch[LEDGER.name] = [ledger.row_of(entry) for entry in entries]
        counting = Counting().add(entries)
        batch[PAYER_COUNTERS.name] = [_counted(key, sums) for key, sums in counting.payers.items()]
        batch[COMPARISON_COUNTERS.name] = [_counted(key, sums) for key, sums in counting.comparisons.items()]
        batch[MODEL_COUNTERS.name] = [
            {**_counted(key, model.sums), "histograms": pack(model.histograms)}
            for key, model in counting.models.items()
        ]
        return batch

    def _comparison(self, at: datetime, batch: Batch) -> list[Entry]:
        number = self.random.choices(range(PEOPLE), cum_weights=_ASKS)[0]
        owner = self.people[number]
        comparison_id = self._id(at)
        lanes = [
            {
                "id": self._id(at),
                "comparison_id": comparison_id,
                "position": position,
                "model_id": model,
                "label": model.partition("/")[2],
                "system_prompt": "",
                "parameters": {},
                "fallback_model_ids": [],
            }
            for position, model in enumerate(
                self.random.sample(self._likes[number], self.random.randint(2, 4))
            )
        ]
        entries: list[Entry] = []
        moment = at
        for turn in range(self.random.choice((1, 1, 1, 2, 3))):
            prompt = f"{self._text()[:200]} {self.comparisons}"
            turn_id = self._id(moment)
            batch[TURNS.name].append(
                {
                    "id": turn_id,
                    "comparison_id": comparison_id,
                    "number": turn + 1,
                    "prompt": prompt,
                    "history_mode": "isolated",
                    "asked_by": owner,
                    "asked_by_name": f"Person {number}",
                    "created_at": moment,
                    "started_at": moment,
                    "ended_at": moment + timedelta(seconds=30),
                }
            )
            for lane in lanes:
                entry = self._entry(moment, owner, comparison_id, cast("str", lane["model_id"]))
                batch[RESPONSES.name].append(self._response(entry, turn_id, cast("UUID", lane["id"]), moment))
                entries.append(entry)
            moment += timedelta(minutes=2)
        batch[LANES.name] += lanes
        batch[COMPARISONS.name].append(_comparison_row(comparison_id, owner, prompt, at, moment, entries))
        self.comparisons += 1
        self.responses += len(entries)
        return entries

    def _entry(self, at: datetime, owner: UUID, comparison_id: UUID, model: str) -> Entry:
        random = self.random
        place = MODELS.index(model)
        outcome = cast(
            "Outcome", random.choices(("completed", "error", "cancelled", "interrupted"), (95, 3, 1, 1))[0]
        )
        tokens = int(random.lognormvariate(5.5, 0.8)) if outcome == "completed" else random.randint(0, 50)
        cached = random.random() < 0.15
        speed = random.lognormvariate(4 + place / 30, 0.25)
        first = random.lognormvariate(5.5 + place / 20, 0.4)
        dollars = Decimal((200 + tokens) * (place + 1)) / 10**7
        return Entry(
            id=self._id(at),
            at=at + timedelta(seconds=20),
            user_id=owner,
            comparison_id=comparison_id,
            response_id=self._id(at),
            model_id=model,
            provider=model.partition("/")[0],
            outcome=outcome,
            error_kind="overloaded" if outcome == "error" else None,
            usage=Usage(input=200, cache_read=150 if cached else 0, output=tokens),
            cost=Cost(None, "unknown") if model.startswith("local/") else Cost(dollars, "computed"),
            timing=Timing(
                queue=0.0, connect=first / 2, first_token=first, total=first + tokens / speed * 1000
            ),
            tokens_per_second=speed,
        )

    def _response(self, entry: Entry, turn_id: UUID, lane_id: UUID, at: datetime) -> Row:
        usage = entry.usage
        return {
            "id": entry.response_id,
            "comparison_id": entry.comparison_id,
            "turn_id": turn_id,
            "lane_id": lane_id,
            "attempt": 1,
            "model_id": entry.model_id,
            "status": entry.outcome,
            "text": self._text(),
            "reasoning": "",
            "error_kind": entry.error_kind,
            "error_message": "The server is busy." if entry.error_kind else None,
            "system_prompt": "",
            "parameters": {},
            "history": [],
            "metrics": {
                "provider": entry.provider,
                "inputTokens": usage.input_total,
                "outputTokens": usage.output_total,
                "totalTokens": usage.total,
                "cost": None if entry.amount is None else float(entry.amount),
                "timeToFirstTokenMs": entry.timing.first_token,
                "responseTimeMs": entry.timing.total,
            },
            "cost": entry.amount,
            "retries": [],
            "created_at": at,
            "started_at": at,
            "ended_at": entry.at,
        }

    def _person(self, number: int, at: datetime) -> Row:
        return {
            "id": self.people[number],
            "email": f"person{number}@example.org",
            "name": f"Person {number}",
            "role": "member",
            "created_at": at,
        }

    def _text(self) -> str:
        return self.random.choice(self._texts)

    def _id(self, at: datetime) -> UUID:
        """UUIDv7 of that moment."""
        millisecond = int(at.timestamp() * 1000)
        return UUID(int=millisecond << 80 | 0x7 << 76 | 0b10 << 62 | self.random.getrandbits(62))


def _comparison_row(
    comparison_id: UUID, owner: UUID, prompt: str, at: datetime, ended: datetime, entries: Sequence[Entry]
) -> Row:
    completed = [entry for entry in entries if entry.outcome == "completed"]
    return {
        "id": comparison_id,
        "owner_id": owner,
        "title": prompt[:60],
        "prompt": prompt,
        "history_mode": "isolated",
        "status": "completed" if completed else "failed",
        "total_tokens": sum(entry.usage.total for entry in entries),
        "total_cost": sum((entry.amount or Decimal(0) for entry in entries), Decimal(0)),
        "unknown_costs": sum(entry.amount is None for entry in entries),
        "response_count": len(entries),
        "completed_count": len(completed),
        "completed_ms": int(sum(entry.timing.total or 0 for entry in completed)),
        "created_at": at,
        "updated_at": ended,
    }


def _counted(key: Any, sums: Any) -> Row:
    return {**key._asdict(), **{name: getattr(sums, name) for name in COUNTED}}


class _Sink(Protocol):
    async def write(self, batch: Batch) -> None: ...

    async def close(self) -> None: ...


async def _sink_of(url: str) -> _Sink:
    match parse(url):
        case SqliteFile(path):
            return _SqliteSink(sqlite3.connect(path, isolation_level=None, check_same_thread=False))
        case server:
            return _PostgresSink(await asyncpg.connect(server.dsn))


class _SqliteSink:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("PRAGMA synchronous = OFF")

    async def write(self, batch: Batch) -> None:
        await asyncio.to_thread(self._write, batch)

    def _write(self, batch: Batch) -> None:
        self._connection.execute("BEGIN")
        for table in TABLES:
            if rows := batch.get(table.name):
                places = ", ".join("?" * len(table.c))
                statement = f"INSERT INTO {table.name} ({_names(table)}) VALUES ({places})"  # noqa: S608 - our own
                self._connection.executemany(statement, _records(table, sqlite(), rows))
        self._connection.execute("COMMIT")

    async def close(self) -> None:
        with closing(self._connection):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class _PostgresSink:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def write(self, batch: Batch) -> None:
        for table in TABLES:
            if rows := batch.get(table.name):
                records = _records(table, postgresql(), rows)
                names = [column.name for column in table.c]
                await self._connection.copy_records_to_table(table.name, records=records, columns=names)

    async def close(self) -> None:
        """What its own housekeeping does after so many rows."""
        await self._connection.execute("VACUUM ANALYZE")
        await self._connection.close()


def _names(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.c)


def _records(table: Table, dialect: Dialect, rows: Iterable[Row]) -> Iterator[tuple[Any, ...]]:
    """As SQLAlchemy would hand them to the driver."""
    columns = [(column.name, _writer(column, dialect), _usual(column)) for column in table.c]
    for row in rows:
        yield tuple(write(row.get(name, usual)) for name, write, usual in columns)


def _writer(column: Any, dialect: Dialect) -> Callable[[Any], Any]:
    found = column.type.dialect_impl(dialect).bind_processor(dialect)
    return found or (lambda value: value)


def _usual(column: Any) -> Any:
    return column.default.arg if column.default is not None and column.default.is_scalar else None


def now() -> datetime:
    """The end of the year: this moment, to the second."""
    return datetime.now(UTC).replace(microsecond=0)
