"""The way out: what a socket does is told in words that the SDKs know, and no connection is left behind."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

import httpx2
import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer

from backend.providers.calling import Providers
from backend.providers.capabilities import Capabilities
from backend.providers.endpoints import Endpoint
from backend.providers.simulator.server import Simulator
from backend.providers.target import Target
from backend.providers.transport import UpstreamTransport, body_of, http_client
from tests.support.wires import WIRES, Told, ask, quick

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


@pytest.fixture
async def transport() -> AsyncIterator[UpstreamTransport]:
    transport = UpstreamTransport()
    try:
        yield transport
    finally:
        await transport.aclose()


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[str]:
    """A server of bytes: what it sends need not be HTTP."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith((b"GET ", b"POST "))
            await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


def saying(data: bytes, *, reset: bool = False) -> Serve:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if reset:
            peer = writer.get_extra_info("socket")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return serve


async def get(transport: UpstreamTransport, url: str) -> httpx2.Response:
    return await http_client(transport).send(httpx2.Request("GET", url), stream=True)


@pytest.mark.parametrize(
    "data",
    [b"", b"HTTP/1.1 200", b"220 smtp ready\r\n\r\n", b"HTTP/1.1 200 OK\r\nbroken header\r\n\r\n"],
    ids=["nothing", "half-a-line", "not-http", "broken-header"],
)
async def test_what_is_no_answer_is_an_error_of_the_transport(
    data: bytes, transport: UpstreamTransport
) -> None:
    async with listening(saying(data)) as url:
        with pytest.raises(httpx2.TransportError) as raised:
            await get(transport, url)
    assert str(raised.value)


@pytest.mark.parametrize(
    ("data", "reset"),
    [
        (HEAD + b'content-length: 99\r\n\r\n{"half":', False),
        (HEAD + b'transfer-encoding: chunked\r\n\r\n4\r\n{"ha\r\n', False),
        (HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n", False),
        (HEAD + b"content-encoding: gzip\r\ncontent-length: 8\r\n\r\nnot gzip", False),
        (HEAD + b"content-length: 99\r\n\r\n{", True),
    ],
    ids=["too-short", "no-last-chunk", "bad-chunk", "not-gzip", "reset"],
)
async def test_a_body_that_breaks_off_is_an_error_of_the_transport(
    data: bytes, reset: bool, transport: UpstreamTransport
) -> None:
    async with listening(saying(data, reset=reset)) as url:
        with pytest.raises(httpx2.TransportError) as raised:
            await (await get(transport, url)).aread()
    assert str(raised.value)
    assert transport.idle_connections() == 0


async def test_whoever_floods_leaves_everybody_else_a_turn_between_small_pieces(
    transport: UpstreamTransport,
) -> None:
    flood = bytes(4_000_000)
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with listening(saying(HEAD + b"content-length: 4000000\r\n\r\n" + flood)) as url:
        body = body_of(await get(transport, url))
        others = asyncio.create_task(take_turns())
        pieces = []
        while piece := await body.read():
            pieces.append((len(piece), turns))
        others.cancel()
    assert sum(length for length, _ in pieces) == len(flood)
    assert max(length for length, _ in pieces) <= 16_384
    assert all(later > earlier for (_, earlier), (_, later) in pairwise(pieces))


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://127.0.0.1:99999/", "http:///nowhere"])
async def test_an_address_that_is_none_is_an_error_of_the_transport(
    url: str, transport: UpstreamTransport
) -> None:
    with pytest.raises((httpx2.TransportError, httpx2.InvalidURL)):
        await get(transport, url)


async def test_nobody_there_cannot_be_connected_to(transport: UpstreamTransport) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can be there
        with pytest.raises(httpx2.ConnectError):
            await get(transport, f"http://127.0.0.1:{taken.getsockname()[1]}/")


async def test_a_connection_waits_for_the_next_request_only_when_its_answer_was_read_to_the_end(
    transport: UpstreamTransport,
) -> None:
    async def answer(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=b"x" * 1_000_000)

    async with RawTestServer(answer) as server:
        url = str(server.make_url("/"))
        response = await get(transport, url)
        assert len(await response.aread()) == 1_000_000
        assert transport.idle_connections() == 1

        response = await get(transport, url)
        assert await body_of(response).read()
        await response.aclose()
        assert transport.idle_connections() == 0


async def test_an_abort_ends_the_read_that_somebody_awaits(transport: UpstreamTransport) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"content-length: 9\r\n\r\n")
        await reader.read()

    async with listening(hang) as url:
        body = body_of(await get(transport, url))
        reading = asyncio.create_task(body.read())
        await asyncio.sleep(0)
        assert not reading.done()
        body.abort()
        async with asyncio.timeout(20):
            with pytest.raises(httpx2.TransportError):
                await reading
    assert transport.idle_connections() == 0


async def test_a_rest_that_does_not_come_is_not_waited_for(transport: UpstreamTransport) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"content-length: 9\r\n\r\nhalf")
        assert await reader.read() == b""  # until the client leaves

    async with listening(hang) as url:
        body = body_of(await get(transport, url))
        async with asyncio.timeout(20):
            await body.drain()
    assert transport.idle_connections() == 0


async def test_headers_arrive_as_they_were_sent_but_for_what_has_been_undone(
    transport: UpstreamTransport,
) -> None:
    data = HEAD + b"X-Request-Id: req_1\r\nx-twice: a\r\nx-twice: b\r\ncontent-length: 2\r\n\r\n{}"
    async with listening(saying(data)) as url:
        response = await get(transport, url)
        assert response.headers.get_list("x-twice") == ["a", "b"]
        assert response.headers["x-request-id"] == "req_1"
        assert "content-length" not in response.headers
        assert await response.aread() == b"{}"


async def test_closing_leaves_no_connection(simulator: Simulator) -> None:
    providers = Providers(lambda _target, _outcome: None)
    for wire in WIRES:
        assert (await ask(providers, wire.target(simulator, quick("swift")))).error is None
    assert simulator.stats.connections_open == providers.sdks.transport.idle_connections() == 1
    await providers.aclose()

    async with asyncio.timeout(20):
        while simulator.stats.connections_open:  # noqa: ASYNC110 - the other side is told by the kernel
            await asyncio.sleep(0.001)


def own(url: str) -> Target:
    endpoint = Endpoint("own", "Own", url)
    return Target(endpoint, "some-model", "chat", Capabilities())


async def refusal(providers: Providers, data: bytes) -> Told:
    async with listening(saying(data)) as url:
        return await ask(providers, own(url))


@pytest.mark.parametrize("reason", ["", "Gone.", "Sp\xe4ter."])
async def test_the_words_beside_a_status_do_not_matter(reason: str, providers: Providers) -> None:
    head = f"HTTP/1.1 403 {reason}\r\ncontent-length: 0\r\n\r\n".encode("latin-1")
    told = await refusal(providers, head)
    assert told.error is not None
    assert (told.error.kind, told.error.status) == ("credentials", 403)


# --- refusals that break off


@pytest.mark.parametrize("status", [400, 401, 429, 500])
async def test_a_refusal_that_breaks_off_is_an_error_of_ours(status: int, providers: Providers) -> None:
    head = f"HTTP/1.1 {status} No\r\ncontent-length: 99\r\nretry-after: 3600\r\n\r\n".encode()
    told = await refusal(providers, head + b'{"error":')
    assert told.error is not None
    assert told.error.kind == "unreachable"
