"""The port between the limits and whatever remembers who did how much. Knows neither web nor storage."""

from dataclasses import dataclass
from typing import Protocol

from backend.limits.rules import Rule


@dataclass(frozen=True, slots=True)
class Verdict:
    rule: Rule
    allowed: bool
    remaining: int
    resets_in: float
    """Seconds until one more is free; for who was refused, until it is worth trying again."""

    @property
    def share_left(self) -> float:
        return self.remaining / self.rule.amount if self.rule.amount else 0.0


class Buckets(Protocol):
    async def take(self, rule: Rule, key: str) -> Verdict:
        """Count one, if the rule still allows it. A refusal is not counted: insisting prolongs nothing."""
