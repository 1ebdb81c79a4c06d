"""What DATABASE_URL may say, and how it is shown without its password."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

_SQLITE = {"sqlite", "sqlite+aiosqlite"}
_POSTGRES = {"postgres", "postgresql", "postgresql+asyncpg"}
# libpq's parameters that hosters put into their addresses and asyncpg would send on as server settings.
_LIBPQ_ONLY = {"channel_binding", "connect_timeout", "gssencmode"}


class InvalidDatabaseUrl(ValueError):  # noqa: N818 - reads as what it is
    """DATABASE_URL cannot be used; the message never holds its password."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"DATABASE_URL {reason}; expected sqlite:///path/to/file.db or postgresql://user:password@host/name"
        )


@dataclass(frozen=True, slots=True)
class SqliteFile:
    path: Path

    def __str__(self) -> str:
        return f"sqlite:///{self.path}"


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """`dsn` is libpq's form, `sslmode` and friends included: asyncpg reads it itself."""

    dsn: str

    def __str__(self) -> str:
        parts = urlsplit(self.dsn)
        host = parts.netloc.rpartition("@")[2]
        return f"postgresql://{host}{parts.path}"

    def __repr__(self) -> str:
        return f"PostgresServer({self})"


def parse(url: str) -> SqliteFile | PostgresServer:
    scheme, separator, rest = url.partition("://")
    if not separator:
        raise InvalidDatabaseUrl("is not a database address")
    if scheme in _SQLITE:
        return _sqlite(rest)
    if scheme in _POSTGRES:
        return _postgres(rest)
    shown = scheme if re.fullmatch(r"[a-z][a-z0-9+.-]{0,40}", scheme) else "?"
    raise InvalidDatabaseUrl(f"names a database that is not supported ({shown}://)")


def _sqlite(rest: str) -> SqliteFile:
    path, question, _ = rest.partition("?")
    if not path.startswith("/"):
        raise InvalidDatabaseUrl("needs three slashes before a SQLite path, four before an absolute one")
    name = unquote(path[1:])
    if not name or name.startswith((":memory:", "file:")):
        raise InvalidDatabaseUrl("needs a file: several connections cannot share a SQLite database in memory")
    if question:
        raise InvalidDatabaseUrl("has options after '?', which SQLite files do not take")
    return SqliteFile(Path(name))


def _postgres(rest: str) -> PostgresServer:
    try:
        parts = urlsplit(f"postgresql://{rest}")
        query = parse_qsl(parts.query, strict_parsing=bool(parts.query))
    except ValueError:
        # urlsplit quotes the address, and with it the password.
        raise InvalidDatabaseUrl("is not a well-formed address") from None
    kept = urlencode([(name, value) for name, value in query if name not in _LIBPQ_ONLY])
    return PostgresServer(f"postgresql://{parts.netloc}{parts.path}" + (f"?{kept}" if kept else ""))
