"""Who may look at how the server is doing without having said who they are."""

import ipaddress
from typing import Any, Final, Literal, TypeAlias

from backend.kit.application import Scope
from backend.kit.http.headers import values

Watchers: TypeAlias = Literal["local", "open", "admin"]
"""Whoever is on this machine; everybody; only those whose rights allow it."""

_WATCHED: Final = "watched"
_FORWARDED: Final = (b"x-forwarded-for", b"forwarded", b"x-real-ip", b"via")


def watched() -> dict[str, Any]:
    """For the `opt` of a route, beside the right that others need."""
    return {_WATCHED: True}


def may_watch(watchers: Watchers, opt: dict[str, Any], scope: Scope) -> bool:
    if not opt.get(_WATCHED):
        return False
    return watchers == "open" or (watchers == "local" and _is_local(scope))


def _is_local(scope: Scope) -> bool:
    """What a proxy on this machine passes on comes from outside, also where nobody said that it is one."""
    if any(values(scope, name) for name in _FORWARDED):
        return False
    client = scope.get("client")
    return client is None or _is_loopback(client[0])


def _is_loopback(client: str) -> bool:
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
