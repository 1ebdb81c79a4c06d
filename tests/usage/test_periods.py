"""Days and months: what a span is made of."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from backend.usage.periods import Run, Span, day_of, moment_of, next_start, start_of
from tests.support.laws import law

DAYS = st.dates(date(2000, 1, 1), date(2999, 12, 31))


def days_of(run: Run) -> list[date]:
    return [
        start + timedelta(days=number)
        for start in run.starts()
        for number in range((next_start(run.grain, start) - start).days)
    ]


@law
@given(DAYS, st.integers(0, 1500))
def test_runs_are_the_days_of_the_span_each_once(first: date, length: int) -> None:
    span = Span(first, first + timedelta(days=length))
    together = [day for run in span.runs() for day in days_of(run)]
    assert together == [first + timedelta(days=number) for number in range(length + 1)]


@law
@given(DAYS, st.integers(0, 1500))
def test_the_shortest_adds_up_to_the_days_of_the_span_each_once(first: date, length: int) -> None:
    span = Span(first, first + timedelta(days=length))
    added = Counter[date]()
    for run in span.shortest():
        for day in days_of(run):
            added[day] += run.sign
    assert {day: times for day, times in added.items() if times} == dict.fromkeys(
        (first + timedelta(days=number) for number in range(length + 1)), 1
    )


@law
@given(DAYS, st.integers(0, 1500))
def test_the_shortest_is_half_of_two_months_at_most_and_never_longer_than_the_runs(
    first: date, length: int
) -> None:
    span = Span(first, first + timedelta(days=length))
    shortest = span.shortest()
    assert len(shortest) <= 3
    assert sum(len(run) for run in shortest if run.grain == "day") <= 30
    assert sum(map(len, shortest)) <= sum(map(len, span.runs()))


@law
@given(DAYS, st.integers(0, 1500))
def test_a_span_is_never_made_of_more_days_than_two_months_have(first: date, length: int) -> None:
    runs = Span(first, first + timedelta(days=length)).runs()
    assert sum(len(list(run.starts())) for run in runs if run.grain == "day") <= 60


def test_a_year_is_twelve_months() -> None:
    assert Span(date(2026, 1, 1), date(2026, 12, 31)).runs() == (
        Run("month", date(2026, 1, 1), date(2026, 12, 1)),
    )


def test_what_was_before_is_as_long_and_ends_the_day_before() -> None:
    assert Span(date(2026, 11, 1), date(2026, 11, 30)).before() == Span(date(2026, 10, 2), date(2026, 10, 31))


def test_a_day_is_one_of_utc() -> None:
    in_india = timezone(timedelta(hours=5, minutes=30))
    assert day_of(datetime(2026, 11, 22, 5, 29, tzinfo=in_india)) == date(2026, 11, 21)
    assert moment_of(date(2026, 11, 21)) == datetime(2026, 11, 21, tzinfo=UTC)
    assert start_of("month", date(2026, 12, 31)) == date(2026, 12, 1)
    assert next_start("month", date(2026, 12, 1)) == date(2027, 1, 1)
