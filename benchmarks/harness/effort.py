"""How much a run does: enough for figures to trust, or just enough to see that everything works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    rounds: int
    seconds: float  # of load in one round
    connections: int  # that ask at the same time
    subscribers: int  # of the one room
    silence: float  # seconds
    silent_sockets: int
    many_sockets: int
    commits: int  # one after another, and as many again by writers at once


FULL = Effort(
    rounds=5,
    seconds=0.8,
    connections=32,
    subscribers=50,
    silence=10,
    silent_sockets=200,
    many_sockets=2000,
    commits=500,
)
TINY = Effort(
    rounds=1,
    seconds=0.05,
    connections=2,
    subscribers=3,
    silence=0.1,
    silent_sockets=2,
    many_sockets=5,
    commits=3,
)
