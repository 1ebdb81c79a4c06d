"""Rooms on a real server with real accounts: a server of each kind for the whole run, rooms for each test."""

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar
from uuid import UUID

import uvloop
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from backend.accounts import devices
from backend.accounts.door import Door
from backend.accounts.rights import Role
from backend.accounts.users import User
from backend.entrance import entrance
from backend.kit import clock
from backend.kit.application import Application, Receive, Scope, Send
from backend.kit.db import Database
from backend.kit.http.hosts import HostPolicy
from backend.kit.master_key import MasterKey
from backend.kit.proxies import TrustedProxies
from backend.kit.sockets import Accept, Refuse, Socket, SocketRequest
from backend.limits.commands import CommandLimits
from backend.limits.memory import memory_buckets
from backend.limits.rules import Rule
from backend.rooms.backing import House
from backend.rooms.hub import Hub
from backend.rooms.sockets import RoomSockets
from backend.server.address import Address
from backend.server.process import Plan, Server, choose
from backend.settings import Settings
from tests.accounts.people import somebody
from tests.rooms.archive import Archive

PATIENCE = 10.0
GENEROUS = CommandLimits(memory_buckets(), {}, Rule("messages", 1_000_000, 60, "user"))
Result = TypeVar("Result")


class _Stand:
    """Where the sockets of the test that runs now are put."""

    def __init__(self) -> None:
        self.sockets: RoomSockets | None = None

    async def admit(self, request: SocketRequest) -> Accept | Refuse:
        return await self.sockets.admit(request) if self.sockets else Refuse(503, "No test is running.")

    async def run(self, socket: Socket) -> None:
        if self.sockets:
            await self.sockets.run(socket)


async def _no_pages(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """There is nothing but sockets."""


class ServerThread:
    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.stand = _Stand()
        self.server: Server
        self.loop: asyncio.AbstractEventLoop
        self._listening = threading.Event()
        self._stop: asyncio.Event
        self._thread = threading.Thread(target=lambda: uvloop.run(self._live()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listening.wait(20), f"the {self.kind} server did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)

    def begin(self, coroutine: Coroutine[Any, Any, Result]) -> "Future[Result]":
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def do(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """In the loop of the server, as everything that the rooms do."""
        return self.begin(coroutine).result(30)

    async def _live(self) -> None:
        self.loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self.server, _ = choose(Plan(Address(port=0), self.kind))  # type: ignore[arg-type]
        await self.server.start(Application(_no_pages, {"/ws": self.stand}))
        self._listening.set()
        await self._stop.wait()
        self.server.close_sockets(1012, "the test is over")
        await self.server.close()


@dataclass
class Person:
    user: User
    device_id: UUID
    refresh_token: str
    token: str

    @property
    def id(self) -> UUID:
        return self.user.id


class Page:
    """One socket of a client, which keeps what it is told until it is asked for."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self._number = 0
        self.kept: list[dict[str, Any]] = []

    def listen(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.socket.recv(PATIENCE))
        return said

    def say(self, kind: str, **fields: object) -> int:
        self._number += 1
        self.socket.send(json.dumps({"type": kind, "id": self._number, **fields}))
        return self._number

    def answer_to(self, number: int) -> dict[str, Any]:
        """Whatever else is said before is kept."""
        while True:
            said = self.listen()
            if said.get("id") == number:
                return said
            self.kept.append(said)

    def ask(self, kind: str, **fields: object) -> dict[str, Any]:
        return self.answer_to(self.say(kind, **fields))

    def join(self, session_id: UUID, **position: object) -> dict[str, Any]:
        return self.ask("join_session", sessionId=str(session_id), **position)

    def until(self, kind: str) -> dict[str, Any]:
        while True:
            said = self.listen()
            if said["type"] == kind:
                return said
            self.kept.append(said)

    def ending(self) -> tuple[int, str]:
        try:
            while True:
                self.kept.append(self.listen())
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")


@dataclass
class Stage:
    thread: ServerThread
    database: Database
    database_url: str
    archive: Archive
    stack: ExitStack
    options: dict[str, Any] = field(default_factory=dict)
    door: Door = field(init=False)
    hub: Hub = field(init=False)
    sockets: RoomSockets = field(init=False)
    leave: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.thread.server.port}/ws"

    def do(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return self.thread.do(coroutine)

    def now(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Call it in the loop of the server."""

        async def call() -> Result:
            return function(*arguments)

        return self.do(call())

    def person(self, email: str = "ada@example.org", role: Role = "member") -> Person:
        async def sign_in() -> Person:
            user = await somebody(self.database, email, role)
            now = clock.now()
            async with self.database.transaction() as db:
                signed = await devices.sign_in(db, user.id, user_agent="Firefox", address="", now=now)
            token = self.door.access_tokens.issue(user.id, signed.device_id, now)
            return Person(user, signed.device_id, signed.token, token)

        return self.do(sign_in())

    def elsewhere(self, statement: str, *values: object) -> None:
        """Written by another process: nobody in this one is told."""
        path = self.database_url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, timeout=20)) as connection, connection:
            changed = connection.execute(statement, values)
            assert changed.rowcount == 1, statement

    def revoke(self, person: Person) -> None:
        now = clock.now().isoformat(sep=" ")
        self.elsewhere("UPDATE devices SET revoked_at = ? WHERE id = ?", now, person.device_id.hex)

    def set_role(self, person: Person, role: Role) -> None:
        self.elsewhere("UPDATE users SET role = ? WHERE id = ?", role, person.id.hex)

    def until(self, come: Callable[[], bool]) -> None:
        """For what happens in the server without a word to anybody."""
        deadline = time.monotonic() + PATIENCE
        while not self.now(come):
            assert time.monotonic() < deadline, "it does not come about"
            time.sleep(0.005)

    def open(self, token: str | None = None, query: str = "", **headers: str) -> Page:
        """And hear the greeting."""
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        socket = connect(
            f"{self.ws_url}{query}", additional_headers=named, compression=None, open_timeout=PATIENCE
        )
        page = Page(self.stack.enter_context(socket))
        assert page.listen()["type"] == "hello"
        return page

    @asynccontextmanager
    async def furnished(self) -> AsyncIterator[None]:
        """As the application does it."""
        limits = self.options.pop("limits", GENEROUS)
        idle = self.options.pop("idle", 120)
        self.sockets = RoomSockets(
            lambda: House(self.door, self.hub, self.archive.backing(), limits),
            hosts=HostPolicy.of((), bound="127.0.0.1"),
            proxies=TrustedProxies.parse(self.options.pop("proxies", ())),
            **self.options,
        )
        self.hub = Hub(self.thread.server, self.archive.load, idle=idle)
        master = MasterKey(b"a secret of this installation alone")
        settings = Settings.load({"BAKEOFF_CORS_ORIGINS": "https://app.example.org"})
        async with entrance(settings, self.database, master, self.sockets.ended) as (self.door, _):
            yield


@contextmanager
def open_stage(thread: ServerThread, database_url: str, **options: Any) -> Iterator[Stage]:
    """A room of the server for one test, with everything in it new."""
    ended = threading.Event()

    async def live(ready: "Future[Stage]") -> None:
        database = Database.open(database_url)
        stage = Stage(thread, database, database_url, Archive(), ExitStack(), options)
        try:
            async with stage.furnished():
                thread.stand.sockets = stage.sockets
                ready.set_result(stage)
                await stage.leave.wait()
        finally:
            thread.stand.sockets = None
            await database.close()
            ended.set()

    ready: Future[Stage] = Future()
    living = thread.begin(live(ready))
    living.add_done_callback(lambda done: ready.done() or ready.set_exception(done.exception() or OSError()))
    stage = ready.result(30)
    try:
        with stage.stack:
            yield stage
        server = stage.thread.server
        # No socket of one test is there for the next.
        stage.until(lambda: not server.open_sockets() and not server.running())
    finally:
        stage.now(stage.leave.set)
        assert ended.wait(20)
        living.result(20)
