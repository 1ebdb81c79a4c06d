"""Who is really asking: the peer, or whom trusted proxies name. Pure; knows no web framework.

`Forwarded` (RFC 7239) is not read: proxies that set X-Forwarded-* pass a client's own `Forwarded` through.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_WITH_PORT: Final = re.compile(r"\[(?P<six>[^\]]+)\](?::\d+)?|(?P<four>[^:]+):\d+")
_HOST: Final = re.compile(r"[A-Za-z0-9_.-]{1,255}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Origin:
    """What the connection is, seen from outside; None leaves what the server said."""

    client: str | None
    scheme: str | None = None
    host: str | None = None


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    networks: tuple[Network, ...]
    unix: bool  # a peer on a Unix socket has no address; file permissions decide who it can be

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Self:
        """`unix`, addresses and networks, as the settings have checked them."""
        wanted = tuple(entries)
        networks = tuple(ipaddress.ip_network(entry, strict=False) for entry in wanted if entry != "unix")
        return cls(networks, unix="unix" in wanted)

    def trust(self, peer: str | None) -> bool:
        """Only what such a peer forwards needs to be read at all."""
        address = _address(peer) if peer else None
        return self._trusts(address) if address else self.unix and not peer

    def resolve(self, peer: str | None, forwarded_for: str, proto: str, host: str) -> Origin:
        """The three headers count only when the peer itself is trusted. Those of a kind come comma-joined."""
        address = _address(peer) if peer else None
        if not self.trust(peer):
            return Origin(str(address) if address else peer)
        scheme = _last(proto).lower()
        named = _last(host)
        return Origin(
            client=self._client(address, forwarded_for),
            scheme=scheme if scheme in {"http", "https"} else None,
            host=named if _HOST.fullmatch(named) else None,
        )

    def _client(self, peer: Address | None, forwarded_for: str) -> str | None:
        """From the right, past every proxy we trust: left of a stranger stands what the stranger made up."""
        nearest = peer
        for entry in reversed(forwarded_for.split(",")):
            address = _address(entry.strip())
            if address is None:
                break
            nearest = address
            if not self._trusts(address):
                break
        return str(nearest) if nearest else None

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


@lru_cache(maxsize=4096)
def _address(text: str) -> Address | None:
    """Also with a port, as some proxies write it. An IPv4 address inside an IPv6 one is the IPv4 address."""
    match = _WITH_PORT.fullmatch(text)
    try:
        address = ipaddress.ip_address((match["six"] or match["four"]) if match else text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _last(header: str) -> str:
    """What the proxy that speaks to us said; further left is what others told it."""
    return header.rpartition(",")[2].strip()
