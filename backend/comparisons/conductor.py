"""Owns the turns that run: one task each, that can be stopped by name and outlives whoever asked for it.

Next: backend/comparisons/fanout.py
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

from backend.comparisons.batch import Payer
from backend.comparisons.fanout import fan_out
from backend.comparisons.lane import Halt, RunningLane
from backend.comparisons.recorder import Recorder
from backend.comparisons.recording import Identity
from backend.limits.turnstile import Passage
from backend.rooms.hub import Hub
from backend.rooms.protocol import TurnQueued
from backend.rooms.room import Room

log = structlog.get_logger()

TO_WRITE_DOWN: Final = 2.0
"""Seconds at the end, for what was broken off."""


@dataclass(frozen=True, slots=True)
class PlannedTurn:
    """What is in the database already, and only has to be done."""

    comparison_id: UUID
    turn_id: UUID
    payer: Payer
    lanes: tuple[tuple[Identity, RunningLane], ...]
    passage: Passage
    """Lined up before anything was written; left when the turn is over."""


@dataclass(frozen=True, slots=True)
class _Run:
    planned: PlannedTurn
    lanes: Mapping[UUID, RunningLane]
    room: Room | None
    """Held open; None: somebody has deleted the comparison a moment ago."""

    def halt(self, why: Halt, only: UUID | None = None) -> tuple[UUID, ...]:
        """Those that were running and are being stopped, of all or of `only` one response."""
        lanes = [self.lanes[only]] if only else self.lanes.values()
        halted = tuple(lane.id for lane in lanes if lane.halt(why))
        if halted:
            log.info("turn.stopped", **self.ids, responses=list(map(str, halted)), why=why)
        return halted

    @property
    def ids(self) -> dict[str, str]:
        """For the log."""
        return {"comparison": str(self.planned.comparison_id), "turn": str(self.planned.turn_id)}


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
        room = self._hub.find(planned.comparison_id)
        run = _Run(planned, {lane.id: lane for _, lane in planned.lanes}, room)
        if room is not None:
            room.hold()
        task = asyncio.create_task(self._conduct(run), name=f"turn:{planned.turn_id}")
        self._runs[task] = run
        task.add_done_callback(self._over)
        if self._closing:
            run.halt("restart")
        return task

    def stop_response(self, response_id: UUID, why: Halt = "cancelled") -> tuple[UUID, ...]:
        for run in self._runs.values():
            if response_id in run.lanes:
                return run.halt(why, response_id)
        return ()

    def stop_comparison(self, comparison_id: UUID, why: Halt = "cancelled") -> tuple[UUID, ...]:
        return self._halt(
            (run for run in self._runs.values() if run.planned.comparison_id == comparison_id), why
        )

    def stop_payer(self, user_id: UUID | None, why: Halt) -> tuple[UUID, ...]:
        """None: everybody's."""
        runs = (run for run in self._runs.values() if user_id in {None, run.planned.payer.user_id})
        return self._halt(runs, why)

    async def over(self, comparison_id: UUID) -> None:
        """When nothing runs in it any more, and everything is on the record."""
        while tasks := [
            task for task, run in self._runs.items() if run.planned.comparison_id == comparison_id
        ]:
            await asyncio.wait(tasks)

    async def close(self, grace: float, to_write_down: float = TO_WRITE_DOWN) -> None:
        """What ends within `grace` seconds ends well, the rest is interrupted and says so. A database that
        takes nothing is not waited for.
        """
        self._closing = True
        if self._runs:
            log.info("conductor.draining", turns=len(self._runs))
            await asyncio.wait(self._runs, timeout=grace)
            self._halt(self._runs.values(), "restart")
        if self._runs:
            await asyncio.wait(self._runs, timeout=to_write_down)
        left = list(self._runs)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    @staticmethod
    def _halt(runs: Iterable[_Run], why: Halt) -> tuple[UUID, ...]:
        return tuple(each for run in list(runs) for each in run.halt(why))

    async def _conduct(self, run: _Run) -> None:
        """In the context of who started it: whatever is logged in here says by whom and of what."""
        planned, admitted = run.planned, asyncio.Event()
        log.info("turn.started", responses=len(run.lanes), place=planned.passage.position)
        told = self._recorder.follow(planned.lanes, planned.payer)
        queueing = asyncio.create_task(self._queue(planned, admitted), name=f"queue:{planned.turn_id}")
        try:
            await fan_out(list(run.lanes.values()), admitted, self._recorder.emit)
        finally:
            queueing.cancel()
            planned.passage.leave()
        await told
        log.info("turn.ended")

    async def _queue(self, of: PlannedTurn, admitted: asyncio.Event) -> None:
        """Until there is room for it, or nobody wants it any more."""

        def told(place: int | None) -> None:
            self._recorder.say(TurnQueued(session_id=of.comparison_id, turn_id=of.turn_id, place=place))

        if of.passage.position:
            try:
                await of.passage.wait(told)
            finally:
                told(None)
        admitted.set()

    def _over(self, task: asyncio.Task[None]) -> None:
        run = self._runs.pop(task)
        if run.room is not None:
            run.room.release()
        if not task.cancelled() and (error := task.exception()):
            log.error("turn.crashed", **run.ids, exc_info=error)
