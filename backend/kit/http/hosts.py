"""Which names this server answers to.

A web page whose own name suddenly resolves to this machine (DNS rebinding) still sends its own name as Host.
An address cannot be rebound, so where every network is listened on, every address is answered.
"""

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from backend.kit.application import AsgiApp, Receive, Scope, Send
from backend.kit.errors import AppError
from backend.kit.http.answers import send_error
from backend.kit.http.headers import values

_HOST: Final = re.compile(r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_.-]+))(?::(?P<port>[0-9]{1,5}))?")
_OWN_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_LAST_PORT: Final = 65535
_EVERY_NETWORK: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - only compared


@dataclass(frozen=True, slots=True)
class HostPolicy:
    names: frozenset[str]
    suffixes: tuple[str, ...]
    any_address: bool
    everything: bool

    @classmethod
    def of(cls, allowed: Iterable[str], *, bound: str, public: str | None = None) -> Self:
        """The own machine and the public name always; then what is allowed, or what is listened on."""
        patterns = set(allowed)
        everywhere = not patterns and bound in _EVERY_NETWORK
        names = _OWN_MACHINE | {name.lower() for name in (public,) if name}
        if everywhere:
            machine = socket.gethostname().lower()
            names |= {machine, f"{machine}.local"}
        elif not patterns:
            names |= {bound.lower()}
        return cls(
            names=frozenset(names | {pattern for pattern in patterns if not pattern.startswith("*")}),
            suffixes=tuple(sorted(pattern[1:] for pattern in patterns if pattern.startswith("*."))),
            any_address=everywhere,
            everything="*" in patterns,
        )

    def allows(self, host: str) -> bool:
        """The value of a Host header, with or without a port."""
        if not host:
            return self.everything
        match = _HOST.fullmatch(host.lower())
        if match is None or not _is_possible(match):
            return False
        if self.everything:
            return True
        name = match["six"] or match["name"].rstrip(".")
        return name in self.names or name.endswith(self.suffixes) or (self.any_address and _is_address(name))


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    app: AsgiApp
    policy: HostPolicy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        error = self._objection(scope) if scope["type"] == "http" else None
        if error:
            await send_error(send, error)
        else:
            await self.app(scope, receive, send)

    def _objection(self, scope: Scope) -> AppError | None:
        hosts = values(scope, b"host")
        if len(hosts) > 1 or (not hosts and not self.policy.everything):
            return AppError("A request needs exactly one Host header.", code="host_invalid")
        if hosts and not self.policy.allows(hosts[0]):
            message = (
                "This server does not answer to that host name; BAKEOFF_ALLOWED_HOSTS lists those it does."
            )
            return AppError(message, status=421, code="host_not_allowed")
        return None


def _is_possible(host: re.Match[str]) -> bool:
    """What is behind here takes it apart as a URL, which knows no other ports and addresses either."""
    if int(host["port"] or 0) > _LAST_PORT:
        return False
    return host["six"] is None or (":" in host["six"] and _is_address(host["six"]))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
