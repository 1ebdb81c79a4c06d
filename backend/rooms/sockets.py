"""The socket of the rooms, behind `/ws`: who is let in, who is in, and who has to go.

Whoever was signed out, disabled or given another role hears of it at once when it happened in this process,
and within seconds when it did in another one.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Final
from uuid import UUID

import structlog

from backend.kit.errors import code_of
from backend.kit.http.hosts import HostPolicy
from backend.kit.proxies import TrustedProxies
from backend.kit.sockets import Accept, Refuse, Socket, SocketRequest
from backend.kit.unavailable import DatabaseUnavailable
from backend.rooms.admission import Admission, Admitted
from backend.rooms.backing import House
from backend.rooms.conversation import SECONDS_TO_SIGN_IN, Conversation
from backend.rooms.crowd import Crowd
from backend.rooms.frames import frame_of
from backend.rooms.identity import Identities
from backend.rooms.protocol import Signal
from backend.rooms.visitor import Visitor

log = structlog.stdlib.get_logger(__name__)

LOOK_EVERY: Final = 4.0  # seconds
_ON_THE_WAY: Final = 15.0  # seconds between being let in and being there, at most
_TOO_MANY: Final = Refuse(429, "There are too many sockets open from there.", {"retry-after": "5"})
_NO_DATABASE: Final = Refuse(503, "The database does not answer.", {"retry-after": "1"})
TRY_AGAIN_LATER: Final = 1013


class RoomSockets:
    def __init__(
        self,
        house: Callable[[], House],
        *,
        hosts: HostPolicy,
        proxies: TrustedProxies,
        scheme: str = "http",
        crowd: Crowd | None = None,
        seconds_to_sign_in: float = SECONDS_TO_SIGN_IN,
        look_every: float = LOOK_EVERY,
    ) -> None:
        """`house` is asked for when the first socket comes, `scheme` is that of the listener."""
        self._house = house
        self._admission = Admission(hosts, proxies, scheme)
        self._crowd = crowd or Crowd()
        self._seconds_to_sign_in = seconds_to_sign_in
        self._look_every = look_every
        self._on_the_way: OrderedDict[int, tuple[SocketRequest, Admitted, float]] = OrderedDict()
        self._visitors: set[Visitor] = set()
        self._watch: asyncio.Task[None] | None = None
        self._something_ended = asyncio.Event()

    async def admit(self, request: SocketRequest) -> Accept | Refuse:
        self._forget_the_lost()
        house = self._house()
        try:
            admitted = await self._admission.judge(request, house.door, _identities(house))
        except DatabaseUnavailable:
            return self._refused("database_unavailable", _NO_DATABASE)
        if isinstance(admitted, Refuse):
            return self._refused(code_of(admitted.status), admitted)
        if not self._crowd.enter(admitted.asker):
            return self._refused("too_many_sockets", _TOO_MANY)
        # By identity: the client chooses the request's name. It is kept, so that no other gets its number.
        self._on_the_way[id(request)] = (request, admitted, time.monotonic())
        return Accept()

    def _refused(self, code: str, refusal: Refuse) -> Refuse:
        self._house().refused(code)
        return refusal

    async def run(self, socket: Socket) -> None:
        _, admitted, _ = self._on_the_way.pop(id(socket.request), (None, None, None))
        if admitted is None:
            socket.close(TRY_AGAIN_LATER, "that took too long")
            return
        house = self._house()
        visitor = Visitor(socket, admitted, house, self._crowd)
        self._visitors.add(visitor)
        if self._watch is None:
            self._watch = asyncio.get_running_loop().create_task(self._keep_watch())
        try:
            await Conversation(visitor, house, self._seconds_to_sign_in).run()
        finally:
            self._visitors.discard(visitor)
            if not self._visitors and self._watch is not None:
                self._watch.cancel()
                self._watch = None

    def ended(self, ended: UUID) -> None:
        """A device or an API key that is no more; a user or a link that is not what it was."""
        for visitor in tuple(self._visitors):
            identity = visitor.identity
            if identity is None:
                continue
            if ended in identity.lives_by():
                visitor.show_out()
            elif ended in {identity.caller.user_id, identity.caller.share and identity.caller.share.id}:
                visitor.unsettle()
                self._something_ended.set()

    def tell(self, user_id: UUID | None, signal: Signal) -> None:
        """All sockets of one user; None: of everybody who has an account."""
        frame = frame_of(signal)
        for visitor in self._visitors:
            caller = visitor.identity.caller if visitor.identity else None
            if caller is not None and caller.share is None and user_id in {None, caller.user_id}:
                visitor.socket.send(frame)

    async def _keep_watch(self) -> None:
        """As long as there are any sockets."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_every):
                    await self._something_ended.wait()
            self._something_ended.clear()
            try:
                await self._look_at_all()
            except DatabaseUnavailable as unavailable:
                # What was running goes on; whoever wants something new is looked at first.
                log.warning("socket.rights_unknown", reason=unavailable.reason)
            except Exception:  # the bulkhead of the socket loop: rights must go on being looked at
                log.exception("socket.watch_failed")

    async def _look_at_all(self) -> None:
        since = time.monotonic()
        asked = [(visitor, visitor.identity) for visitor in self._visitors if visitor.identity]
        if not asked:
            return
        found = await _identities(self._house()).still([identity for _, identity in asked])
        for (visitor, identity), now in zip(asked, found, strict=True):
            visitor.judged(identity, now, since)

    def _forget_the_lost(self) -> None:
        """Those who went away between being let in and being there."""
        too_long_ago = time.monotonic() - _ON_THE_WAY
        for number, (_, admitted, since) in tuple(self._on_the_way.items()):
            if since > too_long_ago:
                return
            del self._on_the_way[number]
            self._crowd.leave(admitted.asker)


def _identities(house: House) -> Identities:
    return Identities(house.door, house.backing.access)
