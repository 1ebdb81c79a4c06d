"""What was done, counted, and what nobody had promised: each finding once, with how often it was met."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(slots=True)
class Tally:
    done: Counter[str] = field(default_factory=Counter)
    findings: dict[str, list[str]] = field(default_factory=dict)
    """What, and the circumstances of the first few times."""

    def did(self, what: str, times: int = 1) -> None:
        self.done[what] += times

    def found(self, what: str, context: object = "") -> None:
        self.done["findings"] += 1
        met = self.findings.setdefault(what, [])
        if len(met) < 5:
            met.append(f"{datetime.now(UTC):%H:%M:%S.%f} {context}")
