"""Who keeps the comparisons, in the tests of rooms: in memory, with as many rights as a test gives."""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

from backend.accounts.callers import Caller
from backend.kit.errors import AppError, NotFound
from backend.kit.ids import new_id
from backend.limits.askers import Asker
from backend.rooms.backing import Backing, Performed
from backend.rooms.protocol import Access, Ack, Regenerate, StartComparison, StopComparison, StopModel
from backend.rooms.snapshot import Comparison
from tests.rooms.stories import Story


@dataclass
class Archive:
    kept: dict[UUID, Comparison] = field(default_factory=dict)
    of_response: dict[UUID, UUID] = field(default_factory=dict)
    shared: dict[tuple[UUID, UUID], Access] = field(default_factory=dict)
    """By comparison and who: a user or a link."""
    performed: list[Performed] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    """Of the next who look how far somebody may go."""
    reads: int = 0
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_go_on.set()

    def keep(self, owner_id: UUID, lanes: int = 1) -> Story:
        story = Story(lanes=lanes, session_id=new_id(), owner_id=owner_id)
        self.kept[story.session_id] = story.beginning
        return story

    def backing(self) -> Backing:
        return Backing(self.load, self.access, self.perform)

    async def load(self, session_id: UUID) -> Comparison:
        self.reads += 1
        if session_id not in self.kept:
            raise NotFound
        return self.kept[session_id]

    async def access(self, caller: Caller, session_id: UUID) -> Access:
        if self.failures:
            raise self.failures.pop(0)
        comparison = self.kept.get(session_id)
        who = caller.share.id if caller.share else caller.user_id
        if comparison is not None and comparison.owner_id == who:
            return "owner"
        if comparison is None or (session_id, who) not in self.shared:
            raise NotFound
        return self.shared[session_id, who]

    async def perform(self, caller: Caller, command: Performed, _asker: Asker) -> Ack:
        match command:
            case StartComparison(session_id=session_id) | StopComparison(session_id=session_id):
                response_id = None
            case Regenerate(response_id=response_id) | StopModel(response_id=response_id):
                session_id = self.of_response.get(response_id, response_id)
        if await self.access(caller, session_id) not in {"editor", "owner"}:
            raise AppError("You may look at this, but not change it.", status=403, code="read_only")
        if isinstance(command, StartComparison):
            await self.may_go_on.wait()
            if command.prompt == "a bug":
                raise RuntimeError("on purpose")
        self.performed.append(command)
        return Ack(id=command.id, session_id=session_id, response_id=response_id)
