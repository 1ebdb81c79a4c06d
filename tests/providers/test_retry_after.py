from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.providers.retry_after import pause_before, retry_after
from tests.support.laws import law

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
AT_ONCE = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2),
        ({"Retry-After": " 0.25 "}, 0.25),
        ({"RETRY-AFTER": "3600"}, 3600),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9),
        ({"retry-after": "Sat, 21 Nov 2026 08:00:07 GMT"}, 7),
        ({"retry-after": "Saturday, 21-Nov-26 08:00:07 GMT"}, 7),
        ({"retry-after": "Sat Nov 21 08:00:07 2026"}, 7),
        ({"retry-after": "Tue Dec  1 08:00:00 2026"}, 10 * 86400),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}, 0),
        ({"retry-after": "Sunday, 06-Nov-94 08:49:37 GMT"}, 0),
    ],
)
def test_a_wait_is_read_in_every_form(headers: dict[str, str], seconds: float) -> None:
    assert retry_after(headers, NOW) == seconds


@pytest.mark.parametrize(
    "value",
    [
        *("", "soon", "-1", "nan", "inf", "Infinity", "1e3", "1_000", "٣", "0x10", "1.", "5 s", "9" * 400),
        "Sat, 32 Nov 2026 08:00:07 GMT",
        "Sat, 21 Foo 2026 08:00:07 GMT",
        "Sat, 21 Nov 2026 08:00:07 +0100",
        "2026-11-21T08:00:07Z",
    ],
)
@pytest.mark.parametrize("header", ["retry-after", "retry-after-ms"])
def test_what_cannot_be_understood_asks_for_nothing(header: str, value: str) -> None:
    assert retry_after({header: value}, NOW) is None


def test_no_header_asks_for_nothing() -> None:
    assert retry_after({"content-type": "application/json"}, NOW) is None


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [("1s", 1), ("6m0s", 360), ("20ms", 0.02), ("2m59.56s", 179.56), ("1h2m3s", 3723), ("1d", 86400)],
)
@pytest.mark.parametrize("what", ["requests", "tokens"])
def test_a_used_up_limit_says_when_it_is_full_again(what: str, reset: str, seconds: float) -> None:
    headers = {f"x-ratelimit-remaining-{what}": "0", f"x-ratelimit-reset-{what}": reset}
    assert retry_after(headers, NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "reset", ["", "s", "6m0", "1s!", "-1s", "1 s", "9" * 400 + "s", "2026-11-21T08:00:07Z"]
)
def test_a_reset_that_is_no_duration_asks_for_nothing(reset: str) -> None:
    headers = {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": reset}
    assert retry_after(headers, NOW) is None


@pytest.mark.parametrize("what", ["requests", "tokens", "input-tokens", "output-tokens"])
def test_a_used_up_limit_of_anthropic_says_when_it_is_full_again(what: str) -> None:
    headers = {
        f"anthropic-ratelimit-{what}-remaining": "0",
        f"anthropic-ratelimit-{what}-reset": "2026-11-21T08:00:12.5Z",
    }
    assert retry_after(headers, NOW) == 12.5


@pytest.mark.parametrize("reset", ["", "soon", "2026-11-21T08:00:12", "12s", "2026-13-21T08:00:12Z"])
def test_a_reset_that_is_no_timestamp_asks_for_nothing(reset: str) -> None:
    headers = {"anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": reset}
    assert retry_after(headers, NOW) is None


def test_a_limit_with_something_left_does_not_count() -> None:
    headers = {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "3s",
        "x-ratelimit-remaining-tokens": "149984",
        "x-ratelimit-reset-tokens": "50s",
        "anthropic-ratelimit-requests-remaining": "49",
        "anthropic-ratelimit-requests-reset": "2026-11-21T08:00:40Z",
        "anthropic-ratelimit-tokens-reset": "2026-11-21T08:00:50Z",
    }
    assert retry_after(headers, NOW) == 3


def test_the_last_of_all_used_up_limits_counts() -> None:
    headers = {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "3s",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "8s",
    }
    assert retry_after(headers, NOW) == 8


def test_a_wait_that_was_asked_for_wins_over_every_reset() -> None:
    headers = {
        "retry-after": "2",
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2026-11-21T08:00:40Z",
    }
    assert retry_after(headers, NOW) == 2


@law
@given(st.integers(-(10**6), 10**6))
def test_a_date_is_as_far_away_as_it_is(seconds: int) -> None:
    moment = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert retry_after({"retry-after": moment}, NOW) == max(0, seconds)


NAMES = st.sampled_from(
    [
        *("retry-after", "Retry-After-Ms", "x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens"),
        *("anthropic-ratelimit-requests-reset", "anthropic-ratelimit-requests-remaining"),
    ]
)
# Nearly right is what breaks a parser, so the pieces of right values are thrown together.
VALUES = st.text(st.characters(max_codepoint=255)) | st.lists(
    st.sampled_from(
        ["0", "9", "99999", ".", "-", "s", "ms", "m", " ", ":", "Sat, ", "21 Nov 2026 ", "GMT", "Z", "T"]
    ),
    max_size=12,
).map("".join)


@law
@given(st.dictionaries(NAMES, VALUES))
def test_whatever_the_headers_say_the_answer_is_a_time_to_wait_or_none(headers: dict[str, str]) -> None:
    seconds = retry_after(headers, NOW)
    assert seconds is None or 0 <= seconds < float("inf")


@law
@given(st.integers(0, 10_000), AT_ONCE)
def test_unasked_the_pause_is_anywhere_below_a_doubling_bound(retry: int, at: float) -> None:
    pause = pause_before(retry, None, lambda: at)
    assert pause == pytest.approx(at * min(8, 0.5 * 2 ** min(retry, 100)))


@law
@given(st.integers(0, 10), st.floats(0, 60), AT_ONCE)
def test_what_was_asked_for_is_waited_and_a_little_more(retry: int, asked: float, at: float) -> None:
    pause = pause_before(retry, asked, lambda: at)
    assert pause is not None
    assert asked <= pause <= asked + max(0.5, asked / 10)


def test_a_herd_that_was_refused_at_once_does_not_return_at_once() -> None:
    random = Random(7).random
    pauses = [pause_before(0, 2, random) for _ in range(100)]
    assert len(set(pauses)) == 100


@law
@given(st.floats(60, exclude_min=True), AT_ONCE)
def test_nobody_waits_longer_than_a_minute(asked: float, at: float) -> None:
    assert pause_before(0, asked, lambda: at) is None
