"""The issuer's tokens, verified with the issuer's keys: ID tokens for signing in, API tokens for calling."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from backend.accounts.jwts import BadToken, kid_of, verify_foreign
from backend.accounts.oidc.client import Client
from backend.accounts.oidc.key_set import KeySet

# An ID token comes straight from the issuer, so an old one was kept by somebody.
_OLDEST_SECONDS: Final = 600


class Tokens:
    def __init__(self, client: Client, keys: KeySet, now: Callable[[], datetime]) -> None:
        self._client = client
        self._keys = keys
        self._now = now

    async def of_id(self, token: str, *, nonce: str, access_token: str | None) -> Mapping[str, Any]:
        claims = await self._verified(token, self._client.client_id, None)
        _check_party(claims, self._client.client_id)
        if self._now().timestamp() - claims["iat"] > _OLDEST_SECONDS:
            raise BadToken("issued long ago")
        if not _same(claims.get("nonce"), nonce):
            raise BadToken("of another journey")
        if "at_hash" in claims and not _same(claims["at_hash"], _half_hash(access_token or "")):
            raise BadToken("with another access token")
        return claims

    async def of_api(self, token: str) -> Mapping[str, Any] | None:
        """None: not to be believed."""
        if self._client.api_audience is None:
            return None
        try:
            if not self._claims_to_be_of_the_issuer(token):
                return None
            return await self._verified(token, self._client.api_audience, self._client.api_token_types)
        except BadToken:
            return None

    async def _verified(self, token: str, audience: str, types: Collection[str] | None) -> Mapping[str, Any]:
        key = await self._keys.key(kid_of(token))
        if key is None:
            raise BadToken("signed with a key that the issuer does not have")
        return verify_foreign(
            token,
            jwk=key.jwk,
            algorithm=key.algorithm,
            issuer=self._client.issuer,
            audience=audience,
            typ=types,
            now=self._now(),
        )

    def _claims_to_be_of_the_issuer(self, token: str) -> bool:
        """Proves nothing. A token of somebody else is no reason to ask the issuer for its keys."""
        kid_of(token)  # refuses what is no token at all
        payload = token.split(".")[1]
        try:
            claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except (ValueError, RecursionError):
            return False
        return isinstance(claims, dict) and claims.get("iss") == self._client.issuer


def _check_party(claims: Mapping[str, Any], client_id: str) -> None:
    """Meant for several, it must say which of them asked for it (OpenID Connect Core §3.1.3.7)."""
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or "azp" in claims) and claims.get("azp") != client_id:
        raise BadToken("asked for by another client")


def _same(given: object, expected: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _half_hash(access_token: str) -> str:
    """Both algorithms that we take have SHA-256 in them."""
    digest = hashlib.sha256(access_token.encode("utf-8", "replace")).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
