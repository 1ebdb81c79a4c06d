"""Takes down what the lanes say: frames to the room at once, everything to the database in groups.

Nothing that a lane does waits for the database. What has ended is told once it is on the record.

Next: backend/rooms/hub.py
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, assert_never
from uuid import UUID

import structlog

from backend.catalogue.tokens import TokenCounter
from backend.comparisons.accounting import Account, account
from backend.comparisons.lane import Closed, Heard, LaneEvent, RunningLane, Started
from backend.comparisons.recording import Recording
from backend.comparisons.writing import Batch, Ending, Payer, TurnEnd, write
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.unavailable import DatabaseUnavailable
from backend.rooms.protocol import (
    ComparisonComplete,
    ComparisonError,
    ModelComplete,
    ModelError,
    ResponseStored,
    RoomEvent,
)
from backend.rooms.snapshot import Metrics, Totals

log = structlog.get_logger()

BETWEEN_COMMITS: Final = 0.1
_BETWEEN_TRIES: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Open:
    recording: Recording
    lane: RunningLane
    payer: Payer


@dataclass(slots=True)
class _Backlog:
    """What has happened and is not written yet."""

    started: dict[UUID, Recording] = field(default_factory=dict)
    speaking: dict[UUID, Recording] = field(default_factory=dict)
    endings: dict[UUID, Ending] = field(default_factory=dict)
    turn_ends: list[TurnEnd] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        return not (self.started or self.speaking or self.endings or self.turn_ends)


class Recorder:
    def __init__(
        self, database: Database, tokens: TokenCounter, publish: Callable[[RoomEvent], None]
    ) -> None:
        self._database = database
        self._tokens = tokens
        self._publish = publish
        self._open: dict[UUID, _Open] = {}
        self._accounts: dict[UUID, asyncio.Task[None]] = {}
        """Of responses that have ended: counting tokens can take its time, and nobody waits for it."""
        self._new = _Backlog()
        self._batch = Batch()
        self._untold: dict[UUID, asyncio.Future[None]] = {}
        self._told: set[UUID] = set()
        """Ends that the room heard of before the database took them."""
        self._work = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._not_before = 0.0

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
        while not (self._new.empty and self._batch.empty):
            if not await self._write_out():
                log.error("recorder.lost", responses=len(self._batch.endings))
                return

    def follow(self, lane: RunningLane, recording: Recording, payer: Payer) -> None:
        self._open[lane.id] = _Open(recording, lane, payer)

    def emit(self, response_id: UUID, event: LaneEvent) -> None:
        opened = self._open[response_id]
        match event:
            case Heard(pieces=pieces):
                opened.recording.hear(pieces)
                self._new.speaking[response_id] = opened.recording
            case Started():
                opened.recording.start()
                self._new.started[response_id] = opened.recording
            case Closed():
                opened.recording.flush()
                self._new.speaking[response_id] = opened.recording
                del self._open[response_id]
                task = asyncio.create_task(self._end(opened, event), name=f"account:{response_id}")
                self._accounts[response_id] = task
            case _:
                assert_never(event)
        self._work.set()

    async def turn_over(self, end: TurnEnd, response_ids: Iterable[UUID]) -> None:
        """Until all of it is on the record, and its room has been told."""
        accounts = [task for key in response_ids if (task := self._accounts.get(key))]
        if accounts:
            await asyncio.wait(accounts)
        told = self._untold[end.turn_id] = asyncio.get_running_loop().create_future()
        self._new.turn_ends.append(end)
        self._work.set()
        await told

    async def _write_on(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._work.wait()
            await asyncio.sleep(max(0.0, self._not_before - loop.time()))
            self._work.clear()
            self._not_before = loop.time() + BETWEEN_COMMITS
            if not await self._write_out():
                self._not_before = loop.time() + _BETWEEN_TRIES
                self._work.set()

    async def _write_out(self) -> bool:
        """False when the database does not take it; it is kept and tried again."""
        self._gather()
        batch = self._batch
        try:
            async with self._database.transaction() as db:
                totals = await write(db, batch)
        except DatabaseUnavailable as error:
            log.warning("recorder.waiting", reason=error.reason, responses=len(batch.endings))
            self._tell(batch, {}, stored=False)
            return False
        except (
            Exception
        ):  # the bulkhead of the writer: one bad value must not keep the others from the record
            log.exception("recorder.failed", responses=len(batch.endings))
            totals = await self._one_by_one(batch)
        self._batch = Batch()
        self._tell(batch, totals, stored=True)
        return True

    def _gather(self) -> None:
        """Everything new joins what could not be written before."""
        new, self._new = self._new, _Backlog()
        batch = self._batch
        batch.started |= {key: recording.started_at for key, recording in new.started.items()}
        for key, recording in new.speaking.items():
            # What has ended is written as a whole.
            if key not in new.endings and (unsaved := recording.take_unsaved()):
                batch.unsaved.append((key, unsaved))
        batch.endings += new.endings.values()
        batch.turn_ends += new.turn_ends

    async def _end(self, opened: _Open, closed: Closed) -> None:
        recording, at = opened.recording, clock.now()
        text, reasoning = recording.text, recording.reasoning
        try:
            counted = await account(opened.lane, closed, text, reasoning, self._tokens, at)
        except Exception:  # the bulkhead of the writer: the text is kept, its numbers are unknown
            log.exception("accounting.failed", response=str(opened.lane.id))
            counted = Account(Metrics(provider=opened.lane.contestant.provider))
        self._new.endings[opened.lane.id] = Ending(
            identity=recording.identity,
            payer=opened.payer,
            closed=closed,
            account=counted,
            text=text,
            reasoning=reasoning,
            timeline=await asyncio.to_thread(recording.timeline.pack),
            retries=tuple(recording.retries),
            ended_at=at,
        )
        del self._accounts[opened.lane.id]
        self._work.set()

    async def _one_by_one(self, batch: Batch) -> Mapping[UUID, Totals]:
        totals: dict[UUID, Totals] = {}
        for part in _parts(batch):
            try:
                async with self._database.transaction() as db:
                    totals |= await write(db, part)
            except Exception:  # the bulkhead of the writer: what cannot be written is said and left
                log.exception(
                    "recorder.gave_up", responses=[str(each.identity.response_id) for each in part.endings]
                )
        return totals

    def _tell(self, batch: Batch, totals: Mapping[UUID, Totals], *, stored: bool) -> None:
        for ending in batch.endings:
            key = ending.identity.response_id
            known = totals.get(ending.identity.comparison_id)
            if key not in self._told:
                self._publish(_event_of(ending, known))
                self._told.add(key)
            elif known is not None:
                of = ending.identity
                self._publish(ResponseStored(session_id=of.comparison_id, response_id=key, totals=known))
            if stored:
                self._told.discard(key)
        if stored:
            self._tell_turns(batch, totals)

    def _tell_turns(self, batch: Batch, totals: Mapping[UUID, Totals]) -> None:
        for end in batch.turn_ends:
            known = totals.get(end.comparison_id, Totals(status="failed"))
            event: RoomEvent
            if known.status == "failed":
                event = ComparisonError(
                    session_id=end.comparison_id,
                    turn_id=end.turn_id,
                    totals=known,
                    message="No model has answered.",
                )
            else:
                event = ComparisonComplete(session_id=end.comparison_id, turn_id=end.turn_id, totals=known)
            self._publish(event)
            if told := self._untold.pop(end.turn_id, None):
                told.set_result(None)


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


def _event_of(ending: Ending, totals: Totals | None) -> RoomEvent:
    of, closed = ending.identity, ending.closed
    metrics = ending.account.metrics
    match closed.status:
        case "completed" | "cancelled" as whole:
            return ModelComplete(
                session_id=of.comparison_id,
                response_id=of.response_id,
                lane_id=of.lane_id,
                turn_id=of.turn_id,
                model_id=of.model_id,
                metrics=metrics,
                totals=totals,
                stored=totals is not None,
                timestamp=ending.ended_at,
                status=whole,
            )
        case "error" | "interrupted" as broken:
            return ModelError(
                session_id=of.comparison_id,
                response_id=of.response_id,
                lane_id=of.lane_id,
                turn_id=of.turn_id,
                model_id=of.model_id,
                metrics=metrics,
                totals=totals,
                stored=totals is not None,
                timestamp=ending.ended_at,
                status=broken,
                kind=closed.kind or "internal",
                error=closed.message or "",
                retry_after=closed.retry_after,
            )
        case _:
            assert_never(closed.status)
