"""How long somebody who tries passwords has to wait. In memory, bounded; knows no user and no request.

Each address has delays of its own, which grow long. Each account has some over all addresses, which stay
short, so that nobody locks somebody else out for long, and which do not count where its owner signed in
before. An account that does not exist is treated like any other.
"""

import ipaddress
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST: Final = 100_000
_LONGEST_ACCOUNT: Final = 254


@dataclass(frozen=True, slots=True)
class Pace:
    """So many tries are free, then 1, 2, 4, … seconds pass between two, up to the longest."""

    free: int
    longest: float
    forgotten_after: float

    def delay(self, tries: int) -> float:
        if tries < self.free:
            return 0
        # The exponent is bounded: 2.0**1024 is an error.
        return min(self.longest, 2.0 ** min(tries - self.free, 40))


ACCOUNT: Final = Pace(free=5, longest=30, forgotten_after=3600)
ADDRESS: Final = Pace(free=20, longest=900, forgotten_after=3600)


@dataclass(frozen=True, slots=True)
class _Tries:
    count: int
    last: float

    def wait(self, pace: Pace, now: float) -> float:
        return max(0.0, self.last + pace.delay(self.count) - now)


_NONE: Final = _Tries(0, float("-inf"))


class Throttle:
    def __init__(self, most: int = MOST) -> None:
        self._accounts: _Recent[str, _Tries] = _Recent(most)
        self._addresses: _Recent[str, _Tries] = _Recent(most)
        self._known: _Recent[tuple[str, str], None] = _Recent(most)

    def attempt(self, account: str | None, address: str, now: float) -> float:
        """Seconds to wait, or 0: then the try has been counted, before anybody knows how it ends, so that a
        hundred at once are a hundred. `account` None is a try at something else; `now` never goes back.
        """
        account, address = _account(account), _network(address)
        theirs = self._tries(self._accounts, account, ACCOUNT, now)
        from_here = self._tries(self._addresses, address, ADDRESS, now)
        wait = from_here.wait(ADDRESS, now) if address else 0.0
        if account and (account, address) not in self._known:
            wait = max(wait, theirs.wait(ACCOUNT, now))
        if wait:
            return wait
        if account:
            self._accounts[account] = _Tries(theirs.count + 1, now)
        if address:
            self._addresses[address] = _Tries(from_here.count + 1, now)
        return 0.0

    def succeeded(self, account: str | None, address: str) -> None:
        """The try was none. What else came from the address stays: its owner may be trying other accounts."""
        account, address = _account(account), _network(address)
        if account:
            self._accounts.pop(account)
        if account and address:
            self._known[account, address] = None
        if address and (tries := self._addresses.get(address)):
            self._addresses[address] = _Tries(max(0, tries.count - 1), tries.last)

    @staticmethod
    def _tries(recent: "_Recent[str, _Tries]", key: str, pace: Pace, now: float) -> _Tries:
        tries = recent.get(key) or _NONE
        return _NONE if now - tries.last > pace.forgotten_after else tries


class _Recent(Generic[K, V]):
    """What was used last; the rest is forgotten."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: OrderedDict[K, V] = OrderedDict()

    def __contains__(self, key: K) -> bool:
        return key in self._items

    def __setitem__(self, key: K, value: V) -> None:
        self._items[key] = value
        self._items.move_to_end(key)
        if len(self._items) > self._most:
            self._items.popitem(last=False)

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: K) -> V | None:
        return self._items.get(key)

    def pop(self, key: K) -> None:
        self._items.pop(key, None)


def _account(account: str | None) -> str:
    return (account or "").strip().lower()[:_LONGEST_ACCOUNT]


def _network(address: str) -> str:
    """One customer has a whole /64 of IPv6. Without an address (a Unix socket) all would be one: none is."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(ip) >> 64 << 64, 64)))
    return str(ip)
