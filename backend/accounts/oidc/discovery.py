"""What the issuer says about itself: where its endpoints are. Believed only under its own name."""

import time
from collections.abc import Callable
from typing import Final

import msgspec

from backend.accounts.oidc import addresses
from backend.accounts.oidc.back_channel import BackChannel
from backend.accounts.oidc.failures import unusable
from backend.accounts.oidc.flight import Flight

_LIFETIME: Final = 3600.0
_PATH: Final = "/.well-known/openid-configuration"


class Document(msgspec.Struct, frozen=True, kw_only=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None


class Discovery:
    def __init__(
        self, issuer: str, channel: BackChannel, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._issuer = issuer
        self._channel = channel
        self._monotonic = monotonic
        self._known: tuple[float, Document] | None = None
        self._flight = Flight(self._fetch)

    async def document(self) -> Document:
        if self._known is not None and self._monotonic() - self._known[0] < _LIFETIME:
            return self._known[1]
        return await self._flight.join()

    async def aclose(self) -> None:
        await self._flight.aclose()

    async def _fetch(self) -> Document:
        reply = await self._channel.get(self._issuer.rstrip("/") + _PATH, "discovery")
        document = reply.read_as(Document)
        _check(document, self._issuer)
        self._known = (self._monotonic(), document)
        return document


def _check(document: Document, issuer: str) -> None:
    if document.issuer != issuer:
        raise unusable("discovery: the document is of another issuer")
    on_this_machine = addresses.is_plain_loopback(addresses.checked(issuer))
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"):
        url = getattr(document, name)
        if url is None:
            continue
        try:
            parts = addresses.checked(url)
        except ValueError as reason:
            raise unusable(f"discovery: {name}: {reason}") from None
        # An issuer elsewhere has nothing to say about what listens here, least of all in clear.
        if parts.scheme == "http" and not on_this_machine:
            raise unusable(f"discovery: {name}: HTTP, though the issuer has HTTPS")
