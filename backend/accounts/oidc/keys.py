"""Which of an issuer's published keys we verify with. Only the numbers of a key are taken over."""

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from backend.accounts.oidc.client import Algorithm

_MOST_KEYS: Final = 100
_SHORTEST_RSA: Final = 2048
# Each verification costs by its length.
_LONGEST_RSA: Final = 8192
_NUMBER: Final = re.compile(r"[A-Za-z0-9_-]{1,1400}")


@dataclass(frozen=True, slots=True)
class Key:
    id: str | None
    algorithm: Algorithm
    jwk: Mapping[str, str]


def usable_keys(given: Iterable[Any], default: Algorithm) -> dict[str | None, Key]:
    """By their ids; of two with one id the first. Links to other keys (`jku`, `x5u`) are never followed."""
    found: dict[str | None, Key] = {}
    for _, jwk in zip(range(_MOST_KEYS), given, strict=False):
        if isinstance(jwk, dict) and (key := _usable(jwk, default)) is not None:
            found.setdefault(key.id, key)
    return found


def _usable(jwk: Mapping[str, Any], default: Algorithm) -> Key | None:
    kid, operations = jwk.get("kid"), jwk.get("key_ops", ["verify"])
    if jwk.get("use") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        return None
    # A private key that was published by mistake is everybody's key.
    if "d" in jwk or not isinstance(kid, str | None):
        return None
    match jwk.get("kty"), jwk.get("alg", default):
        case "RSA", "RS256" if _is_rsa(jwk):
            return Key(kid, "RS256", {name: jwk[name] for name in ("kty", "n", "e")})
        case "EC", "ES256" if _is_p256(jwk):
            return Key(kid, "ES256", {name: jwk[name] for name in ("kty", "crv", "x", "y")})
        case _:
            return None


def _is_rsa(jwk: Mapping[str, Any]) -> bool:
    try:
        key = RSAPublicNumbers(_number(jwk.get("e")), _number(jwk.get("n"))).public_key()
    except (ValueError, UnsupportedAlgorithm):
        return False
    return _SHORTEST_RSA <= key.key_size <= _LONGEST_RSA


def _is_p256(jwk: Mapping[str, Any]) -> bool:
    if jwk.get("crv") != "P-256":
        return False
    try:
        EllipticCurvePublicNumbers(_number(jwk.get("x")), _number(jwk.get("y")), SECP256R1()).public_key()
    except ValueError:  # not a point of the curve
        return False
    return True


def _number(text: Any) -> int:
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise ValueError("it is not a number in base64url")
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
