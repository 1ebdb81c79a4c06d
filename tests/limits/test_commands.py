from datetime import timedelta

import msgspec
import pytest

from backend.kit import clock as wall
from backend.limits.askers import Asker
from backend.limits.commands import Allowed, CommandLimits, Refused
from backend.limits.memory import memory_buckets
from backend.limits.rules import Rule, command_rules
from tests.limits.conftest import Clock

ANNA, BERT = Asker("198.51.100.7", "user:a"), Asker("198.51.100.7", "user:b")


@pytest.fixture
def limits(clock: Clock) -> CommandLimits:
    return CommandLimits(memory_buckets(clock))


async def test_a_warning_comes_when_a_fifth_is_left_and_a_refusal_when_nothing_is(
    limits: CommandLimits,
) -> None:
    rulings = [await limits.rule_on("start_comparison", ANNA) for _ in range(21)]
    assert rulings[:15] == [Allowed()] * 15
    warned = [ruling.warning for ruling in rulings[15:20] if isinstance(ruling, Allowed)]
    assert [warning and warning.remaining for warning in warned] == [4, 3, 2, 1, 0]
    refused = rulings[20]
    assert isinstance(refused, Refused)
    assert (refused.limit.remaining, refused.code) == (0, "rate_limited")


async def test_a_refusal_says_from_when_on_it_is_worth_trying_again(
    limits: CommandLimits, clock: Clock
) -> None:
    for _ in range(20):
        await limits.rule_on("start_comparison", ANNA)
    clock.now += 20
    before = wall.now()
    refused = await limits.rule_on("start_comparison", ANNA)
    after = wall.now()
    assert isinstance(refused, Refused)
    assert before <= refused.limit.reset_at - timedelta(seconds=40) <= after
    assert set(msgspec.to_builtins(refused.limit)) == {"remaining", "resetAt"}
    clock.now += 40
    assert isinstance(await limits.rule_on("start_comparison", ANNA), Allowed)


async def test_what_costs_the_same_shares_one_limit(limits: CommandLimits) -> None:
    for _ in range(10):
        await limits.rule_on("start_comparison", ANNA)
        await limits.rule_on("regenerate", ANNA)
    assert isinstance(await limits.rule_on("regenerate", ANNA), Refused)


async def test_users_behind_one_address_do_not_share(limits: CommandLimits) -> None:
    for _ in range(21):
        await limits.rule_on("start_comparison", ANNA)
    assert await limits.rule_on("start_comparison", BERT) == Allowed()


async def test_who_may_start_no_more_can_still_stop(limits: CommandLimits) -> None:
    for command in ("start_comparison", "made_up", "typing"):
        for _ in range(100):
            last = await limits.rule_on(command, ANNA)
        assert isinstance(last, Refused)
    assert await limits.rule_on("stop_model", ANNA) == Allowed()


@pytest.mark.parametrize(
    ("command", "amount"),
    [("regenerate", 20), ("join_session", 5), ("made_up", 30), ("typing", 20), ("stop_comparison", 20)],
)
async def test_so_many_of_a_command_are_allowed(limits: CommandLimits, command: str, amount: int) -> None:
    rulings = [await limits.rule_on(command, ANNA) for _ in range(100)]
    assert sum(isinstance(ruling, Allowed) for ruling in rulings) == amount


async def test_made_up_commands_share_one_limit_and_no_space(clock: Clock) -> None:
    limits = CommandLimits(memory_buckets(clock), command_rules())
    rulings = [await limits.rule_on(f"made_up_{number}", ANNA) for number in range(100)]
    assert sum(isinstance(ruling, Allowed) for ruling in rulings) == 30


async def test_a_rule_that_is_not_for_somebody_holds_them_to_nothing(clock: Clock) -> None:
    limits = CommandLimits(memory_buckets(clock), {"ask": Rule("ask", 1, 60, "api_key")})
    assert [await limits.rule_on("ask", ANNA) for _ in range(3)] == [Allowed()] * 3
