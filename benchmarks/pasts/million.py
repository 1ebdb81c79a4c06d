"""What a year of use leaves in the ledger and in the counters: two hundred people, and all that they asked.

The same rows for every database that is given. The comparisons that they are about are not there: the
ledger outlives them, and reports never look. What is counted is counted as the product does.

Of very many, four weeks are written, and the database copies them twelve times. Then keys tell their order
and not their moments.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from random import Random
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.engine import Dialect

from backend.accounts.tables import UserRow
from backend.catalogue.prices import Cost
from backend.providers.usage import Usage
from backend.usage import ledger
from backend.usage.counters import COUNTED
from backend.usage.counting import Counting, ModelKey, ModelSums
from backend.usage.entry import Entry, Outcome, Timing
from backend.usage.histograms import pack
from backend.usage.periods import day_of, moment_of, start_of
from backend.usage.tables import COMPARISON_COUNTERS, LEDGER, MODEL_COUNTERS, PAYER_COUNTERS
from benchmarks.pasts.bulk import Row, bulk_of
from benchmarks.pasts.copies import Copy, copied, kept_aside

USERS: Final = cast("Table", UserRow.__table__)
_COPIED: Final = (LEDGER, PAYER_COUNTERS, MODEL_COUNTERS, COMPARISON_COUNTERS)

UNTIL: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
"""So that a year comes out the same whenever it is written."""
PEOPLE: Final = 200
DAYS: Final = 364
PROVIDERS: Final = ("openai", "anthropic", "google", "groq", "mistral", "local")
MODELS: Final = tuple(f"{provider}/model-{number}" for provider in PROVIDERS for number in range(4))
_MANY: Final = 50_000
"""Responses; fewer are written one by one, so that no month is like another."""
_WEEKS: Final = timedelta(days=28)
_BITS: Final = 32
"""Of the milliseconds in a key that tell four weeks from each other."""
_LONGEST: Final = timedelta(minutes=10)
"""Of a comparison."""

# Some ask much more than others.
_ASKS: Final = tuple(accumulate(1 / (place + 1) for place in range(PEOPLE)))


@dataclass(frozen=True, slots=True)
class Year:
    people: tuple[UUID, ...]
    """The first asks most: about a sixth of everything."""
    first: date
    last: date
    comparisons: int
    responses: int


Part = list[tuple[Table, list[Row]]]
"""Rows by table."""


async def fill(urls: Sequence[str], responses: int, until: datetime = UNTIL, seed: int = 1) -> Year:
    """About so many, in the year until the end of that day. The databases have all tables and nothing in
    them, and are filled at the same time.
    """
    last = day_of(until)
    times = DAYS // _WEEKS.days if responses >= _MANY else 1
    start = moment_of(last - timedelta(days=DAYS - 1))
    year = _Draft(Random(seed), start, timedelta(days=DAYS) / times, times)
    entries = list(year.entries(responses // times))
    counting = Counting().add(entries)
    part: Part = [(USERS, year.everybody()), (LEDGER, [ledger.row_of(entry) for entry in entries])]
    part += _days(counting)
    copies = list(year.copies())
    months = _rows_of_models(_months_of_models(counting, [timedelta(), *(copy.later for copy in copies)]))
    await asyncio.gather(*(_fill(url, part, copies, months) for url in urls))
    return Year(tuple(year.people), start.date(), last, year.comparisons * times, len(entries) * times)


async def _fill(url: str, part: Part, copies: Sequence[Copy], months: Sequence[Row]) -> None:
    bulk = await bulk_of(url)
    try:
        for table, rows in part:
            await bulk.write(table, rows)
        if copies:
            await bulk.run(*map(kept_aside, _COPIED))
        for copy in copies:
            await bulk.run(*(copied(table, copy, bulk.dialect) for table in _COPIED))
        await bulk.run(*(_months(table, bulk.dialect) for table in (PAYER_COUNTERS, COMPARISON_COUNTERS)))
        await bulk.write(MODEL_COUNTERS, months)
    finally:
        await bulk.close()


def _days(counting: Counting) -> Part:
    days: Part = []
    for table, counted in ((PAYER_COUNTERS, counting.payers), (COMPARISON_COUNTERS, counting.comparisons)):
        sums: Any = counted.items()
        days.append((table, [_counted(key, each) for key, each in sums if key.grain == "day"]))
    models = {key: model for key, model in counting.models.items() if key.grain == "day"}
    return [*days, (MODEL_COUNTERS, _rows_of_models(models))]


def _months(table: Table, dialect: Dialect) -> str:
    """What is counted of a month is what is counted of its days."""
    start = (
        "date(start, 'start of month')" if dialect.name == "sqlite" else "date_trunc('month', start)::date"
    )
    key = [column.name for column in table.primary_key]
    values = [{"grain": "'month'", "start": start}.get(name, name) for name in key]
    sums = ", ".join(f"sum({name})" for name in COUNTED)
    places = ", ".join(str(place) for place in range(1, len(key) + 1))
    return (
        f"INSERT INTO {table.name} ({', '.join((*key, *COUNTED))})"  # noqa: S608 - our own
        f" SELECT {', '.join(values)}, {sums} FROM {table.name} WHERE grain = 'day' GROUP BY {places}"
    )


def _months_of_models(counting: Counting, later: Iterable[timedelta]) -> dict[ModelKey, ModelSums]:
    months: dict[ModelKey, ModelSums] = {}
    for after in later:
        for key, day in counting.models.items():
            if key.grain == "day":
                start = start_of("month", key.start + after)
                month = months.setdefault(key._replace(grain="month", start=start), ModelSums())
                month.sums.add(day.sums)
                for series, histogram in day.histograms.items():
                    month.histograms[series] = month.histograms.get(series, 0) + histogram
    return months


def _rows_of_models(models: dict[ModelKey, ModelSums]) -> list[Row]:
    return [
        {**_counted(key, model.sums), "histograms": pack(model.histograms)} for key, model in models.items()
    ]


def _counted(key: Any, sums: Any) -> Row:
    return {**key._asdict(), **{name: getattr(sums, name) for name in COUNTED}}


@dataclass(slots=True)
class _Draft:
    """A part of it, which is there so many times."""

    random: Random
    start: datetime
    length: timedelta
    times: int
    comparisons: int = 0
    people: list[UUID] = field(init=False)
    _likes: list[list[str]] = field(init=False)
    _first: int = field(init=False)

    def __post_init__(self) -> None:
        begins = int(self.start.timestamp() * 1000)
        # The keys of the last part are not later than those that the product makes now.
        ends = begins + (self.length * self.times) // timedelta(milliseconds=1)
        self._first = ((ends >> _BITS) - self.times << _BITS) - begins if self.times > 1 else 0
        self.people = [self._id(self.start) for _ in range(PEOPLE)]
        self._likes = [self.random.sample(MODELS, 8) for _ in self.people]

    def everybody(self) -> list[Row]:
        return [
            {
                "id": key,
                "email": f"person{number}@example.org",
                "name": f"Person {number}",
                "role": "member",
                "created_at": self.start,
            }
            for number, key in enumerate(self.people)
        ]

    def entries(self, responses: int) -> Iterator[Entry]:
        # A comparison has 4.8 responses on average, and none goes on when its part of the year is over.
        comparisons, length = max(1, responses * 10 // 48), self.length - _LONGEST
        moments = (self.start + length * self.random.random() for _ in range(comparisons))
        for moment in sorted(moments):
            yield from self._comparison(moment)

    def copies(self) -> Iterator[Copy]:
        first = int(self.start.timestamp() * 1000) + self._first >> _BITS
        for time in range(1, self.times):
            yield Copy(f"{first + time:04x}", self.length * time, {})

    def _comparison(self, at: datetime) -> Iterator[Entry]:
        self.comparisons += 1
        number = self.random.choices(range(PEOPLE), cum_weights=_ASKS)[0]
        comparison_id = self._id(at)
        models = self.random.sample(self._likes[number], self.random.randint(2, 4))
        for turn in range(self.random.choice((1, 1, 1, 2, 3))):
            moment = at + turn * timedelta(minutes=2)
            for model in models:
                yield self._entry(moment, self.people[number], comparison_id, model)

    def _entry(self, at: datetime, owner: UUID, comparison_id: UUID, model: str) -> Entry:
        random = self.random
        place = MODELS.index(model)
        outcomes: tuple[Outcome, ...] = ("completed", "error", "cancelled", "interrupted")
        outcome = random.choices(outcomes, (95, 3, 1, 1))[0]
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

    def _id(self, at: datetime) -> UUID:
        """UUIDv7 of that moment, where there is only one part."""
        millisecond = int(at.timestamp() * 1000) + self._first
        return UUID(int=millisecond << 80 | 0x7 << 76 | 0b10 << 62 | self.random.getrandbits(62))
