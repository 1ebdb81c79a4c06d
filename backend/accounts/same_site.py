"""Whether a request that brings a cookie comes from our own page (CSRF, and its kind for sockets).

A browser says so itself, in headers that no script can set.
"""

from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlsplit

HARMLESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS: Final = frozenset({"same-origin", "none"})


def is_own_page(headers: Mapping[str, str], own: str, allowed: Collection[str]) -> bool:
    """`own` is our origin as the client sees it, `allowed` are the origins that may call the API as well.

    Without either header it is no browser: all of them send `Origin` with what changes something, and what an
    ancient one does not say, the cookie's SameSite says for it.
    """
    origin = headers.get("origin")
    if origin is not None:
        return origin == own or origin in allowed
    return headers.get("sec-fetch-site", "none") in _OURS


def origin_of(scheme: str, host: str) -> str:
    """As a browser writes it: in lower case and without the usual port."""
    parts = urlsplit(f"{scheme}://{host.lower()}")
    usual = {"http": 80, "https": 443}.get(scheme)
    port = "" if parts.port in {None, usual} else f":{parts.port}"
    name = parts.hostname or ""
    return f"{scheme}://{f'[{name}]' if ':' in name else name}{port}"
