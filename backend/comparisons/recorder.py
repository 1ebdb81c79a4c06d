"""Takes down what the lanes say: frames to the room at once, everything to the database in groups.

Nothing that a lane does waits for the database. What has ended is told once it is on the record.

Next: backend/rooms/hub.py
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, assert_never
from uuid import UUID

import structlog

from backend.catalogue.tokens import TokenCounter
from backend.comparisons.accounting import account, uncounted
from backend.comparisons.announcing import end_of, end_of_turn
from backend.comparisons.batch import Batch, Ending, Payer, TurnEnd
from backend.comparisons.lane import Closed, Heard, LaneEvent, RunningLane, Started
from backend.comparisons.measuring import count_end
from backend.comparisons.recording import Identity, Recording
from backend.comparisons.writing import Written, write
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.metrics import Metrics
from backend.kit.unavailable import DatabaseUnavailable
from backend.rooms.protocol import ResponseStored, RoomEvent
from backend.rooms.snapshot import Totals
from backend.usage.budget import Crossing

log = structlog.get_logger()

BETWEEN_COMMITS: Final = 0.1
_BETWEEN_TRIES: Final = 1.0


def _unheard(_crossings: Sequence[Crossing]) -> None:
    """Nobody wants to know."""


@dataclass(slots=True, eq=False)
class _Course:
    """Responses that were begun together."""

    comparison_id: UUID
    turn_id: UUID
    left: set[UUID]
    """Those that have not ended."""
    told: asyncio.Future[None]


@dataclass(frozen=True, slots=True)
class _Open:
    recording: Recording
    lane: RunningLane
    payer: Payer
    course: _Course


@dataclass(slots=True)
class _Backlog:
    """What has happened and is not written yet."""

    started: dict[UUID, Recording] = field(default_factory=dict)
    speaking: dict[UUID, Recording] = field(default_factory=dict)
    endings: dict[UUID, Ending] = field(default_factory=dict)
    turn_ends: list[TurnEnd] = field(default_factory=list)
    since: float | None = None
    """When the first of it happened."""

    @property
    def rows(self) -> int:
        return len(self.started) + len(self.speaking) + len(self.endings) + len(self.turn_ends)


class Recorder:
    def __init__(
        self,
        database: Database,
        tokens: TokenCounter,
        publish: Callable[[RoomEvent], None],
        metrics: Metrics,
        crossed: Callable[[Sequence[Crossing]], None] = _unheard,
    ) -> None:
        """`crossed` hears of budgets that what was written has used up, or nearly."""
        self._database = database
        self._tokens = tokens
        self._publish = publish
        self._metrics = metrics
        self._crossed = crossed
        self._open: dict[UUID, _Open] = {}
        self._accounts: dict[UUID, asyncio.Task[None]] = {}
        """Of responses that have ended: counting tokens can take its time, and nobody waits for it."""
        self._new = _Backlog()
        self._batch = Batch()
        self._batch_since: float | None = None
        self._streams: set[UUID] = set()
        self._untold: dict[TurnEnd, asyncio.Future[None]] = {}
        self._told: set[UUID] = set()
        """Ends that the room heard of before the database took them."""
        self._work = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._not_before = 0.0

    @property
    def streams(self) -> int:
        """Answers that are being given, not waited for in a line."""
        return len(self._streams)

    @property
    def unwritten(self) -> int:
        return self._batch.rows + self._new.rows

    @property
    def unwritten_for(self) -> float:
        """Seconds that the oldest of that waits."""
        since = self._new.since if self._batch_since is None else self._batch_since
        return 0.0 if since is None else time.monotonic() - since

    def start(self) -> None:
        self._writer = asyncio.create_task(self._write_on(), name="recorder")

    async def close(self) -> None:
        """Writes what there is, as far as the database takes it."""
        while self._accounts:
            await asyncio.wait(self._accounts.values())
        if self._writer is not None:
            self._writer.cancel()
            with suppress(asyncio.CancelledError):
                await self._writer
        while self.unwritten:
            if not await self._write_out():
                log.error("recorder.lost", responses=len(self._batch.endings))
                return

    def follow(self, lanes: Sequence[tuple[Identity, RunningLane]], payer: Payer) -> asyncio.Future[None]:
        """Of one turn. Done when all of it is on the record, and its room has been told."""
        of, _ = lanes[0]
        told = asyncio.get_running_loop().create_future()
        course = _Course(of.comparison_id, of.turn_id, {lane.id for _, lane in lanes}, told)
        for identity, lane in lanes:
            self._open[lane.id] = _Open(Recording(identity, self.say), lane, payer, course)
        return told

    def emit(self, response_id: UUID, event: LaneEvent) -> None:
        opened = self._open[response_id]
        match event:
            case Heard(pieces=pieces):
                opened.recording.hear(pieces)
                self._new.speaking[response_id] = opened.recording
            case Started():
                opened.recording.start()
                self._new.started[response_id] = opened.recording
                self._streams.add(response_id)
            case Closed():
                opened.recording.flush()
                self._new.speaking[response_id] = opened.recording
                del self._open[response_id]
                self._streams.discard(response_id)
                task = asyncio.create_task(self._end(opened, event), name=f"account:{response_id}")
                self._accounts[response_id] = task
            case _:
                assert_never(event)
        self._wake()

    def _wake(self) -> None:
        if self._new.since is None:
            self._new.since = time.monotonic()
        self._work.set()

    async def _write_on(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._work.wait()
            pause = self._not_before - loop.time()
            await asyncio.sleep(max(0.0, pause))
            if pause > 0:
                self._metrics.machine.loop_lag_seconds.observe(max(0.0, loop.time() - self._not_before))
            self._work.clear()
            self._not_before = loop.time() + BETWEEN_COMMITS
            try:
                taken = await self._write_out()
            except Exception:  # the bulkhead of the writer: whatever it stumbles over, it goes on
                log.exception("recorder.stumbled")
                taken = False
            if not taken:
                self._not_before = loop.time() + _BETWEEN_TRIES
                self._work.set()

    async def _write_out(self) -> bool:
        """False when the database does not take it; it is kept and tried again."""
        self._gather()
        batch = self._batch
        try:
            written = await self._written(batch)
        except DatabaseUnavailable as error:
            log.warning("recorder.waiting", reason=error.reason, responses=len(batch.endings))
            self._tell(batch, None)
            return False
        self._metrics.database.group_rows.observe(batch.rows)
        self._batch, self._batch_since = Batch(), None
        self._tell(batch, written)
        self._tell_turns(batch, written)
        if written.crossings:
            self._crossed(written.crossings)
        return True

    def _gather(self) -> None:
        """Everything new joins what could not be written before."""
        new, self._new = self._new, _Backlog()
        batch = self._batch
        if self._batch_since is None:
            self._batch_since = new.since
        batch.started |= {key: recording.started_at for key, recording in new.started.items()}
        for key, recording in new.speaking.items():
            # What has ended is written as a whole.
            if key not in new.endings and (unsaved := recording.take_unsaved()):
                batch.unsaved.append((key, unsaved))
            if recording.holds_back:
                self._new.speaking[key] = recording
                self._wake()
        batch.endings += new.endings.values()
        batch.turn_ends += new.turn_ends

    async def _end(self, opened: _Open, closed: Closed) -> None:
        recording, at, course = opened.recording, clock.now(), opened.course
        text, reasoning = recording.text, recording.reasoning
        timeline = await asyncio.to_thread(recording.timeline.pack)
        try:
            counted = await account(opened.lane, closed, text, reasoning, self._tokens, at)
        except Exception:  # the bulkhead of the writer: the text is kept, its numbers are unknown
            log.exception("accounting.failed")
            counted = uncounted(opened.lane, closed)
        ending = self._new.endings[opened.lane.id] = Ending(
            identity=recording.identity,
            payer=opened.payer,
            closed=closed,
            account=counted,
            text=text,
            reasoning=reasoning,
            timeline=timeline,
            retries=tuple(recording.retries),
            ended_at=at,
        )
        count_end(self._metrics.providers, ending)
        _log_end(ending)
        del self._accounts[opened.lane.id]
        course.left.discard(opened.lane.id)
        if not course.left:  # in one go with the last of them: nobody finds a turn whose end is missing
            end = TurnEnd(course.comparison_id, course.turn_id, at)
            self._untold[end] = course.told
            self._new.turn_ends.append(end)
        self._wake()

    async def _written(self, batch: Batch) -> Written:
        try:
            async with self._database.transaction() as db:
                return await write(db, batch)
        except DatabaseUnavailable:
            raise
        except Exception:  # the bulkhead of the writer: one bad value keeps no others from the record
            log.exception("recorder.failed", responses=len(batch.endings))
            return await self._one_by_one(batch)

    async def _one_by_one(self, batch: Batch) -> Written:
        totals: dict[UUID, Totals] = {}
        answered: frozenset[UUID] = frozenset()
        crossings: list[Crossing] = []
        refused: frozenset[UUID] = frozenset()
        for part in _parts(batch):
            try:
                async with self._database.transaction() as db:
                    written = await write(db, part)
            except DatabaseUnavailable:
                raise  # nothing is given up for that; what is written already will be passed by
            except Exception:  # the bulkhead of the writer: what cannot be written is said and left
                keys = [each.identity.response_id for each in part.endings]
                log.exception("recorder.gave_up", responses=list(map(str, keys)))
                refused = refused.union(keys)
            else:
                totals |= written.totals
                answered |= written.answered
                crossings += written.crossings
        return Written(totals, answered, crossings, refused)

    def _tell(self, batch: Batch, written: Written | None) -> None:
        """None: the database takes nothing at the moment."""
        for ending in batch.endings:
            key, of = ending.identity.response_id, ending.identity.comparison_id
            known = None if written is None or key in written.refused else written.totals.get(of)
            if key not in self._told:
                self.say(end_of(ending, known))
                self._told.add(key)
            elif known is not None:
                self.say(ResponseStored(session_id=of, response_id=key, totals=known))
            if written is not None:
                self._told.discard(key)

    def _tell_turns(self, batch: Batch, written: Written) -> None:
        for end in batch.turn_ends:
            self.say(end_of_turn(end, written))
            told = self._untold.pop(end)
            if not told.done():  # who waited for it may have been cancelled
                told.set_result(None)

    def say(self, event: RoomEvent) -> None:
        try:
            self._publish(event)
        except Exception:  # a bulkhead: a room that does not follow must not cost anybody the record
            log.exception("room.refused", comparison=str(event.session_id))


def _log_end(ending: Ending) -> None:
    """Neither what was said nor the words of a failure: providers repeat the prompt in them."""
    closed, account = ending.closed, ending.account
    log.info(
        "response.ended",
        status=closed.status,
        kind=closed.kind,
        model=account.model_id or ending.identity.model_id,
        retries=len(ending.retries),
        tokens=account.metrics.total_tokens,
        cost=account.metrics.cost,
        ms=account.metrics.response_time_ms,
    )


def _parts(batch: Batch) -> Iterable[Batch]:
    """By response, the turns last: what belongs together stays together."""
    for key, at in batch.started.items():
        yield Batch(started={key: at})
    for each in batch.unsaved:
        yield Batch(unsaved=[each])
    for ending in batch.endings:
        yield Batch(endings=[ending])
    for turn_end in batch.turn_ends:
        yield Batch(turn_ends=[turn_end])
