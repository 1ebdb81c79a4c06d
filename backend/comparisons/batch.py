"""What has happened in running turns and is to be written: text, ends, with everything there is to keep."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from backend.comparisons.accounting import Account
from backend.comparisons.lane import Closed
from backend.comparisons.recording import Identity, Unsaved
from backend.rooms.snapshot import Retry


@dataclass(frozen=True, slots=True)
class Payer:
    """Who asked, and by which key."""

    user_id: UUID
    api_key_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """A response that has ended, with everything there is to keep of it."""

    identity: Identity
    payer: Payer
    closed: Closed
    account: Account
    text: str
    reasoning: str
    timeline: bytes
    retries: tuple[Retry, ...]
    ended_at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class TurnEnd:
    """Of a turn, or of another attempt in it: `eq` is off because each of them ends once."""

    comparison_id: UUID
    turn_id: UUID
    at: datetime


@dataclass(slots=True)
class Batch:
    started: dict[UUID, datetime] = field(default_factory=dict)
    unsaved: list[tuple[UUID, Unsaved]] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)
    turn_ends: list[TurnEnd] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return len(self.started) + len(self.unsaved) + len(self.endings) + len(self.turn_ends)

    @property
    def comparison_ids(self) -> set[UUID]:
        return {each.identity.comparison_id for each in self.endings} | {
            each.comparison_id for each in self.turn_ends
        }
