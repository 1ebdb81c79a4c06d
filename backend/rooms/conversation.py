"""What is said over one socket: commands in their order, an answer to each.

A command that takes long is waited for no longer than a moment: who wants to stop or leave meanwhile can.
"""

import asyncio
import time
from typing import Final, assert_never
from uuid import UUID

import structlog

from backend.accounts.callers import Caller
from backend.accounts.guards import objection
from backend.kit import clock
from backend.kit.errors import AppError, FieldProblem, Invalid, unexpected
from backend.kit.logs import concerning
from backend.kit.sockets import Message
from backend.kit.unavailable import DatabaseUnavailable
from backend.limits.commands import Refused
from backend.rooms.backing import House
from backend.rooms.commands import RIGHTS, Asked, name_of
from backend.rooms.frames import Unreadable, command_in, frame_of
from backend.rooms.identity import Identities
from backend.rooms.protocol import (
    VERSION,
    Ack,
    Authenticate,
    Authenticated,
    ClientSays,
    CommandId,
    Error,
    Hello,
    JoinSession,
    LeaveSession,
    Limited,
    Problem,
    Regenerate,
    Reply,
    StartComparison,
    StopComparison,
    StopModel,
    Typing,
    Viewing,
)
from backend.rooms.visitor import SIGN_IN_AGAIN, Visitor

log = structlog.stdlib.get_logger(__name__)

SECONDS_TO_SIGN_IN: Final = 10.0
PATIENCE: Final = 0.5  # seconds, with one command, before the next is looked at
LESS_PATIENCE: Final = 0.05  # when another one takes long already
MOST_AT_ONCE: Final = 16
MOST_BAD_IN_A_ROW: Final = 20
POLICY_VIOLATION: Final = 1008


class Conversation:
    def __init__(self, visitor: Visitor, house: House, seconds_to_sign_in: float) -> None:
        self._visitor = visitor
        self._house = house
        self._identities = Identities(house.door, house.backing.access)
        self._seconds_to_sign_in = seconds_to_sign_in
        self._deadline: asyncio.TimerHandle | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._bad_in_a_row = 0

    async def run(self) -> None:
        """What was asked for is done even when nobody waits for the answer any more."""
        signed_in = self._visitor.identity is not None
        self._say(Hello(version=VERSION, authenticated=signed_in))
        if not signed_in:
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(self._seconds_to_sign_in, self._nobody_signed_in)
        try:
            async for frame in self._visitor.socket:
                await self._hear(frame)
            self._end()
            if self._running:
                await asyncio.wait(self._running)
        finally:
            self._end()
            for task in self._running:
                task.cancel()

    async def _hear(self, frame: Message) -> None:
        try:
            command = command_in(frame)
        except Unreadable as unreadable:
            self._refuse(unreadable.command_id, unreadable.error)
            self._was_bad()
            return
        if len(self._running) >= MOST_AT_ONCE:
            self._refuse(command.id, AppError("Too much is still to be done.", status=429, code="busy"))
            return
        patience = LESS_PATIENCE if self._running else PATIENCE
        task = asyncio.get_running_loop().create_task(self._obey(command))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await asyncio.wait({task}, timeout=patience)

    async def _obey(self, command: ClientSays) -> None:
        started = time.perf_counter()
        concerning(comparison=session_of(command))
        code = await self._outcome(command)
        identity = self._visitor.identity
        # Signals come with every key.
        (log.debug if isinstance(command, Typing | Viewing) else log.info)(
            "command.done",
            command=name_of(command),
            code=code,
            ms=round((time.perf_counter() - started) * 1000, 2),
            caller=str(identity.caller.user_id) if identity else None,
        )

    async def _outcome(self, command: ClientSays) -> str:
        """`ok`, or the code of the refusal."""
        try:
            await self._hold_to_limits(command)
            if isinstance(command, Authenticate):
                await self._authenticate(command)
            else:
                await self._do(await self._permitted(command), command)
            self._bad_in_a_row = 0
        except AppError as error:
            refusal = error
        except DatabaseUnavailable as unavailable:
            log.warning("socket.database_unavailable", command=name_of(command), reason=unavailable.reason)
            refusal = _no_database()
        except Exception:  # the bulkhead of the socket loop: the other commands and rooms go on
            log.exception("socket.command_failed", command=name_of(command))
            refusal = unexpected()
        else:
            return "ok"
        self._refuse(command.id, refusal, session_of(command))
        if refusal.status == 401:
            self._was_bad()
        return refusal.code

    async def _hold_to_limits(self, command: ClientSays) -> None:
        name = name_of(command)
        ruling = await self._house.limits.rule_on(name, self._visitor.asker)
        if isinstance(ruling, Refused):
            seconds = max(0.0, (ruling.limit.reset_at - clock.now()).total_seconds())
            headers = {"retry-after": str(seconds)}
            raise AppError(ruling.message, status=429, code=ruling.code, headers=headers)
        if ruling.warning is not None:
            left, reset_at = ruling.warning.remaining, ruling.warning.reset_at
            self._say(Limited(command=name, remaining=left, reset_at=reset_at))

    async def _permitted(self, command: Asked) -> Caller:
        caller = await self._visitor.caller()
        error = objection(caller, RIGHTS[type(command)])
        if error is not None or caller is None:
            raise error or unexpected()
        return caller

    async def _do(self, caller: Caller, command: Asked) -> None:
        match command:
            case JoinSession():
                await self._visitor.join(caller, command)
            case LeaveSession():
                self._visitor.leave(command.session_id)
                self._say(Ack(id=command.id, session_id=command.session_id))
            case Typing():
                self._visitor.types(command.session_id, typing=command.typing)
                self._signalled(command)
            case Viewing():
                self._visitor.views(command.session_id, command.lane_id)
                self._signalled(command)
            case StartComparison() | StopModel() | StopComparison() | Regenerate():
                self._say(await self._house.backing.perform(caller, command, self._visitor.asker))
            case _:
                assert_never(command)

    async def _authenticate(self, command: Authenticate) -> None:
        if command.token is not None and command.ticket is None:
            identity = await self._identities.by_credential(command.token, "token")
        elif command.ticket is not None and command.token is None:
            identity = await self._identities.by_ticket(command.ticket, time.monotonic())
        else:
            raise Invalid([FieldProblem(field="token", message="Give either a token or a ticket.")])
        if identity is None:
            message = "These credentials are not, or no longer, valid."
            raise AppError(message, status=401, code="invalid_credentials")
        self._visitor.sign_in(identity)
        self._forget_deadline()
        self._say(Authenticated(id=command.id, user_id=identity.person_id, name=identity.name))

    def _signalled(self, command: Typing | Viewing) -> None:
        """Signals come with every key: only who gives them an id wants an answer."""
        if command.id is not None:
            self._say(Ack(id=command.id, session_id=command.session_id))

    def _refuse(self, command_id: CommandId, error: AppError, session_id: UUID | None = None) -> None:
        self._house.refused(error.code)
        retry_after = error.headers.get("retry-after")
        self._say(
            Error(
                id=command_id,
                code=error.code,
                message=error.message,
                details=tuple(Problem(field=each.field, message=each.message) for each in error.details),
                session_id=session_id,
                retry_after=None if retry_after is None else float(retry_after),
            )
        )

    def _say(self, said: Reply) -> None:
        self._visitor.socket.send(frame_of(said))

    def _was_bad(self) -> None:
        self._bad_in_a_row += 1
        if self._bad_in_a_row >= MOST_BAD_IN_A_ROW:
            self._visitor.socket.close(POLICY_VIOLATION, "nothing of what you send can be used")

    def _nobody_signed_in(self) -> None:
        self._visitor.socket.close(SIGN_IN_AGAIN, f"nobody signed in for {self._seconds_to_sign_in:g} s")

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()

    def _end(self) -> None:
        self._forget_deadline()
        self._visitor.leave_for_good()


def session_of(command: ClientSays) -> UUID | None:
    session_id: UUID | None = getattr(command, "session_id", None)
    return session_id


def _no_database() -> AppError:
    message = "The database cannot answer at the moment. Please try again."
    return AppError(message, status=503, code="database_unavailable", headers={"retry-after": "1"})
