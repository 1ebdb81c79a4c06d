"""What is left, what is refused, and what is said once."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from backend.accounts.users import User
from backend.kit.db import Database
from backend.kit.errors import AppError, Invalid, NotFound
from backend.kit.ids import new_id
from backend.usage import actions, budgets, ledger
from backend.usage.actions import Wanted
from backend.usage.budget import Crossing, Standing, dollars
from backend.usage.periods import Grain
from tests.accounts.people import BY, somebody
from tests.usage.entries import NOON, entry

TOMORROW = datetime(2026, 11, 22, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
async def ada(database: Database) -> User:
    return await somebody(database)


@pytest.fixture
async def bob(database: Database) -> User:
    return await somebody(database, "bob@example.org")


async def allow(
    database: Database, amount: str, period: Grain = "day", user: User | None = None, **changed
) -> UUID:
    wanted = {"hard": True, "on_cross": "finish", "webhook_url": None} | changed
    async with database.transaction() as db:
        return await actions.put_budget(
            db,
            BY,
            Wanted(user_id=user.id if user else None, period=period, amount=Decimal(amount), **wanted),
            NOON,
        )


async def spend(
    database: Database, user: User, amount: str | None, at: datetime = NOON, **changed
) -> Sequence[Crossing]:
    async with database.transaction() as db:
        await ledger.append(db, [entry(amount, user_id=user.id, at=at, **changed)])
        return await budgets.crossed(db, [user.id], at)


async def check(database: Database, user: User, now: datetime = NOON, asking: str = "0") -> Standing:
    async with database.reading() as db:
        return await budgets.check(db, user.id, now, Decimal(asking))


async def admit(database: Database, user: User, *expected: str, now: datetime = NOON) -> list[UUID]:
    wanted = {new_id(): Decimal(amount) for amount in expected}
    async with database.transaction() as db:
        await budgets.admit(db, user.id, wanted, now)
    return list(wanted)


async def test_without_a_budget_everything_goes(database: Database, ada: User) -> None:
    await spend(database, ada, "1000")
    standing = await check(database, ada)
    assert (standing.remaining, standing.warnings, standing.refusal) == (None, [], None)


async def test_a_hard_budget_that_is_used_up_refuses_and_says_everything(
    database: Database, ada: User
) -> None:
    await allow(database, "5", user=ada)
    await spend(database, ada, "4.5")
    assert (await check(database, ada)).refusal is None
    assert (await check(database, ada)).remaining == Decimal("0.5")

    await spend(database, ada, "0.52")
    refusal = (await check(database, ada)).refusal
    assert refusal is not None
    assert (refusal.status, refusal.code) == (402, "budget_exceeded")
    assert refusal.message == (
        "Your budget of $5.00 a day is at $5.02. It begins anew at 2026-11-22 00:00 UTC."
    )


async def test_a_soft_budget_warns_and_refuses_nothing(database: Database, ada: User) -> None:
    await allow(database, "5", user=ada, hard=False)
    await spend(database, ada, "6")
    standing = await check(database, ada, asking="100")
    assert standing.refusal is None
    assert standing.remaining is None
    assert [state.threshold for state in standing.warnings] == [100]


async def test_a_budget_begins_anew_with_its_day_and_with_its_month(database: Database, ada: User) -> None:
    await allow(database, "1", "day", ada)
    await allow(database, "3", "month", ada)
    await spend(database, ada, "1")
    assert (await check(database, ada)).refusal is not None
    assert (await check(database, ada, TOMORROW)).remaining == Decimal(1)

    await spend(database, ada, "2", TOMORROW)
    month = (await check(database, ada, TOMORROW + timedelta(days=1))).refusal
    assert month is not None
    assert "a month is at $3.00. It begins anew at 2026-12-01 00:00 UTC." in month.message
    assert (await check(database, ada, DECEMBER)).refusal is None


async def test_a_budget_for_everyone_is_used_up_by_anybody(database: Database, ada: User, bob: User) -> None:
    await allow(database, "2")
    await spend(database, bob, "2")
    refusal = (await check(database, ada)).refusal
    assert refusal is not None
    assert refusal.message.startswith("The budget for everyone of $2.00 a day is at $2.00.")


async def test_a_budget_of_somebody_is_not_touched_by_others(
    database: Database, ada: User, bob: User
) -> None:
    await allow(database, "2", user=ada)
    await spend(database, bob, "2")
    assert (await check(database, ada)).remaining == Decimal(2)
    assert (await check(database, bob)).states == ()


async def test_what_would_cost_more_than_is_left_is_refused(database: Database, ada: User) -> None:
    await allow(database, "1", user=ada)
    await spend(database, ada, "0.6")
    assert (await check(database, ada, asking="0.4")).refusal is None
    refusal = (await check(database, ada, asking="0.41")).refusal
    assert refusal is not None
    assert refusal.message.startswith("This would cost about $0.41, and $0.40 is left.")


async def test_of_fifty_that_start_at_once_only_those_are_admitted_that_the_budget_can_pay(
    database: Database, ada: User
) -> None:
    await allow(database, "10", user=ada)
    await spend(database, ada, "9")

    started = await asyncio.gather(
        *(admit(database, ada, "0.05", "0.05") for _ in range(50)), return_exceptions=True
    )
    admitted = [each for each in started if isinstance(each, list)]
    refused = [each for each in started if isinstance(each, AppError)]
    assert (len(admitted), len(refused)) == (10, 40)
    assert {error.code for error in refused} == {"budget_exceeded"}


async def test_everyones_budget_too_is_shared_out_once(database: Database, ada: User, bob: User) -> None:
    await allow(database, "1")
    started = await asyncio.gather(
        *(admit(database, person, "0.25") for _ in range(5) for person in (ada, bob)), return_exceptions=True
    )
    assert len([each for each in started if isinstance(each, list)]) == 4


async def test_what_was_reserved_is_given_back_when_the_ledger_knows(database: Database, ada: User) -> None:
    await allow(database, "1", user=ada)
    (response_id,) = await admit(database, ada, "0.9")
    with pytest.raises(AppError):
        await admit(database, ada, "0.2")

    await spend(database, ada, "0.3", response_id=response_id)
    assert (await check(database, ada)).remaining == Decimal("0.7")


async def test_what_was_reserved_for_calls_that_never_began_can_be_given_back(
    database: Database, ada: User
) -> None:
    await allow(database, "1", user=ada)
    reserved = await admit(database, ada, "0.5", "0.5")
    async with database.transaction() as db:
        await budgets.give_back(db, reserved)
    assert (await check(database, ada)).remaining == Decimal(1)


async def test_what_a_call_reserved_that_nobody_ended_is_free_after_an_hour(
    database: Database, ada: User
) -> None:
    await allow(database, "1", user=ada)
    await admit(database, ada, "1")
    assert (await check(database, ada)).remaining == 0
    later = NOON + timedelta(minutes=61)
    assert (await check(database, ada, later)).remaining == Decimal(1)
    await admit(database, ada, "1", now=later)


async def test_where_there_is_no_hard_budget_nothing_is_reserved(database: Database, ada: User) -> None:
    await allow(database, "1", user=ada, hard=False)
    await admit(database, ada, "5")
    (state,) = (await check(database, ada)).states
    assert state.reserved == 0


async def test_each_threshold_is_crossed_once_in_each_period(database: Database, ada: User) -> None:
    await allow(database, "10", user=ada)
    steps = [("7", []), ("1", [80]), ("1", []), ("1", [100]), ("1", [])]
    for amount, expected in steps:
        crossings = await spend(database, ada, amount)
        assert [crossing.state.threshold for crossing in crossings] == expected
    assert [crossing.state.threshold for crossing in await spend(database, ada, "9", TOMORROW)] == [80]


async def test_of_two_thresholds_at_once_the_higher_is_told(database: Database, ada: User) -> None:
    await allow(database, "10", user=ada)
    (crossing,) = await spend(database, ada, "11")
    assert (crossing.state.threshold, crossing.user_id) == (100, ada.id)
    assert await spend(database, ada, "1") == []


async def test_those_who_cross_at_the_same_moment_are_told_once(database: Database, ada: User) -> None:
    await allow(database, "10", user=ada)
    crossings = await asyncio.gather(*(spend(database, ada, "2") for _ in range(10)))
    assert sorted(each.state.threshold for several in crossings for each in several) == [80, 100]


async def test_only_a_hard_budget_that_says_so_stops_what_runs(database: Database, ada: User) -> None:
    await allow(database, "1", "day", ada, on_cross="stop")
    await allow(database, "1", "month", ada)
    told = await spend(database, ada, "0.9")
    assert [crossing.stops for crossing in told] == [False, False]
    told = await spend(database, ada, "0.9")
    assert {crossing.state.budget.period: crossing.stops for crossing in told} == {
        "day": True,
        "month": False,
    }


async def test_a_crossing_of_everyones_budget_is_nobodys_own(database: Database, ada: User) -> None:
    await allow(database, "1")
    (crossing,) = await spend(database, ada, "1")
    assert crossing.user_id is None


async def test_costs_that_nobody_knows_use_nothing_up(database: Database, ada: User) -> None:
    await allow(database, "1", user=ada)
    await spend(database, ada, None)
    assert (await check(database, ada)).remaining == Decimal(1)


async def test_another_amount_is_another_budget_and_everything_else_is_the_same_one(
    database: Database, ada: User
) -> None:
    first = await allow(database, "1", user=ada)
    await spend(database, ada, "1")
    assert await allow(database, "1", user=ada, hard=False) == first
    assert await spend(database, ada, "0.1") == []

    assert await allow(database, "1.2", user=ada) != first
    assert [each.state.threshold for each in await spend(database, ada, "0")] == [80]
    assert len((await check(database, ada)).states) == 1


async def test_who_sets_a_budget_at_the_same_moment_as_others_leaves_one(database: Database) -> None:
    outcomes = await asyncio.gather(
        *(allow(database, str(amount)) for amount in range(1, 6)), return_exceptions=True
    )
    assert all(isinstance(each, UUID | AppError) for each in outcomes)
    async with database.reading() as db:
        assert len(await budgets.listed(db, seen_by=None, now=NOON)) == 1


async def test_one_sees_ones_own_budgets_and_everyones(database: Database, ada: User, bob: User) -> None:
    for user in (ada, bob, None):
        await allow(database, "1", user=user)
    async with database.reading() as db:
        mine = await budgets.listed(db, seen_by=ada.id, now=NOON)
        everybodys = await budgets.listed(db, seen_by=None, now=NOON)
    assert [state.budget.user_id for state in mine] == [None, ada.id]
    assert {state.budget.user_id for state in everybodys} == {None, ada.id, bob.id}


async def test_a_budget_that_is_removed_limits_nobody(database: Database, ada: User) -> None:
    budget_id = await allow(database, "1", user=ada)
    await spend(database, ada, "1")
    async with database.transaction() as db:
        await actions.remove_budget(db, BY, budget_id)
    assert (await check(database, ada)).refusal is None
    with pytest.raises(NotFound):
        async with database.transaction() as db:
            await actions.remove_budget(db, BY, budget_id)


async def test_a_soft_budget_cannot_stop_anything_and_nobody_unknown_has_one(
    database: Database, ada: User
) -> None:
    with pytest.raises(Invalid) as refused:
        await allow(database, "1", user=ada, hard=False, on_cross="stop")
    assert refused.value.details[0].field == "onCross"

    stranger = User(new_id(), "x@example.org", "", "member", NOON, None, has_password=False)
    with pytest.raises(Invalid) as refused:
        await allow(database, "1", user=stranger)
    assert refused.value.details[0].field == "userId"


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("0", "$0.00"),
        ("12.346", "$12.35"),
        ("0.0123", "$0.01"),
        ("0.00012345", "$0.00012"),
        ("1E-9", "$0.000000001"),
    ],
)
def test_small_amounts_are_not_written_as_nothing(amount: str, said: str) -> None:
    assert dollars(Decimal(amount)) == said
