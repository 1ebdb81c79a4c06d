"""One-time proofs for sockets, which can send no header of their own: half a minute, one use, in memory.

Who loses them with a restart asks for another one.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from backend.accounts.callers import Caller
from backend.accounts.secrets_shown import hash_of, new_secret

LIFETIME: Final = 30.0
_MOST: Final = 10_000


@dataclass(slots=True)
class Tickets:
    _waiting: OrderedDict[bytes, tuple[Caller, float]] = field(default_factory=OrderedDict)

    def issue(self, caller: Caller, now: float) -> str:
        """`now` is of the monotonic clock."""
        ticket = new_secret()
        self._waiting[hash_of(ticket)] = (caller, now + LIFETIME)
        if len(self._waiting) > _MOST:
            self._waiting.popitem(last=False)
        return ticket

    def use(self, ticket: str, now: float) -> Caller | None:
        caller, until = self._waiting.pop(hash_of(ticket), (None, 0.0))
        return caller if now < until else None
