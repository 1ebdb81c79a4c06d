import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.providers.limiter import Limiter, Limiters
from tests.support.laws import law


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


CROWDS: "list[Crowd]" = []


async def everybody_goes_home() -> None:
    while CROWDS:
        await CROWDS.pop().disperse()


@pytest.fixture
async def dispersed() -> AsyncIterator[None]:
    yield
    await everybody_goes_home()


with_crowds = pytest.mark.usefixtures("dispersed")


class Crowd:
    """Callers of one limiter, each of whom stays until told to leave."""

    def __init__(self, limiter: Limiter) -> None:
        self.limiter = limiter
        self.order: list[int] = []
        self._slots: dict[int, AbstractAsyncContextManager[None]] = {}
        self._joining: dict[int, asyncio.Task[None]] = {}
        CROWDS.append(self)

    async def disperse(self) -> None:
        """Nobody is left behind for the garbage collector, which would find them in another test."""
        waiting = [task for task in self._joining.values() if not task.done()]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        for number in self.inside:
            self.leave(number)

    def join(self) -> int:
        number = len(self._joining)
        self._joining[number] = asyncio.create_task(self._enter(number))
        return number

    async def _enter(self, number: int) -> None:
        slot = self.limiter.slot()
        await slot.__aenter__()
        self._slots[number] = slot
        self.order.append(number)

    @property
    def inside(self) -> list[int]:
        return list(self._slots)

    @property
    def outside(self) -> list[int]:
        return [number for number, task in self._joining.items() if not task.done()]

    def leave(self, number: int) -> None:
        finish(self._slots.pop(number).__aexit__(None, None, None))

    def cancel(self, number: int) -> None:
        self._joining[number].cancel()

    @property
    def cancelled(self) -> set[int]:
        return {number for number, task in self._joining.items() if task.cancelled()}


def finish(step: Coroutine[Any, Any, Any]) -> None:
    """Leaving never waits: it happens here and now."""
    with pytest.raises(StopIteration):
        step.send(None)


async def settle() -> None:
    """Everything that can happen without a new cause has happened."""
    for _ in range(5):
        await asyncio.sleep(0)


async def crowd_of(limiter: Limiter, size: int) -> Crowd:
    crowd = Crowd(limiter)
    for _ in range(size):
        crowd.join()
    await settle()
    return crowd


def limit_of(limiter: Limiter, limit: int) -> None:
    while limiter.limit < limit:
        limiter.succeeded()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@with_crowds
async def test_as_many_as_allowed_go_and_the_rest_wait_in_order(clock: Clock) -> None:
    crowd = await crowd_of(Limiter(clock, ceiling=2), 5)
    assert (crowd.order, crowd.limiter.in_flight, crowd.limiter.waiting) == ([0, 1], 2, 3)
    crowd.leave(1)
    crowd.leave(0)
    await settle()
    assert (crowd.order, crowd.limiter.in_flight, crowd.limiter.waiting) == ([0, 1, 2, 3], 2, 1)


@with_crowds
async def test_a_call_that_fails_gives_its_slot_back(clock: Clock) -> None:
    limiter = Limiter(clock, ceiling=1)
    with pytest.raises(ZeroDivisionError):
        async with limiter.slot():
            assert limiter.in_flight == 1
            raise ZeroDivisionError
    assert limiter.idle


@with_crowds
async def test_nobody_overtakes_a_waiter_that_was_just_let_in(clock: Clock) -> None:
    crowd = await crowd_of(Limiter(clock, ceiling=1), 2)
    crowd.leave(0)
    crowd.join()
    await settle()
    assert crowd.order == [0, 1]


@with_crowds
async def test_a_cancelled_waiter_leaves_the_queue(clock: Clock) -> None:
    crowd = await crowd_of(Limiter(clock, ceiling=1), 3)
    crowd.cancel(1)
    await settle()
    assert crowd.limiter.waiting == 1
    crowd.leave(0)
    await settle()
    assert crowd.order == [0, 2]


@with_crowds
async def test_a_slot_given_to_a_waiter_that_is_cancelled_at_that_moment_is_passed_on(clock: Clock) -> None:
    crowd = await crowd_of(Limiter(clock, ceiling=1), 3)
    crowd.leave(0)
    crowd.cancel(1)
    await settle()
    assert (crowd.order, crowd.limiter.in_flight, crowd.limiter.waiting) == ([0, 2], 1, 0)


@with_crowds
async def test_a_waiter_that_was_cancelled_a_moment_ago_is_passed_over(clock: Clock) -> None:
    crowd = await crowd_of(Limiter(clock, ceiling=1), 3)
    crowd.cancel(1)
    crowd.leave(0)
    await settle()
    assert (crowd.order, crowd.limiter.in_flight, crowd.limiter.waiting) == ([0, 2], 1, 0)
    assert crowd.cancelled == {1}


@with_crowds
async def test_a_refusal_halves_what_is_in_flight_now(clock: Clock) -> None:
    crowd = await crowd_of(Limiter(clock), 40)
    assert crowd.limiter.limit == 1024
    crowd.limiter.backed_off()
    assert crowd.limiter.limit == 20
    for number in range(20):
        crowd.leave(number)
    crowd.join()
    await settle()
    assert crowd.limiter.waiting == 1
    crowd.leave(20)
    await settle()
    assert crowd.limiter.waiting == 0


@with_crowds
async def test_many_refusals_at_once_are_one(clock: Clock) -> None:
    limiter = (await crowd_of(Limiter(clock), 40)).limiter
    for _ in range(40):
        limiter.backed_off()
    clock.now += 4.9
    limiter.backed_off()
    assert limiter.limit == 20
    clock.now += 0.1
    limiter.backed_off()
    assert limiter.limit == 10


@with_crowds
async def test_one_call_is_always_allowed(clock: Clock) -> None:
    crowd = await crowd_of(Limiter(clock), 1)
    for _ in range(5):
        crowd.limiter.backed_off()
        clock.now += 5
    assert crowd.limiter.limit == 1
    crowd.leave(0)
    crowd.limiter.backed_off()
    assert crowd.limiter.limit == 1


@with_crowds
async def test_successes_allow_more_again_up_to_the_ceiling(clock: Clock) -> None:
    crowd = await crowd_of(Limiter(clock, ceiling=30), 8)
    limiter = crowd.limiter
    limiter.backed_off()
    assert limiter.limit == 4
    grown = []
    for _ in range(500):
        limiter.succeeded()
        grown.append(limiter.limit)
    assert grown == sorted(grown)
    assert {after - before for before, after in pairwise(grown)} == {0, 1}
    assert grown[3] == 4  # one more for about as many successes as are allowed
    assert grown[4] == 5
    assert grown[-1] == 30


@with_crowds
async def test_a_limit_that_rises_lets_waiters_in(clock: Clock) -> None:
    crowd = await crowd_of(Limiter(clock, ceiling=4), 4)
    crowd.limiter.backed_off()
    for number in (0, 1):
        crowd.leave(number)
    crowd.join()
    await settle()
    assert crowd.limiter.waiting == 1
    limit_of(crowd.limiter, 3)
    await settle()
    assert (crowd.limiter.in_flight, crowd.limiter.waiting) == (3, 0)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["join", "join", "join", "leave", "leave", "cancel", "back off", "succeed", "wait"]),
        st.integers(0, 20),
        st.booleans(),
    ),
    max_size=120,
)


@law
@given(st.integers(1, 6), STEPS)
def test_no_slot_is_lost_and_none_given_twice(ceiling: int, steps: list[tuple[str, int, bool]]) -> None:
    asyncio.run(run_through(Limiter(clock := Clock(), ceiling), clock, steps))


async def run_through(limiter: Limiter, clock: Clock, steps: list[tuple[str, int, bool]]) -> None:
    crowd = Crowd(limiter)
    cancelled: set[int] = set()
    for what, number, at_rest in steps:
        before = limiter.in_flight
        if what == "join":
            crowd.join()
        elif what == "leave" and crowd.inside:
            crowd.leave(crowd.inside[number % len(crowd.inside)])
            before -= 1
        elif what == "cancel" and crowd.outside:
            cancelled.add(chosen := crowd.outside[number % len(crowd.outside)])
            crowd.cancel(chosen)
        elif what == "back off":
            limiter.backed_off()
        elif what == "succeed":
            limiter.succeeded()
        elif what == "wait":
            clock.now += number / 4
        assert limiter.in_flight <= max(limiter.limit, before), "more in flight than allowed"
        if at_rest:  # otherwise the next step comes in the same turn of the loop
            before = limiter.in_flight
            await settle()
            assert limiter.in_flight <= max(limiter.limit, before)
            assert limiter.in_flight == len(crowd.inside), "a slot is held by nobody"
            assert limiter.waiting == len(crowd.outside)
            assert not crowd.outside or limiter.in_flight >= limiter.limit, (
                "a slot is free and somebody waits"
            )
    await everyone_is_served(crowd, cancelled)
    await everybody_goes_home()


async def everyone_is_served(crowd: Crowd, cancelled: set[int]) -> None:
    await settle()
    while crowd.inside:
        crowd.leave(crowd.inside[0])
        await settle()
    assert crowd.outside == []
    assert crowd.limiter.idle
    assert crowd.order == sorted(crowd.order), "somebody was overtaken"
    assert crowd.cancelled <= cancelled
    assert crowd.cancelled | set(crowd.order) == set(range(len(crowd._joining)))
    limit = crowd.limiter.limit
    again = await crowd_of(crowd.limiter, limit + 1)
    assert again.order == list(range(limit))
    again.leave(0)
    await settle()


@with_crowds
async def test_every_key_has_its_own(clock: Clock) -> None:
    limiters = Limiters(clock)
    crowd = await crowd_of(limiters["openai", "a"], 10)
    crowd.limiter.backed_off()
    assert limiters["openai", "a"].limit == 5
    assert limiters["openai", "b"].limit == 1024
    assert limiters["groq", "a"].limit == 1024


@with_crowds
async def test_only_idle_ones_are_forgotten_and_the_longest_unused_first(clock: Clock) -> None:
    limiters = Limiters(clock, most=3)
    async with limiters["openai", "busy"].slot():
        for name in ("a", "b", "a", "c"):
            _ = limiters["openai", name]
        kept = [name for name in ("busy", "a", "b", "c") if ("openai", name) in limiters]
        assert (kept, len(limiters)) == (["busy", "a", "c"], 3)
    for name in ("d", "e", "f"):
        _ = limiters["openai", name]
    assert ("openai", "busy") not in limiters


@with_crowds
async def test_where_all_are_in_use_one_more_is_made_and_room_regained_later(clock: Clock) -> None:
    limiters = Limiters(clock, most=2)
    async with AsyncExitStack() as slots:
        for name in ("a", "b", "c", "d"):
            await slots.enter_async_context(limiters["openai", name].slot())
        assert len(limiters) == 4
    _ = limiters["openai", "e"]
    assert len(limiters) == 2
