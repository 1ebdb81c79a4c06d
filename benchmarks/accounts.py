"""What it costs to know who is asking, and what sign-ins cost everybody else.

In one process, on SQLite in a temporary folder. *Known*: a caller that the authenticator has looked at within
the last five seconds, asked for again and again; CPU time of the process by the number of questions. *Looked
at*: the same with nothing remembered, so that the signature and the database are asked each time.
*Frames*: a stream of a model server, a piece every 20 ms, as somebody in the room of `bakeoff serve` hears it
over a socket, while 64 people sign in over HTTP at once; how much later than a pace after the one before the
latest frame came, beside the same stream with nobody signing in.
"""

import asyncio
import resource
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop

from backend.accounts import actions, users
from backend.accounts.access_tokens import AccessTokens
from backend.accounts.actions import Visit
from backend.accounts.authenticator import Authenticator
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.master_key import MasterKey
from backend.kit.migrating import migrate
from benchmarks.harness.effort import Effort
from benchmarks.harness.processes import load, server
from benchmarks.harness.report import Line, Report, under
from benchmarks.served import upstream
from benchmarks.served.bakeoff import bakeoff

_FRAME = 20  # ms
_PACED = f"up/swift@ttft:0@pace:{_FRAME}@tokens:100000"
_PEOPLE = 64
_LONG = 300  # seconds, on a machine that has other things to do


def run(effort: Effort) -> Report:
    return uvloop.run(_run(effort))


async def _run(effort: Effort) -> Report:
    known: list[float] = []
    looked: list[float] = []
    async with _person() as (database, tokens, token):
        for _ in range(effort.rounds):
            authenticator = Authenticator(database, tokens)
            await authenticator.caller(token, "token")
            known.append(await _cost(authenticator, token, effort.commits * 20, forget=False))
            looked.append(await _cost(authenticator, token, effort.commits, forget=True))
    frames = await asyncio.to_thread(_frames, effort)
    calm, busy = frames["calm"], frames["busy"]
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


def _frames(effort: Effort) -> dict[str, list[float]]:
    """Milliseconds."""
    people = _PEOPLE if effort.rounds > 1 else 2
    with server(*upstream.PROGRAM) as simulator:
        trusting = ("--trusted-proxies", "127.0.0.1")
        with bakeoff({"up": simulator.url}, [_PACED], *trusting) as serving:
            return load("logins", serving.url, _PACED, _FRAME, people, effort.rounds, patience=_LONG)


@asynccontextmanager
async def _person() -> AsyncIterator[tuple[Database, AccessTokens, str]]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'accounts.db'}"
        await asyncio.to_thread(migrate, url)
        database = Database.open(url, lambda _seconds: None)
        tokens = AccessTokens.of(MasterKey(b"benchmark" * 4))
        try:
            now = clock.now()
            async with database.transaction() as db:
                user = await users.add(
                    db, email="p@example.org", name="", role="member", password_hash=None, now=now
                )
                signed_in = await actions.sign_in(db, user, Visit(), now)
            yield database, tokens, tokens.issue(user.id, signed_in.device_id, now)
        finally:
            await database.close()


async def _cost(authenticator: Authenticator, token: str, times: int, *, forget: bool) -> float:
    before = _cpu()
    for _ in range(times):
        caller = await authenticator.caller(token, "token")
        assert caller is not None
        if forget:
            authenticator.forget(user_id=caller.user_id)
    return (_cpu() - before) / times * 1e6


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
