"""What the rooms need of those who keep comparisons: three functions. Nothing else of them is known."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from backend.accounts.callers import Caller
from backend.accounts.door import Door
from backend.limits.askers import Asker
from backend.limits.commands import CommandLimits
from backend.rooms.hub import Hub, Load
from backend.rooms.identity import AccessTo
from backend.rooms.protocol import Ack, Regenerate, StartComparison, StopComparison, StopModel

Performed: TypeAlias = StartComparison | StopModel | StopComparison | Regenerate
Perform: TypeAlias = Callable[[Caller, Performed, Asker], Awaitable[Ack]]
"""Looks itself how far the caller may go, in the transaction that changes something. Raises AppError."""


@dataclass(frozen=True, slots=True)
class Backing:
    load: Load
    access: AccessTo
    perform: Perform


def _uncounted(_code: str) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class House:
    """Everything that a socket leads to. There from the start of the application to its end."""

    door: Door
    hub: Hub
    backing: Backing
    limits: CommandLimits
    refused: Callable[[str], None] = _uncounted
    """Told the code of each refusal."""
