"""The clock."""

import time
from datetime import UTC, timedelta

from backend.kit import clock


def test_now_is_aware_and_utc() -> None:
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.now().tzinfo is UTC


def test_time_that_passed_is_in_milliseconds() -> None:
    start = time.perf_counter() - 1.5
    assert 1500 <= clock.milliseconds_since(start) < 2500
