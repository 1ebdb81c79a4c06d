"""How the text of one setting becomes its value, or a reason why it cannot."""

import difflib
import ipaddress
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

SHORTEST_SECRET: Final = 32


class Secret:
    """A value that shows itself only to who asks for it by name."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


# A parser raises ValueError with the reason. It repeats the value only where the value cannot be a secret.
Parser = Callable[[str], Any]


def text(value: str) -> str:
    return value


def path(value: str) -> Path:
    return Path(value).expanduser()


def whole_number(low: int, high: int) -> Parser:
    def parse(value: str) -> int:
        if not re.fullmatch(r"\d{1,18}", value) or not low <= int(value) <= high:
            raise ValueError(f"{value!r} is not a whole number from {low} to {high}")
        return int(value)

    return parse


def seconds(value: str) -> float:
    if not re.fullmatch(r"\d{1,6}(\.\d{1,3})?", value):
        raise ValueError(f"{value!r} is not a number of seconds")
    return float(value)


def size(value: str) -> int:
    match = re.fullmatch(r"(\d{1,12})\s*(KiB|MiB|GiB)?", value)
    if not match:
        raise ValueError(f"{value!r} is not a size such as 16777216 or 16 MiB")
    return int(match[1]) << 10 * ("", "KiB", "MiB", "GiB").index(match[2] or "")


def choice(*choices: str) -> Parser:
    def parse(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError(f"{value!r} is not one of {', '.join(choices)}{did_you_mean(value, choices)}")
        return value.lower()

    return parse


def list_of(parse_item: Parser) -> Parser:
    def parse(value: str) -> tuple[Any, ...]:
        return tuple(parse_item(item.strip()) for item in value.split(",") if item.strip())

    return parse


def _http_url(value: str) -> SplitResult:
    # The value stays out of the reasons: a URL may carry a password.
    try:
        url = urlsplit(value)
        _ = url.port
    except ValueError:
        raise ValueError("it is not a URL") from None
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise ValueError("it is not a URL that begins with http:// or https://")
    if url.username is not None or url.password is not None:
        raise ValueError("a user or a password does not belong in this URL")
    return url


def base_url(value: str) -> str:
    url = _http_url(value)
    if url.query or url.fragment:
        raise ValueError("a query or a fragment does not belong in this URL")
    return value.rstrip("/")


def secret_key(value: str) -> Secret:
    if len(value) < SHORTEST_SECRET:
        raise ValueError(f"it has fewer than {SHORTEST_SECRET} characters")
    return Secret(value)


def issuer(value: str) -> str:
    """Its own name for itself: a slash at the end is part of it."""
    base_url(value)
    return value


def proxy_url(value: str) -> Secret:
    try:
        url = urlsplit(value)
        _ = url.port
    except ValueError:
        raise ValueError("it is not a URL") from None
    if url.scheme != "http" or not url.hostname:
        raise ValueError("it is not a URL that begins with http://")
    return Secret(value)


def origin(value: str) -> str:
    if value == "*":
        raise ValueError("'*' would give every site the user's cookies; name the origins")
    url = _http_url(value)
    if url.path not in {"", "/"} or url.query or url.fragment:
        raise ValueError("an origin has no path, only scheme, host and port")
    return f"{url.scheme}://{url.netloc}".lower()


def host_pattern(value: str) -> str:
    if not re.fullmatch(r"\*|(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[?[0-9a-f:.]+\]?", value.lower()):
        raise ValueError(f"{value!r} is not a host name, an address or *.domain (and takes no port)")
    return value.lower().strip("[]")


def believed_proxy(value: str) -> str:
    if value == "unix":
        return value
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except ValueError:
        raise ValueError(f"{value!r} is not an address, a network such as 10.0.0.0/8, or unix") from None


def database_url(value: str) -> Secret:
    # Which databases there are, the database itself knows; here only nothing may be said of the password.
    try:
        scheme = urlsplit(value).scheme
    except ValueError:
        scheme = ""
    if not scheme:
        raise ValueError(
            "it is not a URL such as sqlite:///data/bakeoff.db or postgresql://user:password@host/name"
        )
    return Secret(value)


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(wrong, sorted(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""
