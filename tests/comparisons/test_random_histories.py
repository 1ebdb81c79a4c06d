"""Whatever is done in whatever order: the room knows what the database has, and the sums are right."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from backend.comparisons import actions
from backend.comparisons.schemas import ChangeComparison, LaneChange
from backend.kit.errors import AppError
from backend.rooms.snapshot import Comparison
from tests.comparisons.rehearsal import (
    QUICK,
    TERMINAL,
    Listener,
    Rehearsal,
    check_sums,
    responses_of,
)

STEPS = 40
MODELS = (
    f"simulator/swift{QUICK}",
    f"simulator/sage{QUICK}",
    f"simulator/polyglot@cut:9{QUICK}",
    f"simulator/swift@no-usage{QUICK}",
    f"simulator/swift@error:3{QUICK}",
    "simulator/swift@401",
    f"unpriced/swift{QUICK}",
    "simulator/swift@ttft:0@pace:2@tokens:50",
    "simulator/sage@ttft:5@pace:3@tokens:60",
)


class Play:
    def __init__(self, rehearsal: Rehearsal, comparison: Comparison, seed: int) -> None:
        self._rehearsal = rehearsal
        self._id = comparison.session_id
        self._comparison = comparison
        self._dice = random.Random(seed)
        self._steps: tuple[Callable[[], Awaitable[object]], ...] = (
            self._start,
            self._prompt,
            self._prompt,
            self._regenerate,
            self._regenerate,
            self._choose,
            self._change,
            self._stop_one,
            self._stop_all,
            self._wait,
            self._wait,
        )
        self.done = 0

    def _now(self) -> Comparison:
        room = self._rehearsal.studio.hub.find(self._id)
        assert room is not None
        return room.snapshot()

    async def run(self) -> None:
        """Some steps wait for those before them, some do not."""
        under_way: list[Awaitable[None]] = []
        for _ in range(STEPS):
            under_way.append(self._try(self._dice.choice(self._steps)))
            if self._dice.random() < 0.7:
                await asyncio.gather(*under_way)
                under_way.clear()
        await asyncio.gather(*under_way)

    async def _try(self, step: Callable[[], Awaitable[object]]) -> None:
        try:
            await step()
        except AppError as refusal:
            assert refusal.status in {404, 409, 422}  # noqa: PT017 - most are refused now and then
        else:
            self.done += 1

    async def _start(self) -> None:
        await self._rehearsal.start(self._comparison)

    async def _prompt(self) -> None:
        there = [lane.id for lane in self._now().lanes if not lane.removed]
        some = self._dice.sample(there, self._dice.randint(1, len(there)))
        await self._rehearsal.start(self._comparison, f"Prompt {self._dice.random()}", some)

    async def _regenerate(self) -> None:
        if made := responses_of(self._now()):
            await self._rehearsal.regenerate(self._dice.choice(made).id)

    async def _choose(self) -> None:
        turn = self._dice.choice(self._now().turns)
        chosen = self._dice.choice([None, *(each.id for each in turn.responses)])
        await actions.choose(self._rehearsal.studio, self._rehearsal.ada, self._id, turn.id, chosen)

    async def _change(self) -> None:
        kept = [lane.id for lane in self._now().lanes if self._dice.random() < 0.8]
        lanes = [LaneChange(model_id=self._dice.choice(MODELS), id=key) for key in (*kept, None)][:6]
        change = ChangeComparison(
            title=f"Title {self._dice.random()}",
            tags=tuple(self._dice.sample("abcde", 2)),
            history_mode=self._dice.choice(["isolated", "isolated", "shared"]),  # type: ignore[arg-type]
            lanes=tuple(lanes),
        )
        await actions.change(self._rehearsal.studio, self._rehearsal.ada, self._id, change)

    async def _stop_one(self) -> None:
        if made := responses_of(self._now()):
            await actions.stop_response(
                self._rehearsal.studio, self._rehearsal.ada, self._dice.choice(made).id
            )

    async def _stop_all(self) -> None:
        await actions.stop_comparison(self._rehearsal.studio, self._rehearsal.ada, self._id)

    async def _wait(self) -> None:
        await asyncio.sleep(self._dice.random() * 0.15)


def check_told(comparison: Comparison, listener: Listener) -> None:
    """Each ends once, in time, and says what is stored."""
    assert [each["seq"] for each in listener.frames] == list(range(1, len(listener.frames) + 1))
    for response in responses_of(comparison):
        key = str(response.id)
        assert listener.text(response.id) == response.text
        assert listener.text(response.id, "model_reasoning") == response.reasoning
        (end,) = listener.of(*TERMINAL, responseId=key)
        assert end["status"] == response.status
        said = [each for each in listener.frames if each.get("responseId") == key]
        assert [each for each in said if each["type"].startswith("model_")][-1] is end


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_after_any_history_room_and_database_agree(rehearsal: Rehearsal, seed: int) -> None:
    comparison = await rehearsal.comparison(*MODELS[:4])
    listener = await rehearsal.listener(comparison)
    play = Play(rehearsal, comparison, seed)
    await play.run()
    rehearsal.studio.conductor.stop_comparison(comparison.session_id)
    comparison = await rehearsal.over(comparison)
    assert play.done > STEPS / 4
    assert len(responses_of(comparison)) > 5
    assert not {each.status for each in responses_of(comparison)} & {"pending", "streaming"}
    assert comparison.status in {"completed", "failed"}
    check_told(comparison, listener)
    check_sums(comparison, await rehearsal.ledger())
    assert await rehearsal.chunks_left() == set()
    turnstile = rehearsal.studio.turnstile
    assert (turnstile.inside, turnstile.waiting) == (0, 0)
