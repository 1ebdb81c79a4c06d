"""One WebSocket in rooms, as a page has it: hello, commands, frames, and what its closing may be."""

import time
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
import msgspec

from soak.person import Disturbed, Person
from soak.weather import AWAY

_DECODER: Final = msgspec.json.Decoder(dict[str, Any])
_ENDED: Final = frozenset(
    {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.ERROR}
)
_PATIENCE: Final = 30.0
_RESTARTS: Final = frozenset({1001, 1006, 1012})
Said = dict[str, Any]


class Silence(Exception):  # noqa: N818 - reads as what it is
    """Nothing was said for as long as somebody wanted to listen."""


class RoomSocket:
    """Left without a word, unless `goodbye` is said: as most people leave."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self._world = person.world
        self._number = 0
        self._began = time.monotonic()
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1))
        self._socket: aiohttp.ClientWebSocketResponse

    async def __aenter__(self) -> Self:
        headers = {"authorization": f"Bearer {self._person.token}"}
        try:
            self._socket = await self._http.ws_connect(
                f"{self._world.url}/ws", headers=headers, max_msg_size=0, compress=0
            )
        except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
            await self._http.close()
            status = error.status if isinstance(error, aiohttp.WSServerHandshakeError) else None
            away = status in {None, 503} and self._world.weather.had(AWAY, self._began)
            if not away and not (status == 503 and self._world.weather.had(("pause",), self._began)):
                self._world.tally.found(f"a socket did not open: {type(error).__name__} {status}", error)
            self._world.tally.did("disturbances")
            raise Disturbed from error
        self._world.tally.did("sockets")
        try:
            said, _ = await self.frame(_PATIENCE)
        except Silence:
            said = {"type": "nothing"}
        except BaseException:
            await self._http.close()
            raise
        if said["type"] != "hello" or not said["authenticated"]:
            self._world.tally.found("a socket was not greeted", said)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._http.close()

    async def goodbye(self) -> None:
        await self._socket.close()

    async def say(self, kind: str, **fields: object) -> int:
        self._number += 1
        command = {"type": kind, "id": self._number, **fields}
        try:
            await self._socket.send_str(msgspec.json.encode(command).decode())
        except (aiohttp.ClientError, ConnectionError) as error:
            self._closed(self._socket.close_code or 1006)
            raise Disturbed from error
        return self._number

    async def frame(self, patience: float) -> tuple[Said, str]:
        """The next one, understood and as it came. Raises Silence, or Disturbed when the socket is closed."""
        try:
            message = await self._socket.receive(patience)
        except TimeoutError as error:
            raise Silence from error
        if message.type in _ENDED:
            self._closed(self._socket.close_code or 1006)
            raise Disturbed
        self._world.tally.did("frames")
        return _DECODER.decode(message.data), message.data

    def _closed(self, code: int) -> None:
        self._world.tally.did(f"closed with {code}")
        if code not in _RESTARTS or not self._world.weather.had(AWAY, self._began):
            self._world.tally.found(f"a socket was closed with {code}")
