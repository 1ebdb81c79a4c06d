"""The one way out to model servers: both SDKs send through one aiohttp session, at a third of httpx's cost.

A response's body is ours to read (`body_of`); the SDKs only ever read short ones: errors, lists, embeddings.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final, TypeAlias, cast

import aiohttp
import httpx2

_LONGEST_BODY: Final = 64 * 1024 * 1024
_KEEP_ALIVE: Final = 15.0
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
# A whole answer that is still to be thrown away is not worth a connection.
_DRAIN: Final = 0.25
_AT_ONCE: Final = 8 * 1024
"""Bytes of one answer between which everybody else has their turn of the loop."""


Connector: TypeAlias = Callable[..., aiohttp.TCPConnector]


class UpstreamBody(httpx2.AsyncByteStream):
    """What comes after the headers. Closing it before its end closes the socket."""

    def __init__(self, response: aiohttp.ClientResponse, sent: float) -> None:
        self._response = response
        self.sent = sent
        self.headers_at = time.monotonic()
        self._more = False

    async def read(self) -> bytes:
        """What has arrived, so much of it as one may take at once; empty at the end."""
        if self._more:
            await asyncio.sleep(0)
        try:
            data = await self._response.content.read(_AT_ONCE)
        except (aiohttp.ClientError, OSError) as error:
            raise _as_httpx2(error) from error
        self._more = len(data) == _AT_ONCE
        return data

    async def drain(self) -> None:
        """After the last event: a moment for the last bytes, so that the connection can be used again."""
        try:
            async with asyncio.timeout(_DRAIN):
                while await self.read():
                    pass
        except (TimeoutError, httpx2.HTTPError):
            self._response.close()

    def abort(self) -> None:
        """Ends a read that somebody awaits."""
        self._response.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        while piece := await self.read():
            size += len(piece)
            if size > _LONGEST_BODY:
                raise httpx2.ReadError(f"an answer of over {_LONGEST_BODY:,} bytes")
            yield piece

    async def aclose(self) -> None:
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._response.close()


def body_of(response: httpx2.Response) -> UpstreamBody:
    return cast("UpstreamBody", response.extensions["body"])


class UpstreamTransport(httpx2.AsyncBaseTransport):
    """Opened and closed with the application; needs a running loop for its first request only."""

    def __init__(self, proxy: str | None = None, connector: Connector = aiohttp.TCPConnector) -> None:
        """`connector` decides where connections may go."""
        self._proxy = proxy
        self._connector = connector
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        session = self._session or self._open()
        timeout = request.extensions.get("timeout", {})
        raw_headers = request.headers.raw
        sent = time.monotonic()
        try:
            response = await session.request(
                request.method,
                str(request.url),
                headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw_headers],
                data=request.content or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, connect=timeout.get("connect")),
                proxy=None if request.url.host in _THIS_MACHINE else self._proxy,
            )
        except (aiohttp.ClientError, OSError) as error:
            raise _as_httpx2(error) from error
        body = UpstreamBody(response, sent)
        return httpx2.Response(
            response.status,
            headers=[pair for pair in response.raw_headers if pair[0].lower() not in _UNDONE],
            stream=body,
            extensions={"body": body},
        )

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    def idle_connections(self) -> int:
        """Those that wait for a next request."""
        connector = self._session.connector if self._session else None
        return sum(len(idle) for idle in connector._conns.values()) if connector else 0  # noqa: SLF001

    def _open(self) -> aiohttp.ClientSession:
        connector = self._connector(limit=0, keepalive_timeout=_KEEP_ALIVE, ssl=httpx2.create_ssl_context())
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            # Answers come decompressed; nothing else is added to what the SDK says.
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )
        return self._session


# aiohttp has undone these before we see the body.
_UNDONE: Final = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


def http_client(transport: UpstreamTransport) -> httpx2.AsyncClient:
    """For the SDKs. Keeps no cookies: the next request may be another user's."""
    nobodys = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    return httpx2.AsyncClient(transport=transport, cookies=nobodys, trust_env=False, follow_redirects=False)


def _as_httpx2(error: aiohttp.ClientError | OSError) -> httpx2.TransportError:
    """The SDKs know httpx2's exceptions, not aiohttp's."""
    for ours, theirs in _EXCEPTIONS:
        if isinstance(error, ours):
            return theirs(str(error) or type(error).__name__)
    return httpx2.RemoteProtocolError(str(error) or type(error).__name__)


# The most exact first.
_EXCEPTIONS: Final[tuple[tuple[type[Exception], type[httpx2.TransportError]], ...]] = (
    (TimeoutError, httpx2.ConnectTimeout),
    (aiohttp.InvalidURL, httpx2.UnsupportedProtocol),
    (aiohttp.NonHttpUrlClientError, httpx2.UnsupportedProtocol),
    (aiohttp.ClientConnectorError, httpx2.ConnectError),
    (aiohttp.ClientPayloadError, httpx2.ReadError),
)
