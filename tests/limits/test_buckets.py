"""What every implementation of the buckets keeps to."""

import asyncio

from backend.limits.buckets import Buckets
from backend.limits.rules import Rule
from tests.limits.conftest import Clock

FEW = Rule("few", 3, 10, "user")


async def test_as_many_as_the_rule_says_are_allowed_and_told_what_is_left(buckets: Buckets) -> None:
    verdicts = [await buckets.take(FEW, "a") for _ in range(5)]
    assert [verdict.allowed for verdict in verdicts] == [True, True, True, False, False]
    assert [verdict.remaining for verdict in verdicts] == [2, 1, 0, 0, 0]
    assert {verdict.rule for verdict in verdicts} == {FEW}


async def test_a_hundred_at_once_are_not_one_too_many(buckets: Buckets) -> None:
    rule = Rule("many", 40, 60, "address")
    verdicts = await asyncio.gather(*(buckets.take(rule, "a") for _ in range(100)))
    assert sum(verdict.allowed for verdict in verdicts) == 40


async def test_everyone_has_their_own(buckets: Buckets) -> None:
    for _ in range(4):
        await buckets.take(FEW, "a")
    assert (await buckets.take(FEW, "b")).allowed
    assert not (await buckets.take(FEW, "a")).allowed


async def test_rules_do_not_count_for_one_another(buckets: Buckets) -> None:
    for _ in range(4):
        await buckets.take(FEW, "a")
    assert (await buckets.take(Rule("other", 3, 10, "user"), "a")).remaining == 2


async def test_each_comes_back_when_its_own_time_has_passed(buckets: Buckets, clock: Clock) -> None:
    for step in (0, 2, 3):
        clock.now += step
        await buckets.take(FEW, "a")
    refused = await buckets.take(FEW, "a")
    assert (refused.allowed, refused.resets_in) == (False, 5)
    clock.now += 4.75
    assert not (await buckets.take(FEW, "a")).allowed
    clock.now += 0.5
    allowed = await buckets.take(FEW, "a")
    assert (allowed.allowed, allowed.remaining, allowed.resets_in) == (True, 0, 1.75)


async def test_insisting_does_not_prolong_a_refusal(buckets: Buckets, clock: Clock) -> None:
    for _ in range(3):
        await buckets.take(FEW, "a")
    for _ in range(9):
        clock.now += 1
        assert not (await buckets.take(FEW, "a")).allowed
    clock.now += 1.25
    assert (await buckets.take(FEW, "a")).allowed


async def test_the_edge_of_a_minute_doubles_nothing(buckets: Buckets, clock: Clock) -> None:
    """What a fixed window lets pass: all of it just before the edge, and all of it again just after."""
    rule = Rule("turns", 20, 60, "user")
    clock.now = 60 * 20 - 0.5
    before = [(await buckets.take(rule, "a")).allowed for _ in range(20)]
    clock.now += 1
    after = [(await buckets.take(rule, "a")).allowed for _ in range(20)]
    assert (sum(before), sum(after)) == (20, 0)
