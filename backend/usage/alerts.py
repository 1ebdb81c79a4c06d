"""Tells webhooks that a budget is nearly used up, or is. What is to be told is in the database, so that a
restart loses nothing; what is not taken is tried again for an hour.
"""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import aiohttp
import msgspec
import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.kit import clock
from backend.kit.base_urls import BaseUrl, InvalidBaseUrl
from backend.kit.db import Database
from backend.kit.errors import FieldProblem, Invalid
from backend.kit.master_key import MasterKey
from backend.kit.outside import Outside
from backend.kit.unavailable import DatabaseUnavailable
from backend.kit.wire import Answer
from backend.usage.periods import Grain, moment_of, next_start
from backend.usage.tables import AlertRow, BudgetRow

log = structlog.get_logger()

WAITS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 4, 10, 20, 25))
"""Before each further try."""
_AT_ONCE: Final = 20
_TAKES: Final = aiohttp.ClientTimeout(total=10)
_AFTER_TROUBLE: Final = 30.0


class AlertBody(Answer, frozen=True, kw_only=True):
    """What a webhook is sent."""

    id: UUID
    """The same in each try."""
    type: str = "budget.crossed"
    scope: str
    user_id: UUID | None
    period: Grain
    amount: float
    spent: float
    threshold: int
    """Per cent."""
    hard: bool
    crossed_at: datetime
    resets_at: datetime


@dataclass(frozen=True, slots=True)
class _Due:
    id: UUID
    tries: int
    body: bytes
    url: str = field(repr=False)
    secret: bytes = field(repr=False)


class Alerts:
    def __init__(self, database: Database, outside: Outside, master: MasterKey) -> None:
        self._database = database
        self._outside = outside
        self._master = master
        self._woken = asyncio.Event()

    async def checked_url(self, text: str) -> str:
        """As it is kept. Outside of any transaction: its name is looked up. Raises Invalid."""
        try:
            url = BaseUrl.parse(text)
        except InvalidBaseUrl as error:
            raise _invalid(str(error)) from None
        if problem := await self._outside.problem_with(url):
            raise _invalid(problem)
        return str(url)

    def secret_for(self, user_id: UUID | None, period: Grain, url: str) -> str:
        """Each receiver has one of its own, and nothing of it is stored."""
        return self._master.derive(f"budget webhook {user_id or 'everyone'} {period} {url}").hex()

    def wake(self) -> None:
        """After the commit of what a budget's threshold was crossed by."""
        self._woken.set()

    async def run(self) -> None:
        """Until it is cancelled. Sleeps until something is due."""
        while True:
            self._woken.clear()
            try:
                next_due = await self.deliver(clock.now())
            except DatabaseUnavailable:
                await asyncio.sleep(_AFTER_TROUBLE)
                continue
            except Exception:  # one alert that cannot be made must not end all the others
                log.exception("alerts.failed")
                await asyncio.sleep(_AFTER_TROUBLE)
                continue
            seconds = None if next_due is None else max(0.0, (next_due - clock.now()).total_seconds())
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._woken.wait()

    async def deliver(self, now: datetime) -> datetime | None:
        """What is due; says when to come again."""
        async with self._database.reading() as db:
            due = await self._due(db, now)
        if due:
            connector = self._outside.connector()
            async with aiohttp.ClientSession(connector=connector, timeout=_TAKES, trust_env=False) as session:
                taken = await asyncio.gather(*(_send(session, each) for each in due))
            async with self._database.transaction() as db:
                for each, was_taken in zip(due, taken, strict=True):
                    await _remember(db, each, clock.now() if was_taken else None, now)
        async with self._database.reading() as db:
            return await db.scalar(
                select(AlertRow.due_at).where(AlertRow.due_at.is_not(None)).order_by(AlertRow.due_at).limit(1)
            )

    async def _due(self, db: AsyncSession, now: datetime) -> Sequence[_Due]:
        query = (
            select(AlertRow, BudgetRow)
            .join(BudgetRow, BudgetRow.id == AlertRow.budget_id)
            .where(AlertRow.due_at <= now)
            .order_by(AlertRow.due_at)
            .limit(_AT_ONCE)
        )
        return [self._made(alert, budget) for alert, budget in await db.execute(query)]

    def _made(self, alert: AlertRow, budget: BudgetRow) -> _Due:
        period: Grain = "day" if budget.period == "day" else "month"
        url = budget.webhook_url or ""
        body = AlertBody(
            id=alert.id,
            scope="user" if budget.user_id else "everyone",
            user_id=budget.user_id,
            period=period,
            amount=float(budget.amount),
            spent=float(alert.spent),
            threshold=alert.threshold,
            hard=budget.hard,
            crossed_at=alert.crossed_at,
            resets_at=moment_of(next_start(period, alert.start)),
        )
        secret = self.secret_for(budget.user_id, period, url).encode()
        return _Due(alert.id, alert.tries, msgspec.json.encode(body), url, secret)


@asynccontextmanager
async def running(alerts: Alerts) -> AsyncIterator[None]:
    task = asyncio.create_task(alerts.run(), name="budget alerts")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def signature(secret: bytes, body: bytes) -> str:
    return f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}"


async def _send(session: aiohttp.ClientSession, due: _Due) -> bool:
    headers = {
        "content-type": "application/json",
        "user-agent": "Bakeoff",
        "x-bakeoff-signature": signature(due.secret, due.body),
    }
    try:
        async with session.post(due.url, data=due.body, headers=headers, allow_redirects=False) as answer:
            status = answer.status
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        log.warning("alert.not_delivered", alert=str(due.id), problem=type(error).__name__)
        return False
    if not 200 <= status < 300:
        log.warning("alert.not_delivered", alert=str(due.id), status=status)
        return False
    return True


async def _remember(db: AsyncSession, due: _Due, delivered_at: datetime | None, tried_at: datetime) -> None:
    again = None
    if delivered_at is None and due.tries < len(WAITS):
        again = tried_at + WAITS[due.tries]
    await db.execute(
        update(AlertRow)
        .where(AlertRow.id == due.id)
        .values(tries=due.tries + 1, due_at=again, delivered_at=delivered_at)
    )


def _invalid(message: str) -> Invalid:
    return Invalid([FieldProblem(field="webhookUrl", message=message)])
