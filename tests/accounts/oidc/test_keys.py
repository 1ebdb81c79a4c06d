"""Which published keys are taken, and what of them."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from backend.accounts.oidc.keys import Key, usable_keys
from tests.support.issuer import Gone, SigningKey, b64, ec_key, public_numbers, rsa_key

RSA = SigningKey("r", rsa_key())
EC = SigningKey("e", ec_key())


def test_good_keys_are_taken_by_their_numbers_alone() -> None:
    links = {"jku": "https://evil.example", "x5u": "https://evil.example", "x5c": ["AAAA"], "x5t": "AA"}
    assert usable_keys([RSA.published(**links), EC.published(**links)], "RS256") == {
        "r": Key("r", "RS256", public_numbers(RSA.private)),
        "e": Key("e", "ES256", public_numbers(EC.private)),
    }


@pytest.mark.parametrize(("configured", "taken"), [("RS256", ["r"]), ("ES256", ["e"])])
def test_a_key_without_algorithm_has_the_configured_one(configured: Any, taken: list[str]) -> None:
    silent = [RSA.published(alg=Gone), EC.published(alg=Gone)]
    assert list(usable_keys(silent, configured)) == taken


def test_key_operations_may_allow_verifying() -> None:
    assert usable_keys([RSA.published(key_ops=["verify"])], "RS256")


def test_of_two_keys_with_one_id_the_first_counts() -> None:
    both = [RSA.published(), EC.published(kid="r")]
    assert usable_keys(both, "RS256")["r"].algorithm == "RS256"


def test_a_bad_key_does_not_spoil_the_others() -> None:
    odd = [None, 7, "key", [], {}, {"kty": ["RSA"]}, {"kty": {}}, RSA.published(n=None), RSA.published()]
    assert list(usable_keys(odd, "RS256")) == ["r"]


def test_no_more_than_a_hundred_are_looked_at() -> None:
    many = [EC.published(kid=str(number)) for number in range(101)]
    assert len(usable_keys(many, "RS256")) == 100


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        (RSA, {"use": "enc"}),
        (RSA, {"use": Gone}),
        (RSA, {"use": ["sig"]}),
        (RSA, {"kid": 7}),
        (RSA, {"kid": ["r"]}),
        (RSA, {"alg": "RS512"}),
        (RSA, {"alg": "PS256"}),
        (RSA, {"alg": "HS256"}),
        (RSA, {"alg": "none"}),
        (RSA, {"alg": "ES256"}),
        (RSA, {"alg": None}),
        (RSA, {"alg": ["RS256"]}),
        (RSA, {"kty": "rsa"}),
        (RSA, {"key_ops": ["encrypt"]}),
        (RSA, {"key_ops": "verify"}),
        (RSA, {"d": "AQAB"}),
        (RSA, {"e": "AQ"}),
        (RSA, {"e": "Ag"}),
        (RSA, {"e": ""}),
        (RSA, {"e": Gone}),
        (RSA, {"n": b64(b"\xff" * 255)}),
        (RSA, {"n": b64(b"\x7f" + b"\xff" * 255)}),
        (RSA, {"n": b64(b"\xff" * 1025)}),
        (RSA, {"n": b64(b"\xff" * 20_000)}),
        (RSA, {"n": "+/+/"}),
        (RSA, {"n": "=" * 400}),
        (RSA, {"n": "\N{SNOWMAN}"}),
        (EC, {"alg": "RS256"}),
        (EC, {"alg": "ES384"}),
        (EC, {"crv": "P-384"}),
        (EC, {"crv": "secp256k1"}),
        (EC, {"crv": Gone}),
        (EC, {"x": b64(b"\x01" * 32)}),
        (EC, {"x": b64(b"\xff" * 32)}),
        (EC, {"x": b64(b"\x00"), "y": b64(b"\x00")}),
        (EC, {"y": Gone}),
        (EC, {"d": "AQAB"}),
        (SigningKey("short", rsa_key(1024)), {}),
        (EC, {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA"}),
        (EC, {"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"}),
    ],
    ids=lambda given: (
        given.kid if isinstance(given, SigningKey) else ascii(given)[:40] + f" {len(str(given))}"
    ),
)
def test_a_key_that_is_none_of_ours_is_left_out(key: SigningKey, changes: dict[str, Any]) -> None:
    assert usable_keys([key.published()], "RS256") or key.kid == "short"
    assert usable_keys([key.published(**changes)], "RS256") == {}


def test_a_point_of_another_curve_is_left_out() -> None:
    other = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
    jwk = EC.published(x=b64(other.x.to_bytes(48)), y=b64(other.y.to_bytes(48)))
    assert usable_keys([jwk], "RS256") == {}
