"""What the rooms of this process have carried.

Plain numbers: they are added to at each event, so that has to cost next to nothing.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class Traffic:
    events: int = 0
    deliveries: int = 0
    replays: int = 0
    """Joins of those who were given what they had missed; the others began with the whole comparison."""
    snapshots: int = 0
    fetched: int = 0
    """That was too large to be sent, or too much waited for who came: they fetch it."""
