import asyncio
import threading
from collections import defaultdict
from collections.abc import Coroutine
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from limits.aio.storage import MemoryStorage

from backend.limits.buckets import Verdict
from backend.limits.memory import BoundedMemory, memory_buckets
from backend.limits.rules import Rule
from tests.limits.conftest import Clock
from tests.support.laws import law

ARRIVALS = st.lists(st.tuples(st.integers(0, 24), st.sampled_from("ab")), max_size=80)


@law
@given(st.integers(1, 6), st.integers(1, 5), ARRIVALS)
def test_no_stretch_of_time_holds_more_than_the_rule_and_nobody_is_refused_below_it(
    amount: int, seconds: int, arrivals: list[tuple[int, str]]
) -> None:
    """Beside a model that remembers everything; time goes in eighths, which floats hold exactly."""
    clock = Clock()
    buckets = memory_buckets(clock)
    rule = Rule("rule", amount, seconds, "user")
    admitted: defaultdict[str, list[float]] = defaultdict(list)

    async def arrive(key: str) -> Verdict:
        return await buckets.take(rule, key)

    for wait, key in arrivals:
        clock.now += wait / 8
        verdict = at_once(arrive(key))
        recent = [moment for moment in admitted[key] if moment > clock.now - seconds]
        assert verdict.allowed == (len(recent) < amount)
        if verdict.allowed:
            admitted[key].append(clock.now)
            recent.append(clock.now)
        assert verdict.remaining == amount - len(recent)
        assert verdict.resets_in == recent[0] + seconds - clock.now
    for moments in admitted.values():
        assert all(later - first >= seconds for first, later in zip(moments, moments[amount:], strict=False))


def at_once(taking: Coroutine[Any, Any, Verdict]) -> Verdict:
    """In memory nothing is waited for, so nothing can come in between."""
    try:
        taking.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waited")


async def test_a_check_leaves_neither_a_task_nor_a_thread_behind() -> None:
    tasks, threads = asyncio.all_tasks(), set(threading.enumerate())
    buckets = memory_buckets()
    for number in range(200):
        await buckets.take(Rule("rule", 5, 60, "user"), str(number))
    assert asyncio.all_tasks() <= tasks
    assert set(threading.enumerate()) <= threads


async def test_the_librarys_own_memory_does_which_is_why_there_is_ours() -> None:
    """Should this ever fail, the library has changed and ours may go."""
    storage = MemoryStorage()
    tasks = asyncio.all_tasks()
    await storage.acquire_entry("rule/a", 5, 60)
    assert len(asyncio.all_tasks() - tasks) == 1
    assert storage.timer is not None
    await storage.timer


async def test_a_million_addresses_take_the_space_of_the_most_that_are_kept() -> None:
    clock = Clock()
    storage = BoundedMemory(clock, most=1000)
    for number in range(1_000_000):
        await storage.acquire_entry(f"requests/{number:x}::/64", 600, 60)
    assert storage.size == 1000
    assert await storage.get_moving_window(f"requests/{999_000:x}::/64", 600, 60) == (1000.0, 1)
    assert await storage.get_moving_window(f"requests/{998_999:x}::/64", 600, 60) == (1000.0, 0)


async def test_who_does_much_counts_for_as_much_space() -> None:
    storage = BoundedMemory(Clock(), most=1000)
    for key in range(50):
        for _ in range(100):
            await storage.acquire_entry(f"requests/{key}", 600, 60)
    assert storage.size == 1000


async def test_a_flood_of_one_rule_makes_no_other_forget() -> None:
    buckets = memory_buckets(Clock(), most=10)
    turns, requests = Rule("turns", 1, 60, "user"), Rule("requests", 1, 60, "address")
    await buckets.take(turns, "user")
    for number in range(1000):
        await buckets.take(requests, str(number))
    assert not (await buckets.take(turns, "user")).allowed


async def test_who_keeps_coming_is_not_forgotten_for_those_who_came_once() -> None:
    buckets = memory_buckets(Clock(), most=10)
    rule = Rule("requests", 3, 60, "address")
    allowed = 0
    for number in range(1000):
        await buckets.take(rule, str(number))
        allowed += (await buckets.take(rule, "insistent")).allowed
    assert allowed == 3


async def test_what_has_run_out_goes_by_itself() -> None:
    clock = Clock()
    storage = BoundedMemory(clock, most=100_000)
    for number in range(1000):
        clock.now += 1
        await storage.acquire_entry(f"requests/{number}", 5, 10)
    assert storage.size == 10


async def test_who_comes_for_ever_takes_no_more_space_than_a_window_holds() -> None:
    clock = Clock()
    storage = BoundedMemory(clock, most=20)
    for _ in range(1000):
        clock.now += 1
        assert await storage.acquire_entry("requests/steady", 50, 10)
    assert storage.size == 10
