"""Signed tokens, ours and those of other issuers. The only module that knows python-jose.

Of the library only signatures are used, each with the one algorithm and the one key that the verifier was
given; it is lenient in everything else, so structure and claims are checked here.
"""

import base64
import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from jose import jwk as keys
from jose import jws
from jose.backends.base import Key
from jose.exceptions import JOSEError

ForeignAlgorithm: TypeAlias = Literal["RS256", "ES256"]

LONGEST: Final = 8 * 1024
SKEW_SECONDS: Final = 30
"""How far the clock of another issuer may be from ours."""
_OURS: Final = "HS256"
_SHORTEST_SECRET: Final = 32
_SHORTEST_RSA_BITS: Final = 2048
_LONGEST_SUBJECT: Final = 255
# The largest whole number that every reader of JSON keeps exactly.
_LATEST: Final = 2**53

_THREE_PARTS: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_HEADERS_OF_OURS: Final = frozenset({"alg", "typ"})
# They bring a key along or change how the rest is to be read.
_REFUSED_HEADERS: Final = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc", "cty"})


class BadToken(Exception):  # noqa: N818 - reads as what it is
    """Not to be believed. `reason` is for the log, holds nothing of the token, and no client learns it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def sign(claims: Mapping[str, Any], *, secret: bytes, typ: str) -> str:
    return jws.sign(dict(claims), _key_of_ours(secret), headers={"typ": typ}, algorithm=_OURS)


def verify_own(
    token: str, *, secret: bytes, issuer: str, audience: str, typ: str, now: datetime
) -> Mapping[str, Any]:
    header = _header(token)
    if header.keys() - _HEADERS_OF_OURS:
        raise BadToken("a header that ours never have")
    if header.get("typ") != typ:
        raise BadToken("another type of token")
    claims = _signed_claims(token, header, _key_of_ours(secret), _OURS)
    if claims.get("aud") != audience:
        raise BadToken("for another audience")
    _check(claims, issuer=issuer, now=now.timestamp(), leeway=0)
    return claims


def verify_foreign(
    token: str,
    *,
    jwk: Mapping[str, Any],
    algorithm: ForeignAlgorithm,
    issuer: str,
    audience: str,
    typ: str | Collection[str] | None,
    now: datetime,
) -> Mapping[str, Any]:
    """`typ` None is what ID tokens carry: JWT or nothing. Which key it is, the caller decides by `kid_of`."""
    header = _header(token)
    _refuse_other_type(header, typ)
    claims = _signed_claims(token, header, _foreign_key(jwk, algorithm), algorithm)
    _refuse_other_audience(claims.get("aud"), audience)
    _check(claims, issuer=issuer, now=now.timestamp(), leeway=SKEW_SECONDS)
    return claims


def kid_of(token: str) -> str | None:
    """Which of the issuer's keys is said to have signed it. Not verified: good for a look-up only."""
    kid: str | None = _header(token).get("kid")
    return kid


def _header(token: str) -> Mapping[str, Any]:
    if len(token) > LONGEST:
        raise BadToken("too long")
    if not _THREE_PARTS.fullmatch(token):
        raise BadToken("not three parts of base64url")
    # Spare bits and padding would let one token be written in many ways.
    decoded = [_bytes(part) for part in token.split(".")]
    header = _json_object(decoded[0])
    if header.keys() & _REFUSED_HEADERS:
        raise BadToken("a header that is never followed")
    if not all(isinstance(header.get(name, ""), str) for name in ("alg", "typ", "kid")):
        raise BadToken("a header of the wrong type")
    return header


def _signed_claims(token: str, header: Mapping[str, Any], key: Key, algorithm: str) -> Mapping[str, Any]:
    if header.get("alg") != algorithm:
        raise BadToken("another algorithm")
    try:
        payload = jws.verify(token, key, [algorithm])
    except JOSEError:
        raise BadToken("the signature does not fit") from None
    return _json_object(payload)


def _check(claims: Mapping[str, Any], *, issuer: str, now: float, leeway: float) -> None:
    if claims.get("iss") != issuer:
        raise BadToken("from another issuer")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise BadToken("without a subject")
    if now >= _moment(claims, "exp") + leeway:
        raise BadToken("expired")
    if _moment(claims, "iat") > now + SKEW_SECONDS:
        raise BadToken("from the future")
    if "nbf" in claims and _moment(claims, "nbf") > now + leeway:
        raise BadToken("not valid yet")


def _moment(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadToken(f"without a time in {name}")
    # Infinity, which 1e999 is, and NaN are not between the two either.
    if not 0 <= value <= _LATEST:
        raise BadToken(f"with an impossible time in {name}")
    return value


def _refuse_other_type(header: Mapping[str, Any], expected: str | Collection[str] | None) -> None:
    # A media type: without regard to case, and `application/` may be left out (RFC 7515 §4.1.9).
    given = str(header.get("typ", "")).lower().removeprefix("application/")
    if expected is None:
        accepted = {"", "jwt"}
    else:
        accepted = {typ.lower() for typ in ([expected] if isinstance(expected, str) else expected)}
    if given not in accepted:
        raise BadToken("another type of token")


def _refuse_other_audience(given: object, audience: str) -> None:
    audiences = [given] if isinstance(given, str) else given
    if not isinstance(audiences, list) or not all(isinstance(each, str) for each in audiences):
        raise BadToken("without an audience")
    if audience not in audiences:
        raise BadToken("for another audience")


def _key_of_ours(secret: bytes) -> Key:
    if len(secret) < _SHORTEST_SECRET:
        raise ValueError(f"a signing secret has at least {_SHORTEST_SECRET} bytes")
    # As a JWK: plain bytes would first be tried as JSON.
    return keys.construct({"kty": "oct", "k": _text(secret)}, _OURS)


def _foreign_key(jwk: Mapping[str, Any], algorithm: ForeignAlgorithm) -> Key:
    match algorithm:
        case "RS256":
            fits = jwk.get("kty") == "RSA" and _rsa_bits(jwk) >= _SHORTEST_RSA_BITS
        case "ES256":
            fits = jwk.get("kty") == "EC" and jwk.get("crv") == "P-256"
    if not fits or "d" in jwk or jwk.get("alg", algorithm) != algorithm or jwk.get("use", "sig") != "sig":
        raise BadToken("the issuer's key is not one for this")
    try:
        return keys.construct(dict(jwk), algorithm)
    except (JOSEError, ValueError, TypeError):
        raise BadToken("the issuer's key cannot be read") from None


def _rsa_bits(jwk: Mapping[str, Any]) -> int:
    modulus = jwk.get("n")
    return int.from_bytes(_bytes(modulus)).bit_length() if isinstance(modulus, str) else 0


def _bytes(part: str) -> bytes:
    try:
        decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise BadToken("not base64url") from None
    if _text(decoded) != part:
        raise BadToken("not base64url as it is written")
    return decoded


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _json_object(value: bytes) -> Mapping[str, Any]:
    try:
        parsed = json.loads(value.decode(), object_pairs_hook=_without_duplicates, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadToken("not JSON") from None
    if not isinstance(parsed, dict):
        raise BadToken("not a JSON object")
    return parsed


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise BadToken("a name that stands there twice")
    return result


def _refuse(constant: str) -> float:
    raise BadToken(f"{constant} is not JSON")
