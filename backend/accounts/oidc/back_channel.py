"""How we talk to the issuer ourselves: short JSON answers, bounded in size and time, never redirected.

A session of its own: nothing of a user goes through it, and no cookie stays.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import aiohttp
import httpx2
import msgspec

from backend.accounts.oidc.failures import unreachable, unusable

T = TypeVar("T")

_LONGEST_BODY: Final = 256 * 1024
_CONNECT_SECONDS: Final = 5.0
WHOLE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    what: str

    def __repr__(self) -> str:
        # The body of a token answer is as good as a password.
        return f"Reply(status={self.status}, what={self.what!r})"

    def read_as(self, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(self.body, type=kind)
        # What is nested too deeply is no answer either.
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise unusable(f"{self.what}: no such JSON as it must be: {type(error).__name__}") from None


class BackChannel:
    """Opened when first used, closed with the application."""

    def __init__(self, tls: ssl.SSLContext | None = None, seconds: float = WHOLE_SECONDS) -> None:
        self._tls = tls
        self._timeout = aiohttp.ClientTimeout(total=seconds, connect=min(seconds, _CONNECT_SECONDS))
        self._session: aiohttp.ClientSession | None = None

    async def get(self, url: str, what: str) -> Reply:
        """`what` names the thing asked for in the log, where an address might say too much."""
        reply = await self._ask("GET", url, what)
        if reply.status != 200:
            raise _failed(reply)
        return reply

    async def post(self, url: str, what: str, form: Mapping[str, str], authorization: str | None) -> Reply:
        """Also with a status of 4xx: a refusal has its reason in the body."""
        headers = {"Authorization": authorization} if authorization else {}
        reply = await self._ask("POST", url, what, data=dict(form), headers=headers)
        if reply.status != 200 and not 400 <= reply.status < 500:
            raise _failed(reply)
        return reply

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _ask(self, method: str, url: str, what: str, **options: Any) -> Reply:
        session = self._session or self._open()
        try:
            async with session.request(method, url, allow_redirects=False, **options) as response:
                return Reply(response.status, await _whole_body(response, what), what)
        # Without what caused it: its text and its request carry addresses and forms.
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise unreachable(f"{what}: {type(error).__name__}") from None

    def _open(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=16, ssl=self._tls or httpx2.create_ssl_context()),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            trust_env=False,
            # A few compressed bytes can become any number, so none are asked for.
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            auto_decompress=False,
        )
        return self._session


async def _whole_body(response: aiohttp.ClientResponse, what: str) -> bytes:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise unusable(f"{what}: a compressed answer, which was not asked for")
    body = bytearray()
    while piece := await response.content.readany():
        body += piece
        if len(body) > _LONGEST_BODY:
            raise unusable(f"{what}: an answer of over {_LONGEST_BODY} bytes")
    return bytes(body)


def _failed(reply: Reply) -> Exception:
    reason = f"{reply.what}: status {reply.status}"
    return unreachable(reason) if reply.status >= 500 or reply.status == 429 else unusable(reason)
