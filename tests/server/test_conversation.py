"""What a socket leaves on the record, whichever server carries it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from structlog.contextvars import bound_contextvars, get_contextvars
from structlog.testing import capture_logs

from backend.kit.sockets import Accept, Message, Refuse, Sent, Socket, SocketRequest
from backend.server.conversation import Ending, admit, converse

GOOD = {
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}
REQUEST = SocketRequest("request-1", "/ws", "", GOOD, "192.0.2.7")


class QuietSocket:
    """Hears nothing, and remembers how it was closed."""

    def __init__(self) -> None:
        self.request = REQUEST
        self.ending = Ending()
        self.buffered = 0

    def send(self, message: Message) -> Sent:
        return Sent.SENT

    def subscribe(self, topic: str) -> None:
        """Nothing is published here."""

    def unsubscribe(self, topic: str) -> None:
        """Nothing is published here."""

    def close(self, code: int, reason: str = "") -> None:
        self.ending = Ending(code, reason, by="server")

    async def __aiter__(self) -> AsyncIterator[Message]:
        return
        yield ""


class Endpoint:
    def __init__(self, act: Callable[[], Any]) -> None:
        self._act = act

    async def admit(self, request: SocketRequest) -> Accept | Refuse:
        return await self._act()

    async def run(self, socket: Socket) -> None:
        await self._act()


async def nothing() -> Accept:
    return Accept()


async def crash() -> Accept:
    raise RuntimeError("on purpose")


async def recorded(act: Callable[[], Any]) -> tuple[list[Any], list[int]]:
    codes: list[int] = []
    with capture_logs() as logs:
        await converse(Endpoint(act), QuietSocket(), codes.append)
    return list(logs), codes


async def test_opening_and_closing_are_logged_with_path_client_code_and_reason() -> None:
    logs, codes = await recorded(nothing)
    opened, closed = logs
    assert (opened["event"], opened["path"], opened["client"]) == ("socket.opened", "/ws", "192.0.2.7")
    assert (closed["event"], closed["code"], closed["by"]) == ("socket.closed", 1000, "server")
    assert closed["seconds"] >= 0
    assert codes == [1000]


async def test_a_crash_is_logged_with_its_traceback_and_closes_with_1011() -> None:
    logs, codes = await recorded(crash)
    crashed, closed = logs[1:]
    assert (crashed["event"], crashed["exc_info"]) == ("socket.crashed", True)
    assert (closed["code"], closed["reason"]) == (1011, "internal error")
    assert codes == [1011]


async def test_what_is_logged_of_a_socket_names_nothing_that_ran_before_it() -> None:
    """The native server is called back in the context of whoever woke its loop."""
    seen: list[dict[str, Any]] = []

    async def look() -> Accept:
        seen.append(get_contextvars())
        return Accept()

    for enter in (admit(Endpoint(look), REQUEST), converse(Endpoint(look), QuietSocket(), print)):
        with bound_contextvars(comparison="another one", request_id="of another"):
            await asyncio.create_task(enter)
    assert seen == [{"request_id": "request-1"}] * 2


async def test_a_cancelled_conversation_is_on_the_record_too() -> None:
    codes: list[int] = []
    socket = QuietSocket()
    task = asyncio.create_task(converse(Endpoint(asyncio.Event().wait), socket, codes.append))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert codes == [1011]


async def test_a_crashing_admission_refuses_without_saying_why() -> None:
    with capture_logs() as logs:
        answer = await admit(Endpoint(crash), REQUEST)
    assert answer == Refuse(500, "Internal server error")
    assert [line["event"] for line in logs] == ["socket.admission_failed"]
