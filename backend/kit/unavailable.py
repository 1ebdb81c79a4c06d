"""Which errors of a database mean "not now": the caller did nothing wrong and may try again."""

import errno
import sqlite3
from collections.abc import Mapping
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class DatabaseUnavailable(Exception):  # noqa: N818 - reads as what it is
    """The database cannot answer at the moment. `reason` is one of our own words, never a driver's text."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the database is not available: {reason}")
        self.reason = reason


BUSY: Final = "busy"
_CONNECTION_LOST: Final = "connection lost"
_READ_ONLY: Final = "read-only"

_SQLITE_REASONS: Final[Mapping[int, str]] = {
    sqlite3.SQLITE_BUSY: "locked by another process",
    sqlite3.SQLITE_CANTOPEN: "cannot open the file",
    sqlite3.SQLITE_CORRUPT: "the file is damaged",
    sqlite3.SQLITE_FULL: "disk full",
    sqlite3.SQLITE_IOERR: "disk error",
    sqlite3.SQLITE_NOTADB: "the file is not a database",
    sqlite3.SQLITE_PERM: "no permission",
    sqlite3.SQLITE_READONLY: _READ_ONLY,
}

_SYSTEM_REASONS: Final[Mapping[int, str]] = {
    errno.EACCES: "no permission",
    errno.ENOSPC: "disk full",
    errno.EROFS: _READ_ONLY,
}

# By SQLSTATE, or by its class where every member means the same (PostgreSQL, appendix A).
_POSTGRES_REASONS: Final[Mapping[str, str]] = {
    "08": _CONNECTION_LOST,
    "25006": _READ_ONLY,
    "28": "access denied",
    "3D": "no such database",
    "53100": "disk full",
    "53200": "out of memory",
    "53300": "too many connections",
    "53": "out of resources",
    "55P03": "a lock was not free in time",
    "57014": "a statement took too long",
    "57P": "the server is starting or stopping",
    "58": "disk error",
}

_NO_ANSWER: Final = "no answer in time"
_CONNECTION_REFUSED: Final = "connection refused"
_CANNOT_CONNECT: Final = "cannot connect"

REASONS: Final = frozenset(
    {BUSY, _NO_ANSWER, _CONNECTION_REFUSED, _CANNOT_CONNECT}.union(
        _SQLITE_REASONS.values(), _SYSTEM_REASONS.values(), _POSTGRES_REASONS.values()
    )
)
"""All of them."""


def reason_for(error: BaseException, *, writing: bool) -> str | None:
    """Why the database is unavailable, or None: then the error is the statement's own."""
    if isinstance(error, PoolTimeout):
        return BUSY
    cause = error.orig if isinstance(error, DBAPIError) else error
    reason = _reason_of_driver(cause)
    if reason is None and isinstance(error, DBAPIError) and error.connection_invalidated:
        reason = _CONNECTION_LOST
    # A write inside reading() is a mistake in the program; a writer that may not write is an outage.
    return None if reason == _READ_ONLY and not writing else reason


def _reason_of_driver(error: BaseException | None) -> str | None:
    match error:
        case sqlite3.Error():
            # The low byte is the kind, the rest its variety.
            return _SQLITE_REASONS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        case TimeoutError():
            return _NO_ANSWER
        case ConnectionRefusedError():
            return _CONNECTION_REFUSED
        case OSError():
            return _SYSTEM_REASONS.get(error.errno or 0, _CANNOT_CONNECT)
    return _reason_of_state(getattr(error, "sqlstate", None))


def _reason_of_state(sqlstate: str | None) -> str | None:
    keys = (sqlstate, sqlstate[:3], sqlstate[:2]) if sqlstate else ()
    return next((_POSTGRES_REASONS[key] for key in keys if key in _POSTGRES_REASONS), None)
