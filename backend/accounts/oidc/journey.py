"""What is remembered between the redirect and the callback: sealed into one cookie that opens only with its
state, for a few minutes, once. Nothing of it is kept here but which ones were used.
"""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from backend.accounts.oidc.client import Client
from backend.accounts.oidc.failures import start_again
from backend.kit.master_key import MasterKey

LIFETIME_SECONDS: Final = 600
_PURPOSE: Final = "oidc journey"
_NONCE_BYTES: Final = 12
_LONGEST_COOKIE: Final = 4096
_LONGEST_STATE: Final = 100
_MOST_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Journey:
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    return_to: str
    expires_at: int


class Journeys:
    def __init__(self, client: Client, master: MasterKey, now: Callable[[], datetime]) -> None:
        self._sealing = AESGCM(master.derive(_PURPOSE))
        self._bound = (client.issuer, client.client_id, client.redirect_uri)
        self._now = now
        self._used: dict[str, int] = {}

    def begin(self, return_to: str) -> tuple[Journey, str, str]:
        """With its state and its cookie."""
        expires_at = int(self._now().timestamp()) + LIFETIME_SECONDS
        journey = Journey(secrets.token_urlsafe(32), secrets.token_urlsafe(32), return_to, expires_at)
        state = secrets.token_urlsafe(32)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._sealing.encrypt(nonce, msgspec.json.encode(journey), self._bound_to(state))
        return journey, state, base64.urlsafe_b64encode(nonce + sealed).decode()

    def end(self, state: str, cookie: str) -> Journey:
        """Once: whoever brings the same cookie again is too late, whatever became of the first."""
        journey = self._open(state, cookie)
        moment = int(self._now().timestamp())
        if moment >= journey.expires_at:
            raise start_again("callback: after its time")
        self._forget_until(moment)
        if journey.nonce in self._used:
            raise start_again("callback: a second time")
        self._used[journey.nonce] = journey.expires_at
        return journey

    def _open(self, state: str, cookie: str) -> Journey:
        if not state or len(state) > _LONGEST_STATE:
            raise start_again("callback: without a state of ours")
        if not cookie or len(cookie) > _LONGEST_COOKIE:
            raise start_again("callback: without the cookie of its journey")
        try:
            sealed = base64.b64decode(cookie, altchars=b"-_", validate=True)
            opened = self._sealing.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], self._bound_to(state)
            )
            return msgspec.json.decode(opened, type=Journey)
        except (InvalidTag, ValueError):
            raise start_again("callback: state and cookie do not belong together") from None

    def _bound_to(self, state: str) -> bytes:
        return msgspec.json.encode((*self._bound, state))

    def _forget_until(self, moment: int) -> None:
        """They expire in about the order in which they were used; past the limit the oldest goes."""
        while self._used:
            oldest = next(iter(self._used))
            if self._used[oldest] > moment and len(self._used) < _MOST_REMEMBERED:
                return
            del self._used[oldest]
