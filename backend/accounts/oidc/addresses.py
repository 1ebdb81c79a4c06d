"""Which addresses an issuer may have, and which paths of ours a sign-in may lead back to."""

import ipaddress
import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

_LONGEST: Final = 2048
# It travels in a cookie, of which browsers keep 4 KB.
_LONGEST_PATH: Final = 1024
# Browsers drop tabs and line ends from a URL, and read a backslash as a slash.
_PLAIN: Final = re.compile(r"[!-\[\]-~]+")
_HIDDEN_SEPARATOR: Final = re.compile(r"//|%2f|%5c|%[01][0-9a-f]|%7f", re.IGNORECASE)
HOME: Final = "/"


def checked(url: str) -> SplitResult:
    """HTTPS, or HTTP on this machine. ValueError says what is wrong and repeats nothing of the address."""
    if not _PLAIN.fullmatch(url) or len(url) > _LONGEST:
        raise ValueError("it is not an address")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("it is not an address") from None
    if not parts.hostname:
        raise ValueError("it names no host")
    if parts.scheme != "https" and not is_plain_loopback(parts):
        raise ValueError("it is neither HTTPS nor HTTP on this machine")
    if parts.username is not None or parts.password is not None:
        raise ValueError("it carries a user or a password")
    if "#" in url:
        raise ValueError("it has a fragment")
    return parts


def checked_issuer(issuer: str) -> SplitResult:
    parts = checked(issuer)
    if "?" in issuer:
        raise ValueError("it has a query")
    return parts


def is_plain_loopback(parts: SplitResult) -> bool:
    return parts.scheme == "http" and _is_this_machine(parts.hostname or "")


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def local_path(wanted: str | None) -> str:
    """Where to go after signing in: a path of this server, or its first page."""
    if (
        not wanted
        or len(wanted) > _LONGEST_PATH
        or not _PLAIN.fullmatch(wanted)
        or not wanted.startswith("/")
    ):
        return HOME
    path = re.split(r"[?#]", wanted, maxsplit=1)[0]
    # `//host` is another server, also where somebody decodes the path or takes `/.` out of it first.
    return HOME if _HIDDEN_SEPARATOR.search(path) else wanted
