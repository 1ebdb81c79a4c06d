"""How a user may write the address of a server: strictly, so that everybody who reads it reads the same.

Knows nothing of what the name stands for; backend/kit/outside.py does.
"""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final, Literal, Self, TypeAlias, cast

import idna

Scheme: TypeAlias = Literal["https", "http"]

_LONGEST: Final = 500
_USUAL_PORTS: Final[dict[Scheme, int]] = {"https": 443, "http": 80}

# No user, no query, no fragment, no escape, no backslash: there is no place for them.
_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[^\s/?#\\@:%\[\]]+)"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>(?:/[a-z0-9._~@+=,-]+)*)/?",
    re.IGNORECASE,
)
_NAME: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
# What C libraries take for an address, in whatever base and with however many dots.
_ENDS_IN_NUMBER: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")


class InvalidBaseUrl(ValueError):  # noqa: N818 - reads as what it is
    """Says why, in words for whoever wrote it. It never repeats what was written."""


@dataclass(frozen=True, slots=True)
class BaseUrl:
    scheme: Scheme
    host: str
    """A name in ASCII and small letters, or an address as it is usually written."""
    port: int
    path: str

    @classmethod
    def parse(cls, text: str) -> Self:
        if len(text) > _LONGEST:
            raise InvalidBaseUrl(f"It is longer than {_LONGEST} characters.")
        match = _URL.fullmatch(text)
        if match is None:
            raise InvalidBaseUrl("It is not of the form https://host/path.")
        scheme = cast("Scheme", match["scheme"].lower())
        port = int(match["port"]) if match["port"] else _USUAL_PORTS[scheme]
        if not 1 <= port <= 65535:
            raise InvalidBaseUrl("There is no such port.")
        if {".", ".."} & set(match["path"].split("/")):
            raise InvalidBaseUrl("Its path goes up or stands still.")
        return cls(scheme, _host(match["host"]), port, match["path"])

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _USUAL_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


def _host(text: str) -> str:
    if text.startswith("["):
        try:
            return str(IPv6Address(text[1:-1]))
        except AddressValueError:
            raise InvalidBaseUrl("Its host is not an IPv6 address.") from None
    try:
        name = idna.encode(text, uts46=True, std3_rules=True).decode().lower()
    except idna.IDNAError:
        raise InvalidBaseUrl("Its host is not a name.") from None
    if _ENDS_IN_NUMBER.fullmatch(name):
        return _ipv4(name)
    if not _NAME.fullmatch(name):
        raise InvalidBaseUrl("Its host is not a name.")
    return name


def _ipv4(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        raise InvalidBaseUrl("Its host is an address written in an unusual way.") from None
