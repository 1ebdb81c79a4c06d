"""The messages a client has sent and the endpoint has not read yet: bounded, in order, read by one task."""

import asyncio
from collections import deque

from backend.kit.sockets import Message

MAX_MESSAGES = 256
MAX_BYTES = 1024 * 1024


class Inbox:
    def __init__(self) -> None:
        self._messages: deque[Message] = deque()
        self._bytes = 0
        self._ended = False
        self._reader: asyncio.Future[None] | None = None

    def put(self, message: Message) -> bool:
        """False: the client sends faster than its endpoint reads."""
        if len(self._messages) >= MAX_MESSAGES or self._bytes + len(message) > MAX_BYTES:
            return False
        self._messages.append(message)
        self._bytes += len(message)
        self._wake()
        return True

    def end(self) -> None:
        """No more will come. What has come can still be read."""
        self._ended = True
        self._wake()

    async def next(self) -> Message:
        while not self._messages:
            if self._ended:
                raise StopAsyncIteration
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        message = self._messages.popleft()
        self._bytes -= len(message)
        return message

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
