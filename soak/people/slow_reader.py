"""Asks for much and reads nothing, until the server has had enough (4408); then reads what there is and goes.

A socket of its own, with a small window, because every client library reads ahead.
"""

import asyncio
import os
import socket
import struct
import time
from urllib.parse import urlsplit

import msgspec

from soak.metrics import value_in
from soak.models import LARGE
from soak.person import Disturbed, Person
from soak.weather import AWAY
from soak.world import World

SLOW = 4408
_WINDOW = 4096  # bytes that the kernel takes for us
_ASKED_EVERY = 0.03  # seconds
_JOINS = 50
_LONGEST = 30.0  # seconds until it should have been closed
_PATIENCE = 8.0  # seconds until all is read
_CLOSED = "bakeoff_sockets_closed_total"
_REQUEST = (
    "GET /ws HTTP/1.1\r\nhost: {host}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
    "authorization: Bearer {token}\r\nsec-websocket-version: 13\r\n"
    "sec-websocket-key: YmFrZW9mZi1tZWFzdXJlcw==\r\n\r\n"
)


class SlowReader:
    """With a comparison of its own, which is large."""

    def __init__(self, world: World, name: str, person: Person) -> None:
        self._world = world
        self._dice = world.dice(name)
        self._person = person
        self._session_id = ""

    async def round(self) -> None:
        if self._world.weather.now("quiet"):
            await self._world.pause(0.2)
            return
        if not self._session_id and not await self._made():
            return
        await self._person.keep_signed_in()
        began, before = time.monotonic(), await self._thrown_out()
        code = await self._until_thrown_out(before)
        if code == SLOW:
            self._world.tally.did(f"slow readers closed with {SLOW}")
        elif await self._thrown_out() > before:
            self._world.tally.did(f"slow readers closed with {SLOW}, which a reset overtook")
        elif not self._world.weather.had(AWAY, began) and not self._world.over.is_set():
            self._world.tally.found(f"a slow reader was closed with {code}", self._session_id)
        await self._world.pause(self._dice.uniform(3, 8))

    async def _made(self) -> bool:
        """Whether it has become as large as it was to be; a fault may have ended it early."""
        said = {"prompt": "Tell me everything.", "modelIds": [LARGE] * 3, "start": True}
        session_id = (await self._person.ask("POST", "/api/comparisons", said)).body["sessionId"]
        self._world.tally.did("comparisons")
        while not self._world.over.is_set():
            seen = (await self._person.ask("GET", f"/api/comparisons/{session_id}")).body
            if seen["status"] != "in_progress":
                if seen["completedCount"] == 3:
                    self._session_id = session_id
                break
            await self._world.pause(0.5)
        return bool(self._session_id)

    async def _thrown_out(self) -> float:
        return value_in((await self._person.ask("GET", "/metrics")).body, _CLOSED, code=str(SLOW))

    async def _until_thrown_out(self, before: float) -> int | None:
        """The code with which it was closed; None: the connection ended without one, or never."""
        loop = asyncio.get_running_loop()
        began = time.monotonic()
        with socket.socket() as raw:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WINDOW)
            raw.setblocking(False)  # noqa: FBT003 - its only way to say it
            try:
                await self._ask_on(raw, loop)
                await self._wait_for_the_end(before)
                async with asyncio.timeout(_PATIENCE):
                    return await _closing(raw, loop)
            except TimeoutError:
                return None
            except OSError as error:
                if not self._world.weather.had(AWAY, began):
                    self._world.tally.found(f"a slow reader's connection: {type(error).__name__}", error)
                raise Disturbed from error

    async def _wait_for_the_end(self, before: float) -> None:
        """Ten seconds behind are enough, however little it is; on a busy machine they begin late."""
        waited = 0.0
        while waited < _LONGEST and not self._world.over.is_set() and await self._thrown_out() <= before:
            await self._world.pause(1.0)
            waited += 1.0

    async def _ask_on(self, raw: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        """For one snapshot after the other, until the server has had enough."""
        address = urlsplit(self._world.url)
        assert address.hostname is not None
        await loop.sock_connect(raw, (address.hostname, address.port))
        head = _REQUEST.format(host=address.netloc, token=self._person.token)
        await loop.sock_sendall(raw, head.encode())
        if not (await _head(raw, loop)).startswith(b"HTTP/1.1 101 "):
            raise ConnectionError("it was not let in")
        command = _masked(msgspec.json.encode({"type": "join_session", "sessionId": self._session_id}))
        for _ in range(_JOINS):
            try:
                raw.send(command)
            except BlockingIOError:
                break  # the server does not read on: it has enough to do with what was said
            except OSError:
                return  # it is closed already: what was sent before may still be there to be read
            await self._world.pause(_ASKED_EVERY)


async def _head(raw: socket.socket, loop: asyncio.AbstractEventLoop) -> bytes:
    """A frame sent before it is there would be none of a WebSocket."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        more = await loop.sock_recv(raw, 1)
        if not more:
            break
        head += more
    return head


def _masked(payload: bytes) -> bytes:
    mask = os.urandom(4)
    body = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    return struct.pack("!BB", 0x81, 0x80 | len(payload)) + mask + body


async def _closing(raw: socket.socket, loop: asyncio.AbstractEventLoop) -> int | None:
    """All that comes is read; the code of the last frame, if that is one of closing."""
    tail = b""
    while True:
        try:
            data = await loop.sock_recv(raw, 1 << 16)
        except ConnectionResetError:
            break
        if not data:
            break
        tail = (tail + data)[-200:]
    place = tail.rfind(b"\x88")
    if place < 0 or place + 4 > len(tail):
        return None
    (code,) = struct.unpack("!H", tail[place + 2 : place + 4])
    return int(code)
