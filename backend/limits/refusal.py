"""A limit as an HTTP client is told of it: three headers on every answer, one error."""

import math
from collections.abc import Mapping

from backend.kit import clock
from backend.kit.errors import AppError
from backend.limits.buckets import Verdict


class RateLimited(AppError):  # noqa: N818 - reads as what it is
    def __init__(self, verdict: Verdict) -> None:
        seconds = max(1, math.ceil(verdict.resets_in))
        super().__init__(
            f"That was too much at once. Please try again in {seconds} s.",
            status=429,
            code="rate_limited",
            headers={**limit_headers(verdict), "retry-after": str(seconds)},
        )


def limit_headers(verdict: Verdict) -> Mapping[str, str]:
    """`Reset` in Unix seconds, rounded up so that it is never too early."""
    return {
        "x-ratelimit-limit": str(verdict.rule.amount),
        "x-ratelimit-remaining": str(verdict.remaining),
        "x-ratelimit-reset": str(math.ceil(clock.now().timestamp() + verdict.resets_in)),
    }
