"""The WebSocket side of the portable server: the same endpoints, spoken to over ASGI."""

import asyncio
from contextlib import suppress

from backend.kit.application import Application, AsgiMessage, Receive, Scope, Send
from backend.kit.http.request_ids import request_id_from
from backend.kit.sockets import Accept, Message, Refuse, SocketRequest
from backend.server.conversation import SHUTTING_DOWN, admit, converse, refusal_body
from backend.server.portable.socket import PortableSocket
from backend.server.portable.topics import Topics
from backend.server.slow import SlowReaders

NO_SOCKET = Refuse(404, "There is no socket at this path.")
LAST_WORDS = 5.0  # seconds to deliver what is left, and as many for the close frame


class SocketSide:
    def __init__(self, application: Application) -> None:
        self._application = application
        self._topics = Topics()
        self._slow = SlowReaders()
        self._closing = False
        self.open: set[PortableSocket] = set()
        self.talking: set[asyncio.Task[None]] = set()

    def publish(self, topic: str, message: Message) -> None:
        self._topics.publish(topic, message)

    def close_all(self, code: int, reason: str) -> None:
        self._closing = True
        for socket in tuple(self.open):
            socket.close(code, reason)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        request = socket_request(scope)
        endpoint = self._application.sockets.get(request.path)
        if endpoint is None or self._closing:
            await refuse(scope, request, send, SHUTTING_DOWN if self._closing else NO_SOCKET)
            return
        answer = await admit(endpoint, request)
        if self._closing:  # all open sockets were told so meanwhile; this one would not be
            answer = SHUTTING_DOWN
        if isinstance(answer, Refuse):
            await refuse(scope, request, send, answer)
            return
        await send(acceptance(answer))
        socket = PortableSocket(request, self._topics, self._slow)
        self.open.add(socket)
        talking = asyncio.create_task(converse(endpoint, socket, self._application.socket_closed))
        self.talking.add(talking)
        talking.add_done_callback(self.talking.discard)
        try:
            await carry(socket, receive, send)
        finally:
            self.open.discard(socket)
            self._topics.leave_all(socket)


async def carry(socket: PortableSocket, receive: Receive, send: Send) -> None:
    """Between the client and the socket, until one of them ends it.

    granian's close waits for a pending receive, so that one is cancelled first.
    """
    reading = asyncio.create_task(read(socket, receive))
    writing = asyncio.create_task(socket.write_out(send))
    try:
        await socket.ended.wait()
        await asyncio.wait((writing,), timeout=LAST_WORDS)
    finally:
        reading.cancel()
        writing.cancel()
        await asyncio.gather(reading, writing, return_exceptions=True)
        socket.client_went(1006, "")
    if socket.ending.by == "server":
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                code, reason = socket.ending.code, socket.ending.reason
                await send({"type": "websocket.close", "code": code, "reason": reason})
                # What it still sends is read and dropped; a reset would overtake the close frame.
                while (await receive())["type"] != "websocket.disconnect":
                    pass


async def read(socket: PortableSocket, receive: Receive) -> None:
    """The one permanent reader: a cancelled receive could lose a message."""
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            socket.client_went(message.get("code") or 1005, message.get("reason") or "")
            return
        text = message.get("text")
        socket.message_arrived(text if text is not None else message.get("bytes") or b"")


def acceptance(answer: Accept) -> AsgiMessage:
    return {"type": "websocket.accept", "subprotocol": answer.subprotocol, "headers": []}


async def refuse(scope: Scope, request: SocketRequest, send: Send, refusal: Refuse) -> None:
    if "websocket.http.response" in scope.get("extensions", {}):
        headers = [(b"content-type", b"application/json"), (b"x-request-id", request.id.encode())]
        headers += [(name.encode(), value.encode()) for name, value in refusal.headers.items()]
        await send({"type": "websocket.http.response.start", "status": refusal.status, "headers": headers})
        body = refusal_body(refusal, request)
        await send({"type": "websocket.http.response.body", "body": body})
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": refusal.message})


def socket_request(scope: Scope) -> SocketRequest:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    protocols = scope.get("subprotocols") or headers.get("sec-websocket-protocol", "").split(",")
    return SocketRequest(
        id=request_id_from(headers.get("x-request-id")),
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        client=scope["client"][0] if scope.get("client") else None,
        subprotocols=tuple(name.strip() for name in protocols if name.strip()),
    )
