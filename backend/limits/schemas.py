"""What a socket's client is told of limits."""

from datetime import datetime

from backend.kit.wire import Answer


class RateLimit(Answer, frozen=True):
    """How many are left, and when there will be one more."""

    remaining: int
    reset_at: datetime
