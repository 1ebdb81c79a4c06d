"""Reports are what the ledger says, for any span and any grouping."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import get_args
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from backend.kit.db import Database
from backend.kit.errors import Invalid
from backend.kit.ids import new_id
from backend.usage import ledger, repository
from backend.usage.costs import Costs, Group, costs, span_of
from backend.usage.counting import Counting, ModelSums
from backend.usage.entry import EVERYONE, Entry, Timing
from backend.usage.histograms import Histogram, Series, add_packed, counts_of, pack
from backend.usage.latency import latency
from backend.usage.periods import Span, day_of
from backend.usage.repository import DEAREST
from tests.accounts.people import somebody
from tests.usage.entries import ADA, BOB, NOON, entries, entry
from tests.usage.test_counters import TABLES

TODAY = day_of(NOON)
NOVEMBER = Span(date(2026, 11, 1), date(2026, 11, 30))
SPANS = st.builds(
    lambda first, length: Span(first, first + timedelta(days=length)),
    st.dates(date(2026, 9, 1), date(2027, 1, 31)),
    st.integers(0, 120),
)


async def titles(_db: AsyncSession, ids: Collection[UUID]) -> Mapping[UUID, str]:
    return {key: f"title of {key.int}" for key in ids if key.int != 3}


async def append(database: Database, *history: Entry) -> None:
    async with database.transaction() as db:
        await ledger.append(db, history)


async def report(database: Database, group: Group, span: Span = NOVEMBER, payer: UUID = EVERYONE) -> Costs:
    async with database.reading() as db:
        return await costs(db, payer, span, group, titles)


async def only(database: Database, history: Collection[Entry]) -> None:
    async with database.transaction() as db:
        for table in TABLES:
            await db.execute(delete(table))
    await append(database, *history)


def key_of(entry: Entry, group: Group) -> str:
    return {
        "day": day_of(entry.at).isoformat(),
        "model": entry.model_id,
        "provider": entry.provider,
        "user": str(entry.user_id),
        "comparison": str(entry.comparison_id),
    }[group]


HISTORIES = st.lists(entries(), max_size=25, unique_by=lambda entry: entry.id)
any_history = settings(
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@any_history
@given(
    HISTORIES,
    SPANS,
    st.sampled_from(get_args(Group)),
    st.sampled_from([EVERYONE, ADA]),
)
async def test_a_report_is_what_the_entries_of_its_days_add_up_to(
    database: Database, history: list[Entry], span: Span, group: Group, payer: UUID
) -> None:
    await only(database, history)
    found = await report(database, group, span, payer)

    expected: dict[str, Decimal] = defaultdict(Decimal)
    before: dict[str, Decimal] = defaultdict(Decimal)
    for each in history:
        if payer in {EVERYONE, each.user_id} and (group != "comparison" or each.comparison_id):
            if span.first <= day_of(each.at) <= span.last:
                expected[key_of(each, group)] += each.amount or 0
            elif span.before().first <= day_of(each.at) <= span.before().last:
                before[key_of(each, group)] += each.amount or 0
    shown = {line.key: line.sums.cost for line in found.lines if line.sums.requests}
    assert shown == expected
    assert {
        line.key: line.previous_cost for line in found.lines if group != "day" and line.previous_cost
    } == {key: cost for key, cost in before.items() if key in shown and cost}
    if group == "day":
        assert len(found.lines) == span.days
        assert sum(line.previous_cost for line in found.lines) == found.previous.cost
    else:
        assert len(found.lines) == len(shown)
    if group != "comparison":
        assert sum(shown.values()) == found.total.cost
        assert found.others is None


async def test_what_was_spent_before_stands_beside_what_is_spent_now(database: Database) -> None:
    await append(
        database,
        entry("3"),
        entry("2", at=NOON - timedelta(days=30)),
        entry("9", at=NOON - timedelta(days=90)),
    )
    found = await report(database, "model")
    assert (found.total.cost, found.previous.cost) == (Decimal(3), Decimal(2))
    assert [(line.sums.cost, line.previous_cost) for line in found.lines] == [(Decimal(3), Decimal(2))]


async def test_unknown_costs_are_counted_and_not_added(database: Database) -> None:
    await append(database, entry("3"), entry(None))
    found = await report(database, "provider")
    assert (found.total.cost, found.total.unknown_costs, found.total.requests) == (Decimal(3), 1, 2)


async def test_users_are_called_by_their_address_as_long_as_they_have_one(database: Database) -> None:
    ada = await somebody(database)
    await append(database, entry("2", user_id=ada.id), entry("1", user_id=BOB))
    found = await report(database, "user")
    assert [line.label for line in found.lines] == ["ada@example.org", str(BOB)]


async def test_a_comparison_that_may_not_be_seen_has_no_title(database: Database) -> None:
    await append(database, entry("2", comparison_id=UUID(int=1)), entry("1", comparison_id=UUID(int=3)))
    found = await report(database, "comparison")
    assert [line.label for line in found.lines] == ["title of 1", str(UUID(int=3))]


async def test_the_dearest_comparisons_are_listed_and_the_rest_is_in_one_sum(database: Database) -> None:
    cheap = [entry("0.01", comparison_id=new_id()) for _ in range(DEAREST + 20)]
    spread, cents = new_id(), new_id()
    dear = [entry("1", comparison_id=spread, at=NOON - timedelta(days=days)) for days in (0, 30, 60)]
    await append(database, *cheap, *dear, entry("0.02", comparison_id=cents))

    found = await report(database, "comparison", Span(date(2026, 8, 15), date(2026, 11, 30)))
    assert [line.key for line in found.lines][:2] == [str(spread), str(cents)]
    assert found.lines[0].sums.cost == Decimal(3)
    assert len(found.lines) == DEAREST
    assert found.others is not None
    assert (found.others.requests, found.others.cost) == (22, Decimal("0.22"))


async def test_a_comparison_of_several_people_is_one_line_for_who_sees_all(database: Database) -> None:
    shared = new_id()
    await append(database, entry("2", comparison_id=shared), entry("1", comparison_id=shared, user_id=BOB))
    assert [line.sums.cost for line in (await report(database, "comparison")).lines] == [Decimal(3)]
    assert [line.sums.cost for line in (await report(database, "comparison", payer=BOB)).lines] == [
        Decimal(1)
    ]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, Span(TODAY - timedelta(days=29), TODAY)),
        (date(2026, 11, 1), None, Span(date(2026, 11, 1), TODAY)),
        (date(2027, 1, 1), None, Span(date(2027, 1, 1), date(2027, 1, 1))),
        (None, date(2026, 3, 30), Span(date(2026, 3, 1), date(2026, 3, 30))),
        (None, date(2000, 1, 1), Span(date(2000, 1, 1), date(2000, 1, 1))),
        (date(2026, 11, 2), date(2026, 11, 2), Span(date(2026, 11, 2), date(2026, 11, 2))),
        (date(2017, 1, 1), TODAY, Span(date(2017, 1, 1), TODAY)),
    ],
)
def test_what_is_not_said_of_a_span_is_the_last_thirty_days(
    first: date | None, last: date | None, expected: Span
) -> None:
    assert span_of(first, last, TODAY) == expected


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (date(2026, 11, 2), date(2026, 11, 1), "to"),
        (date(1, 1, 1), date(1, 1, 2), "to"),
        (date(1, 1, 1), TODAY, "from"),
        (date(2026, 1, 1), date(9999, 12, 31), "to"),
        (date(2001, 1, 1), date(2026, 1, 1), "from"),
        (None, date(9999, 12, 31), "to"),
        (None, date(1, 1, 1), "to"),
    ],
)
def test_a_span_that_cannot_be_names_its_field(first: date | None, last: date | None, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        span_of(first, last, TODAY)
    assert refused.value.details[0].field == field


async def test_ten_years_are_reported_by_their_months(database: Database) -> None:
    await append(database, entry("1", at=NOON - timedelta(days=3300)), entry("2"))
    decade = Span(date(2017, 1, 15), TODAY)
    for group in get_args(Group):
        assert (await report(database, group, decade)).total.cost == Decimal(3)


async def test_times_are_added_up_over_days_and_months(database: Database) -> None:
    await append(
        database,
        *(
            entry(
                at=NOON - timedelta(days=days), timing=Timing(queue=0, first_token=100.0 + days, total=1000.0)
            )
            for days in range(40)
        ),
        entry(timing=Timing(first_token=5000.0), outcome="error"),
    )
    async with database.reading() as db:
        (model,) = await latency(db, EVERYONE, Span(date(2026, 10, 20), TODAY))
        assert await repository.times(db, BOB, NOVEMBER) == []
    assert (model.requests, model.completed) == (34, 33)
    counted = {series: sum(counts_of(histogram).values()) for series, histogram in model.histograms.items()}
    assert counted == {"first_token": 34, "total": 33, "queue": 33, "output": 33}


@any_history
@given(HISTORIES, SPANS, st.sampled_from([EVERYONE, ADA]))
async def test_times_are_those_of_the_entries_of_its_days(
    database: Database, history: list[Entry], span: Span, payer: UUID
) -> None:
    await only(database, history)
    async with database.reading() as db:
        found = await latency(db, payer, span)

    meant = [each for each in history if span.first <= day_of(each.at) <= span.last]
    expected: dict[tuple[str, str], ModelSums] = defaultdict(ModelSums)
    for key, model in Counting().add(meant).models.items():
        if key.payer_id == payer and key.grain == "day":
            all_days = expected[key.model_id, key.provider]
            all_days.sums.add(model.sums)
            add_packed(all_days.histograms, [pack(model.histograms)])
    assert {
        (model.model_id, model.provider): (model.requests, model.completed, counted(model.histograms))
        for model in found
    } == {
        name: (model.sums.requests, model.sums.completed, counted(model.histograms))
        for name, model in expected.items()
    }


def counted(histograms: Mapping[Series, Histogram]) -> Mapping[Series, Mapping[int, int]]:
    """A distribution that is empty is as good as none."""
    return {series: counts_of(histogram) for series, histogram in histograms.items() if histogram}
