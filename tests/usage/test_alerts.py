"""Webhooks are told once, signed, and again if they do not listen."""

import json
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from backend.accounts.users import User
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.errors import Invalid
from backend.kit.master_key import MasterKey
from backend.kit.outside import Outside, Reach
from backend.usage import actions, budgets, ledger
from backend.usage.actions import Wanted
from backend.usage.alerts import WAITS, Alerts, running, signature
from backend.usage.tables import AlertRow
from tests.accounts.people import BY, somebody
from tests.kit.hostile import OUTSIDE, Counting
from tests.usage.entries import NOON, entry
from tests.usage.receiver import HERE, receiver

MASTER = MasterKey(b"a secret of this installation, long enough")


@pytest.fixture
async def ada(database: Database) -> User:
    return await somebody(database)


def alerts_of(database: Database, outside: Outside = HERE) -> Alerts:
    return Alerts(database, outside, MASTER)


async def allow(database: Database, user: User, url: str | None, amount: str = "10") -> UUID:
    wanted = Wanted(
        user_id=user.id, period="day", amount=Decimal(amount), hard=True, on_cross="finish", webhook_url=url
    )
    async with database.transaction() as db:
        return await actions.put_budget(db, BY, wanted, NOON)


async def spend(database: Database, user: User, amount: str, at=NOON) -> None:
    async with database.transaction() as db:
        await ledger.append(db, [entry(amount, user_id=user.id, at=at)])
        await budgets.crossed(db, [user.id], at)


async def rows(database: Database) -> list[AlertRow]:
    async with database.reading() as db:
        return list(await db.scalars(select(AlertRow).order_by(AlertRow.threshold)))


async def test_a_webhook_is_told_who_spent_what_and_can_know_that_it_was_us(
    database: Database, ada: User
) -> None:
    alerts = alerts_of(database)
    async with receiver() as hook:
        await allow(database, ada, hook.url)
        await spend(database, ada, "8.5")
        assert await alerts.deliver(NOON) is None
        ((headers, body),) = hook.heard

    (row,) = await rows(database)
    assert json.loads(body) == {
        "id": str(row.id),
        "type": "budget.crossed",
        "scope": "user",
        "userId": str(ada.id),
        "period": "day",
        "amount": 10.0,
        "spent": 8.5,
        "threshold": 80,
        "hard": True,
        "crossedAt": "2026-11-21T12:00:00Z",
        "resetsAt": "2026-11-22T00:00:00Z",
    }
    assert headers["Content-Type"] == "application/json"
    secret = alerts.secret_for(ada.id, "day", hook.url)
    assert headers["X-Bakeoff-Signature"] == signature(secret.encode(), body)


async def test_each_threshold_is_told_once_however_much_is_spent(database: Database, ada: User) -> None:
    alerts = alerts_of(database)
    async with receiver() as hook:
        await allow(database, ada, hook.url)
        for _ in range(6):
            await spend(database, ada, "3")
            await alerts.deliver(NOON)
    assert [json.loads(body)["threshold"] for _, body in hook.heard] == [80, 100]


async def test_of_two_thresholds_that_are_crossed_at_once_the_higher_is_told(
    database: Database, ada: User
) -> None:
    async with receiver() as hook:
        await allow(database, ada, hook.url)
        await spend(database, ada, "11")
        assert await alerts_of(database).deliver(NOON) is None
    assert [json.loads(body)["threshold"] for _, body in hook.heard] == [100]


async def test_what_is_not_taken_is_tried_five_times_more_within_an_hour(
    database: Database, ada: User
) -> None:
    alerts = alerts_of(database)
    assert sum(WAITS, timedelta()) == timedelta(hours=1)
    async with receiver(*[500] * 9) as hook:
        await allow(database, ada, hook.url)
        await spend(database, ada, "9")
        now = NOON
        for tries, wait in enumerate(WAITS, 1):
            assert await alerts.deliver(now) == now + wait
            assert await alerts.deliver(now + wait - timedelta(seconds=1)) == now + wait
            assert len(hook.heard) == tries
            now += wait
        assert await alerts.deliver(now) is None
        assert await alerts.deliver(now + timedelta(days=1)) is None
    assert len(hook.heard) == 6
    assert len({json.loads(body)["id"] for _, body in hook.heard}) == 1
    (row,) = await rows(database)
    assert (row.tries, row.delivered_at) == (6, None)


async def test_what_is_taken_late_is_not_told_again(database: Database, ada: User) -> None:
    alerts = alerts_of(database)
    async with receiver(503) as hook:
        await allow(database, ada, hook.url)
        await spend(database, ada, "9")
        due = await alerts.deliver(NOON)
        assert due is not None
        assert await alerts.deliver(due) is None
    (row,) = await rows(database)
    assert (row.tries, row.delivered_at is not None, len(hook.heard)) == (2, True, 2)


async def test_a_server_that_is_not_there_is_tried_again(database: Database, ada: User) -> None:
    async with receiver() as hook:
        pass
    await allow(database, ada, hook.url)
    await spend(database, ada, "9")
    assert await alerts_of(database).deliver(NOON) == NOON + WAITS[0]


async def test_no_redirect_is_followed(database: Database, ada: User) -> None:
    async with receiver(307) as hook:
        await allow(database, ada, hook.url)
        await spend(database, ada, "9")
        assert await alerts_of(database).deliver(NOON) == NOON + WAITS[0]
    assert len(hook.heard) == 1


async def test_nothing_is_sent_to_an_address_inside(database: Database, ada: User) -> None:
    async with receiver() as hook:
        await allow(database, ada, hook.url)
        await spend(database, ada, "9")
        await alerts_of(database, Outside(Reach())).deliver(NOON)
    assert hook.heard == []


async def test_what_a_restart_interrupted_is_told_by_the_next_one(database: Database, ada: User) -> None:
    async with receiver() as hook:
        await allow(database, ada, hook.url)
        at = clock.now()
        await spend(database, ada, "9", at)
        async with running(alerts_of(database)):
            await hook.arrived.acquire()


async def test_what_happens_while_it_sleeps_wakes_it(database: Database, ada: User) -> None:
    alerts = alerts_of(database)
    async with receiver() as hook, running(alerts):
        await allow(database, ada, hook.url)
        await spend(database, ada, "9", clock.now())
        alerts.wake()
        await hook.arrived.acquire()
        await spend(database, ada, "9", clock.now())
        alerts.wake()
        await hook.arrived.acquire()


async def test_a_budget_without_a_webhook_has_nothing_to_send(database: Database, ada: User) -> None:
    await allow(database, ada, None)
    await spend(database, ada, "9")
    assert [row.due_at for row in await rows(database)] == [None]
    assert await alerts_of(database).deliver(NOON) is None


async def test_a_budget_that_is_removed_has_nothing_more_to_say(database: Database, ada: User) -> None:
    async with receiver() as hook:
        budget_id = await allow(database, ada, hook.url)
        await spend(database, ada, "9")
        async with database.transaction() as db:
            await actions.remove_budget(db, BY, budget_id)
        assert await alerts_of(database).deliver(NOON) is None
    assert hook.heard == []


async def test_each_receiver_has_a_secret_of_its_own(database: Database) -> None:
    alerts = alerts_of(database)
    user = UUID(int=1)
    secrets = {
        alerts.secret_for(None, "day", "https://a.example"),
        alerts.secret_for(user, "day", "https://a.example"),
        alerts.secret_for(user, "month", "https://a.example"),
        alerts.secret_for(user, "month", "https://b.example"),
    }
    assert len(secrets) == 4


@pytest.mark.parametrize(
    "url", ["no address", "http://one.example/hook", "https://inside.example/hook", "https://nobody.example/"]
)
async def test_an_address_that_is_not_outside_is_refused(sqlite_url: str, url: str) -> None:
    names = {"one.example": [[OUTSIDE]], "inside.example": [["10.0.0.1"]]}
    alerts = Alerts(Database.open(sqlite_url), Outside(Reach(), Counting(names)), MASTER)
    assert await alerts.checked_url("https://one.example/hook") == "https://one.example/hook"
    with pytest.raises(Invalid) as refused:
        await alerts.checked_url(url)
    assert refused.value.details[0].field == "webhookUrl"
