"""Owns the turns that run: one task each, that can be stopped by name and outlives whoever asked for it.

Next: backend/comparisons/fanout.py
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import structlog

from backend.comparisons.fanout import fan_out
from backend.comparisons.lane import Halt, RunningLane
from backend.comparisons.recorder import Recorder
from backend.comparisons.recording import Identity, Recording
from backend.comparisons.writing import Payer, TurnEnd
from backend.kit import clock
from backend.limits.turnstile import Passage
from backend.rooms.hub import Hub
from backend.rooms.protocol import TurnQueued
from backend.rooms.room import Room

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PlannedTurn:
    """What is in the database already, and only has to be done."""

    comparison_id: UUID
    turn_id: UUID
    payer: Payer
    lanes: tuple[tuple[Identity, RunningLane], ...]
    passage: Passage
    """Lined up before anything was written; left when the turn is over."""


class _Run:
    def __init__(self, planned: PlannedTurn) -> None:
        self.planned = planned
        self.lanes = {lane.id: lane for _, lane in planned.lanes}
        self.waiting: asyncio.Task[None] | None = None
        self.over = False

    def halt(self, lanes: Iterable[RunningLane], why: Halt) -> tuple[UUID, ...]:
        halted = tuple(lane.id for lane in lanes if lane.halt(why))
        if self.waiting is not None and all(lane.halted for lane in self.lanes.values()):
            self.waiting.cancel()
        return halted


class Conductor:
    def __init__(self, hub: Hub, recorder: Recorder) -> None:
        self._hub = hub
        self._recorder = recorder
        self._runs: dict[asyncio.Task[None], _Run] = {}
        self._closing = False

    @property
    def running(self) -> int:
        return len(self._runs)

    def launch(self, planned: PlannedTurn) -> asyncio.Task[None]:
        """After the commit. The task ends when the turn is on the record and its room was told."""
        run = _Run(planned)
        task = asyncio.create_task(self._conduct(run), name=f"turn:{planned.turn_id}")
        self._runs[task] = run
        task.add_done_callback(self._over)
        if self._closing:
            run.halt(run.lanes.values(), "restart")
        return task

    def stop_response(self, response_id: UUID, why: Halt = "cancelled") -> tuple[UUID, ...]:
        """Those that were running and are being stopped."""
        for run in self._runs.values():
            if lane := run.lanes.get(response_id):
                return run.halt([lane], why)
        return ()

    def stop_comparison(self, comparison_id: UUID, why: Halt = "cancelled") -> tuple[UUID, ...]:
        return self._halt(
            (run for run in self._runs.values() if run.planned.comparison_id == comparison_id), why
        )

    def stop_payer(self, user_id: UUID, why: Halt) -> tuple[UUID, ...]:
        return self._halt((run for run in self._runs.values() if run.planned.payer.user_id == user_id), why)

    async def close(self, grace: float) -> None:
        """What ends within `grace` seconds ends well, the rest is interrupted and says so."""
        self._closing = True
        if self._runs:
            log.info("conductor.draining", turns=len(self._runs))
            await asyncio.wait(self._runs, timeout=grace)
            self._halt(self._runs.values(), "restart")
        while self._runs:
            await asyncio.wait(self._runs)

    @staticmethod
    def _halt(runs: Iterable[_Run], why: Halt) -> tuple[UUID, ...]:
        return tuple(each for run in list(runs) for each in run.halt(run.lanes.values(), why))

    async def _conduct(self, run: _Run) -> None:
        planned = run.planned
        async with self._hub.holding(planned.comparison_id) as room:
            try:
                await self._queue(run, room)
                for identity, lane in planned.lanes:
                    self._recorder.follow(lane, Recording(identity, room), planned.payer)
                await fan_out([lane for _, lane in planned.lanes], self._recorder.emit)
            finally:
                planned.passage.leave()
            run.over = True
            end = TurnEnd(
                planned.comparison_id, planned.turn_id, clock.now(), last=self._alone(planned.comparison_id)
            )
            await self._recorder.turn_over(end, run.lanes)

    async def _queue(self, run: _Run, room: Room) -> None:
        """Until there is room for it, or nobody wants it any more."""
        of = run.planned

        def told(place: int | None) -> None:
            room.publish(TurnQueued(session_id=of.comparison_id, turn_id=of.turn_id, place=place))

        if of.passage.position:
            run.waiting = asyncio.create_task(of.passage.wait(told), name=f"queue:{of.turn_id}")
            try:
                await asyncio.wait((run.waiting,))
            finally:
                run.waiting.cancel()
            told(None)

    def _alone(self, comparison_id: UUID) -> bool:
        return all(run.over or run.planned.comparison_id != comparison_id for run in self._runs.values())

    def _over(self, task: asyncio.Task[None]) -> None:
        del self._runs[task]
        if not task.cancelled() and (error := task.exception()):
            log.error("turn.crashed", exc_info=error)
