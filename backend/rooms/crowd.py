"""How many sockets somebody may have open: a user many, strangers at one address few."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from backend.limits.askers import Asker

PER_USER: Final = 100
STRANGERS_PER_ADDRESS: Final = 50


@dataclass(slots=True)
class Crowd:
    per_user: int = PER_USER
    strangers: int = STRANGERS_PER_ADDRESS
    _open: Counter[str] = field(default_factory=Counter)

    def enter(self, asker: Asker) -> bool:
        """False: there are enough of them."""
        name = _name(asker)
        if self._open[name] >= (self.per_user if asker.user else self.strangers):
            return False
        self._open[name] += 1
        return True

    def leave(self, asker: Asker) -> None:
        name = _name(asker)
        self._open[name] -= 1
        if self._open[name] <= 0:
            del self._open[name]

    @property
    def size(self) -> int:
        return self._open.total()


def _name(asker: Asker) -> str:
    return asker.user or asker.address
