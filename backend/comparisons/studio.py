"""What comparisons are made with: handed to every use case."""

from dataclasses import dataclass

from backend.attachments.shelf import Shelf
from backend.catalogue.tokens import TokenCounter
from backend.comparisons.conductor import Conductor
from backend.comparisons.contestants import Contestants
from backend.kit.db import Database
from backend.limits.buckets import Buckets
from backend.limits.rules import Rule
from backend.limits.turnstile import Turnstile
from backend.rooms.hub import Hub


@dataclass(frozen=True, slots=True)
class Studio:
    database: Database
    hub: Hub
    conductor: Conductor
    contestants: Contestants
    shelf: Shelf
    tokens: TokenCounter
    turnstile: Turnstile
    buckets: Buckets
    turns: Rule
    """How many turns anybody may start, by whichever way."""
    lanes_a_turn: int
