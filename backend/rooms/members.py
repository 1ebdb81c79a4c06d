"""A socket as the rooms know it that it is in: who is behind it, and whom to tell when that may end."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from backend.kit.sockets import Socket


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """`eq` is off: each is itself, and can be kept in sets."""

    socket: Socket
    person_id: UUID
    name: str
    was_put_out: Callable[[UUID], None]
    """Told the room it is no longer in."""
    look_again: Callable[[UUID], None]
    """Told the room whose shares have changed."""
