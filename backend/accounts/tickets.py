"""One-time proofs for sockets, which can send no header of their own: half a minute, one use, in memory.

Who loses them with a restart asks for another one.
"""

from typing import Final

from backend.accounts.callers import Caller
from backend.accounts.secrets_shown import hash_of, new_secret
from backend.kit.recently_used import RecentlyUsed

LIFETIME: Final = 30.0
_MOST: Final = 10_000


class Tickets:
    def __init__(self) -> None:
        self._waiting: RecentlyUsed[bytes, tuple[Caller, float]] = RecentlyUsed(_MOST)

    def issue(self, caller: Caller, now: float) -> str:
        """`now` is of the monotonic clock."""
        ticket = new_secret()
        self._waiting[hash_of(ticket)] = (caller, now + LIFETIME)
        return ticket

    def use(self, ticket: str, now: float) -> Caller | None:
        caller, until = self._waiting.pop(hash_of(ticket)) or (None, 0.0)
        return caller if now < until else None
