"""Limits of socket commands: a warning when little is left, a refusal when nothing is. Knows no socket."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypeAlias

from backend.kit import clock
from backend.limits.askers import Asker
from backend.limits.buckets import Buckets, Verdict
from backend.limits.rules import MESSAGES, Rule, command_rules
from backend.limits.schemas import RateLimit

_LITTLE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Allowed:
    warning: RateLimit | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    limit: RateLimit
    code: str = "rate_limited"
    message: str = "That was too much at once. Please try again a little later."


Ruling: TypeAlias = Allowed | Refused


@dataclass(frozen=True, slots=True)
class CommandLimits:
    buckets: Buckets
    rules: Mapping[str, Rule] = field(default_factory=command_rules)
    otherwise: Rule = MESSAGES

    async def rule_on(self, command: str, asker: Asker) -> Ruling:
        rule = self.rules.get(command, self.otherwise)
        name = asker.name(rule.per)
        if name is None:
            return Allowed()
        verdict = await self.buckets.take(rule, name)
        if not verdict.allowed:
            return Refused(_told(verdict))
        return Allowed(_told(verdict) if verdict.share_left <= _LITTLE else None)


def _told(verdict: Verdict) -> RateLimit:
    return RateLimit(remaining=verdict.remaining, reset_at=clock.now() + timedelta(seconds=verdict.resets_in))
