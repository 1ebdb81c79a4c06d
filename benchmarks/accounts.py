"""What it costs to know who is asking, and what sign-ins cost everybody else.

In one process, on SQLite in a temporary folder. *Known*: a caller that the authenticator has looked at within
the last five seconds, asked for again and again; CPU time of the process by the number of questions. *Looked
at*: the same with nothing remembered, so that the signature and the database are asked each time.
*Frames*: a stream that sends every 20 ms, as a coroutine in the same loop, while 64 people sign in at once;
how much later than due the latest frame was, beside the same stream with nobody signing in.
"""

import asyncio
import resource
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop

from backend.accounts import actions, users
from backend.accounts.access_tokens import AccessTokens
from backend.accounts.actions import Visit
from backend.accounts.authenticator import Authenticator
from backend.accounts.passwords import Passwords
from backend.accounts.signing_in import SigningIn
from backend.accounts.throttle import Throttle
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.master_key import MasterKey
from backend.kit.migrating import migrate
from benchmarks.harness.effort import Effort
from benchmarks.harness.report import Line, Report, under

_PASSWORD = "nine dry umbrellas"  # noqa: S105 - of nobody
_FRAME = 0.02
_PEOPLE = 64


def run(effort: Effort) -> Report:
    return uvloop.run(_run(effort))


async def _run(effort: Effort) -> Report:
    known: list[float] = []
    looked: list[float] = []
    calm: list[float] = []
    busy: list[float] = []
    async with _people() as (database, signing_in, tokens, token):
        for _ in range(effort.rounds):
            authenticator = Authenticator(database, tokens)
            await authenticator.caller(token, "token")
            known.append(await _cost(authenticator, token, effort.commits * 20, forget=False))
            looked.append(await _cost(authenticator, token, effort.commits, forget=True))
            calm.append(await _latest_frame(signing_in, 0))
            busy.append(await _latest_frame(signing_in, _PEOPLE if effort.rounds > 1 else 2))
    return Report(
        (
            Line("accounts", "who is asking, known", "CPU", tuple(known), " µs").against(
                under(50, sorted(known)[len(known) // 2], " µs")
            ),
            Line("accounts", "who is asking, looked at", "CPU", tuple(looked), " µs"),
            Line("accounts", "latest frame, nobody signs in", "delay", tuple(calm), " ms"),
            Line("accounts", "latest frame, 64 sign in at once", "delay", tuple(busy), " ms").against(
                under(50, sorted(busy)[len(busy) // 2], " ms")
            ),
        )
    )


@asynccontextmanager
async def _people() -> AsyncIterator[tuple[Database, SigningIn, AccessTokens, str]]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'accounts.db'}"
        await asyncio.to_thread(migrate, url)
        database = Database.open(url, lambda _seconds: None)
        passwords = Passwords()
        tokens = AccessTokens.of(MasterKey(b"benchmark" * 4))
        try:
            hashed = await passwords.hash(_PASSWORD)
            now = clock.now()
            async with database.transaction() as db:
                for number in range(_PEOPLE):
                    user = await users.add(
                        db, email=_email(number), name="", role="member", password_hash=hashed, now=now
                    )
                signed_in = await actions.sign_in(db, user, Visit(), now)
            token = tokens.issue(user.id, signed_in.device_id, now)
            yield database, SigningIn(database, passwords, Throttle(), "open"), tokens, token
        finally:
            passwords.close()
            await database.close()


async def _cost(authenticator: Authenticator, token: str, times: int, *, forget: bool) -> float:
    before = _cpu()
    for _ in range(times):
        caller = await authenticator.caller(token, "token")
        assert caller is not None
        if forget:
            authenticator.forget(user_id=caller.user_id)
    return (_cpu() - before) / times * 1e6


async def _latest_frame(signing_in: SigningIn, people: int) -> float:
    """Milliseconds behind its moment."""
    latest = 0.0
    logins = [
        asyncio.create_task(
            signing_in.log_in(_email(number), _PASSWORD, Visit(f"192.0.2.{number}"), clock.now())
        )
        for number in range(people)
    ]
    due = time.monotonic()
    for _ in range(50):
        due += _FRAME
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        latest = max(latest, time.monotonic() - due)
    await asyncio.gather(*logins)
    return latest * 1e3


def _email(number: int) -> str:
    return f"p{number}@example.org"


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
