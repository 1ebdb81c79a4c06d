"""What time it is: aware UTC for what people read, monotonic seconds for what is measured."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def milliseconds_since(start: float) -> float:
    """Time passed since a `time.perf_counter()`, which no clock adjustment can turn back."""
    return (time.perf_counter() - start) * 1000
