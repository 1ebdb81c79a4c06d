"""What will happen, drawn from the seed: the same seed, the same people, the same faults at the same time."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from soak.weather import AWAY, Kind

EARLY: Final = 0.45
"""The server is ended only in this share of the time: after it, memory has minutes to be looked at."""
QUIET: Final = 7.0
"""Seconds without anything running: the server looks every five whether it can collect its garbage."""
_LONGEST_PAUSE: Final = 6.0
_IN_TEN_MINUTES: Final[Mapping[Kind, int]] = {
    "kill": 3,
    "terminate": 1,
    "pause": 8,
    "refusal": 4,
    "upstream-kill": 3,
    "quiet": 8,
}


@dataclass(frozen=True, slots=True)
class Fault:
    at: float
    """Seconds after the beginning."""
    kind: Kind
    lasts: float


@dataclass(frozen=True, slots=True)
class Attendance:
    """How many of whom."""

    askers: int = 7
    watchers: int = 8
    reloaders: int = 2
    slow_readers: int = 1
    history_readers: int = 2
    refreshers: int = 1
    pause: float = 1.0
    """Seconds that somebody takes to think, on the average."""


@dataclass(frozen=True, slots=True)
class Plan:
    seconds: float
    seed: int
    faults: tuple[Fault, ...]
    attendance: Attendance = Attendance()
    rooms_close_after: float = 130.0
    """Seconds after which a room that nobody is in has closed."""


def planned(minutes: float, seed: int) -> Plan:
    seconds = minutes * 60
    counts = {kind: max(1, round(count * minutes / 10)) for kind, count in _IN_TEN_MINUTES.items()}
    return Plan(seconds, seed, schedule(seconds, seed, counts))


def schedule(seconds: float, seed: int, counts: Mapping[Kind, int]) -> tuple[Fault, ...]:
    """One after another, each in a slot of its own, so that none hides what another one does."""
    dice = Random(f"faults {seed}")
    kinds: list[Kind] = [kind for kind, count in counts.items() for _ in range(count)]
    dice.shuffle(kinds)
    early = sum(kind in AWAY for kind in kinds)
    slots = max(1, len(kinds))
    slot = seconds / slots
    places = dice.sample(range(max(early, int(slots * EARLY))), early)
    away = iter([kind for kind in kinds if kind in AWAY])
    others = iter([kind for kind in kinds if kind not in AWAY])
    faults = []
    for number in range(len(kinds)):
        kind = next(away) if number in places else next(others)
        lasts = QUIET if kind == "quiet" else dice.uniform(1.0, max(1.0, min(_LONGEST_PAUSE, slot * 0.4)))
        at = number * slot + dice.uniform(0.1, 0.3) * slot
        faults.append(Fault(round(at, 2), kind, round(lasts, 2)))
    return tuple(faults)
