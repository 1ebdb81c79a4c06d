"""How long somebody who tries passwords has to wait. In memory, bounded; knows no user and no request.

Each address has delays of its own, which grow long. Each account has some over all addresses, which stay
short, so that nobody locks somebody else out for long, and which do not count where its owner signed in
before. An account that does not exist is treated like any other.
"""

from dataclasses import dataclass
from typing import Final

from backend.kit.recently_used import RecentlyUsed
from backend.kit.subscribers import subscriber

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
        self._accounts: RecentlyUsed[str, _Tries] = RecentlyUsed(most)
        self._addresses: RecentlyUsed[str, _Tries] = RecentlyUsed(most)
        self._known: RecentlyUsed[tuple[str, str], bool] = RecentlyUsed(most)

    def attempt(self, account: str | None, address: str, now: float) -> float:
        """Seconds to wait, or 0: then the try has been counted, before anybody knows how it ends, so that a
        hundred at once are a hundred. `account` None is a try at something else; `now` never goes back.
        Without an address (a Unix socket) all would come from one: none does.
        """
        account, address = _account(account), subscriber(address)
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
        account, address = _account(account), subscriber(address)
        if account:
            self._accounts.pop(account)
        if account and address:
            self._known[account, address] = True
        if address and (tries := self._addresses.get(address)):
            self._addresses[address] = _Tries(max(0, tries.count - 1), tries.last)

    @staticmethod
    def _tries(recent: RecentlyUsed[str, _Tries], key: str, pace: Pace, now: float) -> _Tries:
        tries = recent.get(key) or _NONE
        return _NONE if now - tries.last > pace.forgotten_after else tries


def _account(account: str | None) -> str:
    return (account or "").strip().lower()[:_LONGEST_ACCOUNT]
