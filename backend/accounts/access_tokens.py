"""The short-lived proof that somebody signed in: who, and on which device. Rights are not in it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self
from uuid import UUID

from backend.accounts import jwts
from backend.accounts.jwts import BadToken
from backend.kit.ids import new_id
from backend.kit.master_key import MasterKey

LIFETIME: Final = timedelta(minutes=15)
_ISSUER: Final = "bakeoff"
_AUDIENCE: Final = "bakeoff"
_TYP: Final = "at+jwt"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a token says. The role is the user's of the moment, not the token's."""

    user_id: UUID
    device_id: UUID
    token_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AccessTokens:
    _secret: bytes = field(repr=False)

    @classmethod
    def of(cls, master: MasterKey) -> Self:
        return cls(master.derive("access"))

    def issue(self, user_id: UUID, device_id: UUID, now: datetime) -> str:
        issued = int(now.timestamp())
        claims = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "sub": str(user_id),
            "device": str(device_id),
            "jti": str(new_id()),
            "iat": issued,
            "exp": issued + int(LIFETIME.total_seconds()),
        }
        return jwts.sign(claims, secret=self._secret, typ=_TYP)

    def verify(self, token: str, now: datetime) -> Proof:
        """Raises BadToken."""
        claims = jwts.verify_own(
            token, secret=self._secret, issuer=_ISSUER, audience=_AUDIENCE, typ=_TYP, now=now
        )
        try:
            user_id, device_id, token_id = (UUID(claims[name]) for name in ("sub", "device", "jti"))
        except (KeyError, ValueError, AttributeError, TypeError):
            raise BadToken("without the ids that ours have") from None
        return Proof(user_id, device_id, token_id, datetime.fromtimestamp(claims["exp"], now.tzinfo))
