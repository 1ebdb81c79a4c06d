"""All that a soak has left behind, and every invariant over it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from soak.delivered import Delivered
from soak.facts import Facts
from soak.invariants.answers import Answers, answers
from soak.invariants.leaks import Left, leaks
from soak.invariants.log import log
from soak.invariants.records import records
from soak.invariants.sums import sums
from soak.samples import Memory
from soak.tally import Tally
from soak.verdict import Verdict
from soak.weather import Weather


@dataclass(frozen=True, slots=True)
class Evidence:
    facts: Facts
    delivered: Delivered
    stopped: set[str]
    answers: Answers
    tally: Tally
    left: Left
    memory: Sequence[Memory]
    lines: Sequence[Mapping[str, Any]]
    others: Sequence[str]
    """What stands on standard error beside the log."""
    weather: Weather
    unwritten: Sequence[float] = ()
    """Seconds: how old the oldest was that was not written when the server was killed."""

    def verdicts(self) -> list[Verdict]:
        return [
            *sums(self.facts),
            *records(self.facts, self.delivered, self.stopped, self.unwritten),
            *answers(self.facts, self.answers, self.tally),
            *leaks(self.left, self.memory),
            *log(self.lines, self.others, self.weather),
        ]
