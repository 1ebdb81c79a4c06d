"""Tokens as others would make them: by hand, with real keys, outside the library under test."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = int(NOW.timestamp())
SECRET = hashlib.sha256(b"ours").digest()
ISSUER = "https://issuer.example.org"
AUDIENCE = "bakeoff"

RSA_KEY = rsa.generate_private_key(65537, 2048)
OTHER_RSA_KEY = rsa.generate_private_key(65537, 2048)
SHORT_RSA_KEY = rsa.generate_private_key(65537, 1024)  # noqa: S505 - to be refused
EC_KEY = ec.generate_private_key(ec.SECP256R1())
P384_KEY = ec.generate_private_key(ec.SECP384R1())
PEM = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
DER = RSA_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def number(value: int) -> str:
    return text(value.to_bytes((value.bit_length() + 7) // 8))


def rsa_jwk(key: rsa.RSAPrivateKey = RSA_KEY) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "kid": "1", "use": "sig", "n": number(numbers.n), "e": number(numbers.e)}


def ec_jwk(key: ec.EllipticCurvePrivateKey = EC_KEY, curve: str = "P-256") -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    size = (key.key_size + 7) // 8
    x, y = text(numbers.x.to_bytes(size)), text(numbers.y.to_bytes(size))
    return {"kty": "EC", "kid": "2", "use": "sig", "crv": curve, "x": x, "y": y}


def hs256(signed: bytes, secret: bytes = SECRET) -> bytes:
    return hmac.digest(secret, signed, "sha256")


def rs256(signed: bytes, key: rsa.RSAPrivateKey = RSA_KEY) -> bytes:
    return key.sign(signed, padding.PKCS1v15(), SHA256())


def ps256(signed: bytes) -> bytes:
    return RSA_KEY.sign(signed, padding.PSS(padding.MGF1(SHA256()), 32), SHA256())


def rs384(signed: bytes) -> bytes:
    return RSA_KEY.sign(signed, padding.PKCS1v15(), SHA384())


def es256(signed: bytes, key: ec.EllipticCurvePrivateKey = EC_KEY) -> bytes:
    size = (key.key_size + 7) // 8
    return b"".join(part.to_bytes(size) for part in decode_dss_signature(es256_as_der(signed, key)))


def es256_as_der(signed: bytes, key: ec.EllipticCurvePrivateKey = EC_KEY) -> bytes:
    return key.sign(signed, ec.ECDSA(SHA256()))


def claims(**changed: Any) -> dict[str, Any]:
    """A change to None takes the claim away."""
    good = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "iat": SECOND, "exp": SECOND + 900}
    return {name: value for name, value in (good | changed).items() if value is not None}


def token(header: object, payload: object, signer: Any) -> str:
    """Header and payload as they are when they are bytes, else as JSON; `signer` None leaves it unsigned."""
    parts = [
        part if isinstance(part, bytes) else json.dumps(part, ensure_ascii=False).encode()
        for part in (header, payload)
    ]
    signed = ".".join(text(part) for part in parts)
    return f"{signed}.{text(signer(signed.encode())) if signer else ''}"
