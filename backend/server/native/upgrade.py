"""From an HTTP request to an open socket, or to a refusal."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from backend.kit.http.request_ids import request_id_from
from backend.kit.sockets import Accept, Refuse, SocketEndpoint, SocketRequest
from backend.server.conversation import SHUTTING_DOWN, admit, refusal_body
from backend.server.native.request import decoded_path, headers_of, text
from backend.server.native.response import ResponseWriter
from backend.server.native.wire import Wire


@dataclass(frozen=True, slots=True)
class Candidate:
    """A connection that wants to become a socket. The C side is valid until it aborts."""

    number: int
    res: Any
    context: Any
    key: bytes
    endpoint: SocketEndpoint
    request: SocketRequest


class Upgrades:
    def __init__(self, wire: Wire, accepted: Callable[[Candidate], None]) -> None:
        self._wire = wire
        self._accepted = accepted  # registers the socket under the candidate's number before it opens
        self._numbers = itertools.count(1)
        self._loop = asyncio.get_running_loop()
        self._on_aborted = wire.callback("void(uws_res_t*, void*)", self._client_went)
        self.running: dict[int, asyncio.Task[None]] = {}
        self.closing = False

    def callback_for(self, endpoint: SocketEndpoint) -> Any:
        return self._wire.callback(
            "void(uws_res_t*, uws_req_t*, uws_socket_context_t*, void*)",
            lambda res, req, context, _data: self._requested(res, req, context, endpoint),
        )

    def _requested(self, res: Any, req: Any, context: Any, endpoint: SocketEndpoint) -> None:
        wire, number = self._wire, next(self._numbers)
        wire.lib.uws_res_on_aborted(wire.ssl, res, self._on_aborted, wire.number(number))
        data = wire.lib.socketify_asgi_ws_request(wire.ssl, req, res)
        key = text(wire.ffi, data.key, data.key_size)
        request = socket_request(wire.ffi, data)
        wire.lib.socketify_destroy_headers(data.header_list)
        candidate = Candidate(number, res, context, key, endpoint, request)
        task = self._loop.create_task(self._decide(candidate))
        self.running[number] = task
        task.add_done_callback(lambda _task: self.running.pop(number, None))

    async def _decide(self, candidate: Candidate) -> None:
        answer = await self._answer(candidate)
        if isinstance(answer, Refuse):
            self._refuse(candidate, answer)
            return
        self._accepted(candidate)
        lib, ssl, pointer = self._wire.lib, self._wire.ssl, self._wire.number(candidate.number)
        key, protocol = candidate.key, (answer.subprotocol or "").encode()
        self._wire.corked(
            candidate.res,
            lambda: lib.uws_res_upgrade(
                ssl,
                candidate.res,
                pointer,
                key,
                len(key),
                protocol,
                len(protocol),
                b"",  # no extension is offered, so no message is ever compressed
                0,
                candidate.context,
            ),
        )

    async def _answer(self, candidate: Candidate) -> Accept | Refuse:
        if self.closing:
            return SHUTTING_DOWN
        answer = await admit(candidate.endpoint, candidate.request)
        # All open sockets may have been told meanwhile that the server ends; this one would not be.
        return SHUTTING_DOWN if self.closing else answer

    def _refuse(self, candidate: Candidate, refusal: Refuse) -> None:
        writer = ResponseWriter(self._wire, candidate.res, is_head=False, close=True)
        headers = [
            (b"content-type", b"application/json"),
            (b"x-request-id", candidate.request.id.encode()),
        ]
        headers += [(name.encode(), value.encode()) for name, value in refusal.headers.items()]
        writer.start(refusal.status, headers)
        writer.write(refusal_body(refusal, candidate.request), more=False)

    def _client_went(self, _res: Any, user_data: Any) -> None:
        task = self.running.pop(self._wire.number_of(user_data), None)
        if task is not None:
            task.cancel()


def socket_request(ffi: Any, data: Any) -> SocketRequest:
    headers = headers_of(ffi, data.header_list)
    fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
    protocols = text(ffi, data.protocol, data.protocol_size).decode("latin-1")
    return SocketRequest(
        id=request_id_from(fields.get("x-request-id")),
        path=decoded_path(text(ffi, data.url, data.url_size)),
        query=text(ffi, data.query_string, data.query_string_size).removeprefix(b"?").decode("latin-1"),
        headers=fields,
        client=text(ffi, data.remote_address, data.remote_address_size).decode("latin-1") or None,
        subprotocols=tuple(name.strip() for name in protocols.split(",") if name.strip()),
    )
