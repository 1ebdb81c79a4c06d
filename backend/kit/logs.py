"""Structured logs on standard error: JSON lines, or something for eyes on a terminal.

Everything ends here, the standard library's loggers too, and passes the redactor last.
"""

import logging
import re
import sys
from collections.abc import Callable, MutableMapping
from typing import Any, Final, Literal, TextIO
from uuid import UUID

import msgspec
import structlog

from backend.kit.redaction import Redactor

Format = Literal["auto", "pretty", "json"]
Event = MutableMapping[str, Any]

# They say the same as we do, or too much: each statement with its values, each connection.
_QUIETER: Final = (
    "aiohttp",
    "aiosqlite",
    "alembic",
    "asyncio",
    "hpack",
    "httpcore2",
    "httpx2",
    "openai",
    "anthropic",
    "sqlalchemy",
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_IN_TRACEBACK: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def configure_logs(level: str, log_format: Format, redact: Redactor, stream: TextIO | None = None) -> None:
    """Once per process, before anything is logged."""
    target = stream or sys.stderr
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=processors(
            redact, pretty=log_format == "pretty" or (log_format == "auto" and target.isatty())
        ),
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(target),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_IntoStructlog()], level=threshold, force=True)
    logging.captureWarnings(capture=True)
    for name in _QUIETER:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))


def concerning(**ids: UUID | None) -> None:
    """From here on every line of this request, command or task says what it is about."""
    structlog.contextvars.bind_contextvars(**{name: str(key) for name, key in ids.items() if key is not None})


def processors(redact: Redactor, *, pretty: bool) -> list[Callable[[Any, str, Event], Any]]:
    def redacted(_logger: Any, _method: str, event: Event) -> Event:
        return dict(redact(event))

    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redacted,
        _pretty if pretty else _json,
    ]


def _json(_logger: Any, _method: str, event: Event) -> str:
    first = {name: event.pop(name, "") for name in ("timestamp", "level", "event")}
    return msgspec.json.encode(first | dict(event)).decode()


def _pretty(_logger: Any, _method: str, event: Event) -> str:
    """Nothing a stranger sent can begin a line or reach the terminal's control codes."""
    time = str(event.pop("timestamp", ""))[11:23]
    level = str(event.pop("level", "")).upper()
    name = _escaped(event.pop("event", ""))
    blocks = [str(event.pop(block)) for block in ("exception", "stack") if block in event]
    fields = " ".join(
        f"{_escaped(key)}={_escaped(value)}" for key, value in event.items() if value is not None
    )
    lines = [f"{time} {level:<8}{name:<20} {fields}".rstrip()]
    for block in blocks:
        lines += [f"    {line}" for line in _CONTROL_IN_TRACEBACK.sub(_escape, block).split("\n")]
    return "\n".join(lines)


def _escaped(value: object) -> str:
    return _CONTROL.sub(_escape, str(value))


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()


class _IntoStructlog(logging.Handler):
    """The standard library's records, on the same way as our own."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            structlog.get_logger().log(
                record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info or None
            )
        except Exception:  # noqa: BLE001 - as the standard library has it: a bad record harms nobody else
            self.handleError(record)
