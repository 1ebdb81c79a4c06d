"""What is left of a request body that the application did not read.

hyper closes a connection over it, sometimes while the next request is on its way.
"""

from backend.kit.application import AsgiMessage, Receive, Scope, Send

WORTH_READING = 1024 * 1024


class UnreadBody:
    """Between application and granian: reads a small rest before the answer, announces a close otherwise."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        self._receive = receive
        self._send = send
        self._left = b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"
        # Reading would invite a body that waits for it, and nobody wants one that is too large anyway.
        self._worth_reading = b"expect" not in headers and length(headers) <= WORTH_READING

    async def receive(self) -> AsgiMessage:
        message = await self._receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            self._left = False
        return message

    async def send(self, message: AsgiMessage) -> None:
        if message["type"] == "http.response.start" and self._left:
            if self._worth_reading:
                await self._read_rest()
            if self._left:
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
        await self._send(message)

    async def _read_rest(self) -> None:
        received = 0
        while self._left and received <= WORTH_READING:
            received += len((await self.receive()).get("body", b""))


def length(headers: dict[bytes, bytes]) -> int:
    declared = headers.get(b"content-length", b"0")
    return int(declared) if declared.isdigit() else 0
