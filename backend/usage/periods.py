"""Days and months, as counters have them. All of them are of UTC, wherever anybody lives."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, TypeAlias

Grain: TypeAlias = Literal["day", "month"]
GRAINS: Final[tuple[Grain, ...]] = ("day", "month")

_ONE_DAY: Final = timedelta(days=1)


def day_of(at: datetime) -> date:
    return at.astimezone(UTC).date()


def start_of(grain: Grain, day: date) -> date:
    return day if grain == "day" else day.replace(day=1)


def next_start(grain: Grain, start: date) -> date:
    if grain == "day":
        return start + _ONE_DAY
    return (start + timedelta(days=31)).replace(day=1)


def moment_of(start: date) -> datetime:
    return datetime.combine(start, time(), UTC)


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring days or months, the last one included."""

    grain: Grain
    first: date
    last: date
    sign: Literal[1, -1] = 1
    """-1: they are taken away from what the others add up to."""

    def __len__(self) -> int:
        if self.grain == "day":
            return (self.last - self.first).days + 1
        return (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1

    def starts(self) -> Iterator[date]:
        start = self.first
        while start <= self.last:
            yield start
            start = next_start(self.grain, start)


@dataclass(frozen=True, slots=True)
class Span:
    """From one day to another, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def before(self) -> "Span":
        """As many days just before it."""
        length = timedelta(days=self.days)
        return Span(self.first - length, self.last - length)

    def runs(self) -> tuple[Run, ...]:
        """The fewest periods it is made of: days up to a month's first, whole months, the days left over."""
        first_month = self.first if self.first.day == 1 else next_start("month", self.first)
        after = start_of("month", self.last + _ONE_DAY)  # of the first month that is not whole
        if first_month >= after:
            return (Run("day", self.first, self.last),)
        last_month = start_of("month", after - _ONE_DAY)
        runs = (
            Run("day", self.first, first_month - _ONE_DAY),
            Run("month", first_month, last_month),
            Run("day", after, self.last),
        )
        return tuple(run for run in runs if run.first <= run.last)

    def shortest(self) -> tuple[Run, ...]:
        """What adds up to it with the fewest rows: of a month that is meant for the most part, the whole is
        taken, and the other days are taken away from it.
        """
        months = list(Run("month", start_of("month", self.first), self.last).starts())
        days: list[Run] = []
        for month in sorted({months[0], months[-1]}):
            end = next_start("month", month) - _ONE_DAY
            inside = Run("day", max(self.first, month), min(self.last, end))
            outside = (
                Run("day", month, inside.first - _ONE_DAY, -1),
                Run("day", inside.last + _ONE_DAY, end, -1),
            )
            if sum(map(len, outside)) < len(inside):
                days += (run for run in outside if len(run))
            else:
                days.append(inside)
                months.remove(month)
        return (*([Run("month", months[0], months[-1])] if months else []), *days)
