"""The way to servers that a user named: only to addresses outside, or to local ones where that is allowed.

For each connection a name is resolved once, all its addresses are judged, and one of those is connected to.
"""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from ssl import SSLContext
from typing import Any, Final, TypeAlias

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from backend.kit.base_urls import BaseUrl

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(map(ip_network, texts))


# Where clouds tell a machine its own credentials. Never, whatever is allowed.
METADATA: Final = _networks(
    "169.254.0.0/16",  # nearly all of them; and link-local is nobody's model server
    "fe80::/10",
    "100.100.100.200/32",  # Alibaba
    "168.63.129.16/32",  # Azure
    "192.0.0.192/32",  # Oracle
    "fd00:ec2::/32",  # Amazon
    "fd20:ce::/32",  # Google
    "fd00:42::/32",  # Scaleway
)

LOCAL: Final = _networks(
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"
)

# The rest of the world is what `is_global` says, which depends on the version of Python, less these.
_NOT_OUTSIDE: Final = _networks(
    "0.0.0.0/8",
    "100.64.0.0/10",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    "2001::/23",  # Teredo is among them: an IPv4 address in disguise
    "2001:db8::/32",
    "2002::/16",  # 6to4, another one
    "3fff::/20",
)
_OUTSIDE_IPV6: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})

HTTPS: Final = frozenset({443})
_RESOLVING_TAKES: Final = 5.0


class NotOutside(OSError):  # noqa: N818 - reads as what it is
    """A connection that is not made. To aiohttp it is one that failed."""

    def __init__(self) -> None:
        super().__init__("this address is not to be reached from here")


@dataclass(frozen=True, slots=True)
class Reach:
    """How far users may send this server."""

    local: bool = False
    """Also to this machine and to private networks, on any port, without TLS."""
    ports: frozenset[int] = HTTPS
    """Those of servers outside. TLS is spoken there."""

    def allows(self, text: str, port: int) -> bool:
        """The one judgement; `text` is an address as a resolver writes it."""
        try:
            address = _unmapped(ip_address(text))
        except ValueError:
            return False
        if "%" in text:  # an interface of this machine
            return False
        if _within(address, METADATA):
            return False
        if _within(address, LOCAL):
            return self.local
        return port in self.ports and _is_outside(address)

    def problem_with(self, url: BaseUrl) -> str | None:
        """What can be said before its name is resolved."""
        if not self.local and url.scheme != "https":
            return "It has to begin with https://."
        if not self.local and url.port not in self.ports:
            return f"Its port has to be {' or '.join(map(str, sorted(self.ports)))}."
        if url.scheme == "http" and url.port in self.ports:
            return "There only https:// is spoken."
        return None


class OutsideResolver(AbstractResolver):
    """Asks another resolver once. One address too many spoils them all: nobody honest has such names."""

    def __init__(self, reach: Reach, resolver: AbstractResolver | None = None) -> None:
        self._reach = reach
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        if self._resolver is None:
            self._resolver = aiohttp.ThreadedResolver()
        found = await self._resolver.resolve(host, port, family)
        if not found or not all(self._reach.allows(each["host"], port) for each in found):
            raise NotOutside
        return [{**each, "port": port} for each in found]

    async def close(self) -> None:
        if self._resolver is not None:
            await self._resolver.close()


class Outside:
    """What may be reached, and the connector that reaches nothing else."""

    def __init__(self, reach: Reach, resolver: AbstractResolver | None = None) -> None:
        self.reach = reach
        self._resolver = OutsideResolver(reach, resolver)

    async def problem_with(self, url: BaseUrl) -> str | None:
        """Whether it could be reached now; who connects later is judged again."""
        if problem := self.reach.problem_with(url):
            return problem
        try:
            if _is_address(url.host):
                reachable = self.reach.allows(url.host, url.port)
            else:
                async with asyncio.timeout(_RESOLVING_TAKES):
                    reachable = bool(await self._resolver.resolve(url.host, url.port))
        except NotOutside:
            reachable = False
        except (OSError, UnicodeError):
            return "Its host is not known."
        return None if reachable else "Its host is not one that can be reached from here."

    def connector(self, *, ssl: SSLContext | bool = True, **options: Any) -> aiohttp.TCPConnector:
        """For sessions that follow no redirect and use no proxy: a proxy would resolve the name again."""
        return aiohttp.TCPConnector(resolver=self._resolver, socket_factory=self._socket, ssl=ssl, **options)

    def _socket(self, info: tuple[int, int, int, str, Sequence[Any]]) -> socket.socket:
        """Before each connection, happy eyeballs' too: aiohttp asks no resolver about an address in a URL."""
        family, kind, protocol, _, (host, port, *_) = info
        if not self.reach.allows(host, port):
            raise NotOutside
        return socket.socket(family, kind, protocol)


def _is_address(host: str) -> bool:
    return ":" in host or host.rpartition(".")[2].isdigit()


def _unmapped(address: Address) -> Address:
    """The IPv4 address that a translator on the way would make of it."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _is_outside(address: Address) -> bool:
    if not address.is_global or address.is_multicast or _within(address, _NOT_OUTSIDE):
        return False
    if isinstance(address, IPv6Address):
        return address in _OUTSIDE_IPV6 and (int(address) >> 32) & 0xFFFF_FFFF not in _ISATAP
    return True


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
