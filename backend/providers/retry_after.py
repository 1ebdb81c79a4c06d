"""How long to wait before another try: what the provider asks for, and what we do with it. Pure arithmetic.

Knows headers, not responses; whether a try is worth repeating is decided elsewhere.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

_LONGEST_ASKED: Final = 60.0
_FIRST_PAUSE: Final = 0.5
_DOUBLINGS: Final = 4  # from half a second to eight
_SPREAD: Final = 0.1

_NUMBER: Final = re.compile(r"\d+(\.\d+)?", re.ASCII)
# The three forms of RFC 9110, section 5.6.7: today's, and two that must still be understood.
_HTTP_DATE: Final = re.compile(
    r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"
    r"|[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT"
    r"|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}",
    re.ASCII,
)
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", re.ASCII)
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that the provider asks to wait; None where it asks for nothing that can be understood.

    The most exact header wins. Where there is none, a limit that is used up says when it is full again.
    """
    said = {name.lower(): value.strip() for name, value in headers.items()}
    milliseconds = _number(said.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    asked = said.get("retry-after", "")
    seconds = _number(asked)
    if seconds is None:
        seconds = _until_http_date(asked, now)
    return max(_resets(said, now), default=None) if seconds is None else seconds


def pause_before(retry: int, asked: float | None, random: Callable[[], float]) -> float | None:
    """Seconds before the retry, counted from 0; None: it asks for more patience than anybody has.

    Never less than asked for, and a little more, so that all who were refused at once do not return at once.
    """
    if asked is None:
        return random() * _FIRST_PAUSE * 2.0 ** min(retry, _DOUBLINGS)
    if asked > _LONGEST_ASKED:
        return None
    return asked + random() * max(_FIRST_PAUSE, asked * _SPREAD)


def _number(text: str) -> float | None:
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def _until_http_date(text: str, now: datetime) -> float | None:
    if not _HTTP_DATE.fullmatch(text):
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:  # the 32nd, or a month that nobody knows
        return None
    return _until(moment.replace(tzinfo=now.tzinfo) if moment.tzinfo is None else moment, now)


def _until_timestamp(text: str, now: datetime) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else _until(moment, now)


def _until(moment: datetime, now: datetime) -> float:
    return max(0.0, (moment - now).total_seconds())


def _duration(text: str, _now: datetime) -> float | None:
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    return seconds if math.isfinite(seconds) else None


class _Reset(NamedTuple):
    header: re.Pattern[str]
    remaining: str
    parse: Callable[[str, datetime], float | None]


# https://platform.openai.com/docs/guides/rate-limits and https://docs.claude.com/en/api/rate-limits
_RESETS: Final = (
    _Reset(re.compile(r"x-ratelimit-reset-(.+)"), "x-ratelimit-remaining-{}", _duration),
    _Reset(
        re.compile(r"anthropic-ratelimit-(.+)-reset"), "anthropic-ratelimit-{}-remaining", _until_timestamp
    ),
)


def _resets(said: Mapping[str, str], now: datetime) -> Iterator[float]:
    """Of every limit that is used up; every answer carries the resets of those that are not, too."""
    for name, value in said.items():
        for reset in _RESETS:
            match = reset.header.fullmatch(name)
            if match is None or _number(said.get(reset.remaining.format(match[1]), "")) != 0:
                continue
            seconds = reset.parse(value, now)
            if seconds is not None:
                yield seconds
