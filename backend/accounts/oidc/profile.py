"""Who somebody is at the issuer, as read from a verified token. Claims of the wrong type count as missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Self

_LONGEST_NAME: Final = 100
_LONGEST_EMAIL: Final = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    issuer: str
    subject: str
    email: str | None
    """In lower case."""
    email_verified: bool
    name: str
    expires_at: datetime
    """When the token that says so ends."""
    id_token: str | None = field(default=None, repr=False)
    """For signing out at the issuer."""

    @classmethod
    def of(cls, claims: Mapping[str, Any], id_token: str | None = None) -> Self:
        email = _email(claims.get("email"))
        return cls(
            issuer=claims["iss"],
            subject=claims["sub"],
            email=email,
            # Nothing but the word itself: "true", 1 and "yes" are somebody's guess.
            email_verified=email is not None and claims.get("email_verified") is True,
            name=_name(claims.get("name")),
            expires_at=_moment(claims["exp"]),
            id_token=id_token,
        )


def _email(given: object) -> str | None:
    """Only ASCII: some letters of other alphabets become plain ones in lower case, and so another address."""
    if not isinstance(given, str) or not given.isascii() or not given.isprintable():
        return None
    mailbox, at, host = given.partition("@")
    if not (mailbox and at and host) or "@" in host or " " in given or len(given) > _LONGEST_EMAIL:
        return None
    # The first owner is called so until they say otherwise, and nobody can prove such an address.
    return None if host.lower().strip(".") == "localhost" else given.lower()


def _name(given: object) -> str:
    if not isinstance(given, str):
        return ""
    return "".join(letter for letter in given if letter.isprintable()).strip()[:_LONGEST_NAME]


def _moment(seconds: float) -> datetime:
    """A token that never ends has a time that no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC)
