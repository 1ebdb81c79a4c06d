"""Signing in at the issuer from our side: away, back again, out; and whose API token this is.

The two visits of a browser share nothing here but a cookie. Knows no account: who is let in is for actions.
"""

import base64
import hashlib
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from backend.accounts.jwts import BadToken
from backend.accounts.oidc import addresses
from backend.accounts.oidc.back_channel import WHOLE_SECONDS, BackChannel
from backend.accounts.oidc.client import Client
from backend.accounts.oidc.discovery import Discovery
from backend.accounts.oidc.exchange import exchange
from backend.accounts.oidc.failures import unusable
from backend.accounts.oidc.journey import Journey, Journeys
from backend.accounts.oidc.key_set import KeySet
from backend.accounts.oidc.keys import Key, usable_keys
from backend.accounts.oidc.profile import Profile
from backend.accounts.oidc.tokens import Tokens
from backend.kit import clock
from backend.kit.master_key import MasterKey

_LONGEST_HINT: Final = 4096


class _PublishedKeys(msgspec.Struct, frozen=True):
    keys: list[Any]


@dataclass(frozen=True, slots=True)
class Departure:
    url: str = field(repr=False)
    cookie: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    profile: Profile
    return_to: str


class RelyingParty:
    """Asks the issuer nothing before the first who signs in."""

    def __init__(
        self,
        client: Client,
        master: MasterKey,
        *,
        tls: ssl.SSLContext | None = None,
        seconds: float = WHOLE_SECONDS,
        now: Callable[[], datetime] = clock.now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`seconds`: how long one answer of the issuer may take."""
        self._client = client
        self._channel = BackChannel(tls, seconds)
        self._discovery = Discovery(client.issuer, self._channel, monotonic)
        self._keys = KeySet(self._published_keys, monotonic)
        self._tokens = Tokens(client, self._keys, now)
        self._journeys = Journeys(client, master, now)

    async def begin(self, return_to: str | None) -> Departure:
        endpoint = (await self._discovery.document()).authorization_endpoint
        journey, state, cookie = self._journeys.begin(addresses.local_path(return_to))
        return Departure(_with_query(endpoint, self._question(journey, state)), cookie)

    async def finish(self, code: str, state: str, cookie: str) -> Arrival:
        journey = self._journeys.end(state, cookie)
        document = await self._discovery.document()
        granted = await exchange(self._channel, document.token_endpoint, self._client, code, journey.verifier)
        try:
            claims = await self._tokens.of_id(
                granted.id_token, nonce=journey.nonce, access_token=granted.access_token
            )
        except BadToken as bad:
            raise unusable(f"ID token: {bad.reason}") from None
        return Arrival(Profile.of(claims, granted.id_token), journey.return_to)

    async def end_session_url(self, id_token: str | None) -> str | None:
        """Where to send the browser to sign out there too; None: the issuer offers no such thing."""
        endpoint = (await self._discovery.document()).end_session_endpoint
        if endpoint is None:
            return None
        question = {"client_id": self._client.client_id}
        if id_token and len(id_token) <= _LONGEST_HINT:  # longer ones make an address that servers refuse
            question["id_token_hint"] = id_token
        if self._client.signed_out_uri is not None:
            question["post_logout_redirect_uri"] = self._client.signed_out_uri
        return _with_query(endpoint, question)

    async def bearer(self, token: str) -> Profile | None:
        """None: no API token of the issuer for us. Fails only when the issuer's keys cannot be had at all."""
        claims = await self._tokens.of_api(token)
        return Profile.of(claims) if claims is not None else None

    async def aclose(self) -> None:
        await self._keys.aclose()
        await self._discovery.aclose()
        await self._channel.aclose()

    async def _published_keys(self) -> Mapping[str | None, Key]:
        document = await self._discovery.document()
        reply = await self._channel.get(document.jwks_uri, "keys")
        return usable_keys(reply.read_as(_PublishedKeys).keys, self._client.algorithm)

    def _question(self, journey: Journey, state: str) -> dict[str, str]:
        challenge = hashlib.sha256(journey.verifier.encode()).digest()
        return {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": self._client.redirect_uri,
            "scope": " ".join(self._client.scopes),
            "state": state,
            "nonce": journey.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }


def _with_query(endpoint: str, question: Mapping[str, str]) -> str:
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(question)}"
