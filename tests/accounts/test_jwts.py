"""Good tokens are believed, bad ones never, whatever the library would have said of them."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.accounts import jwts
from backend.accounts.jwts import BadToken
from tests.accounts.forged_tokens import (
    AUDIENCE,
    DER,
    ISSUER,
    NOW,
    OTHER_RSA_KEY,
    P384_KEY,
    PEM,
    SECOND,
    SECRET,
    SHORT_RSA_KEY,
    claims,
    ec_jwk,
    es256,
    es256_as_der,
    hs256,
    ps256,
    rs256,
    rs384,
    rsa_jwk,
    text,
    token,
)
from tests.support.laws import law

OURS = {"alg": "HS256", "typ": "at+jwt"}
RS = {"alg": "RS256", "typ": "at+jwt", "kid": "1"}
ES = {"alg": "ES256", "typ": "at+jwt", "kid": "2"}


def own(given_token: str, now: datetime = NOW) -> Mapping[str, Any]:
    return jwts.verify_own(
        given_token, secret=SECRET, issuer=ISSUER, audience=AUDIENCE, typ="at+jwt", now=now
    )


def foreign(given_token: str, now: datetime = NOW, **different: Any) -> Mapping[str, Any]:
    options: dict[str, Any] = {"jwk": rsa_jwk(), "algorithm": "RS256", "typ": "at+jwt"} | different
    return jwts.verify_foreign(given_token, issuer=ISSUER, audience=AUDIENCE, now=now, **options)


def elliptic(given_token: str, now: datetime = NOW) -> Mapping[str, Any]:
    return foreign(given_token, now, jwk=ec_jwk(), algorithm="ES256")


GOOD_OWN = token(OURS, claims(), hs256)
GOOD_RS = token(RS, claims(), rs256)
GOOD_ES = token(ES, claims(), es256)


def swapped(good: str, part: int, other: str) -> str:
    parts = good.split(".")
    parts[part] = other
    return ".".join(parts)


def headers(good: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {**good, **more}


# What is wrong in the form: whoever checks.
MALFORMED = {
    "nothing": "",
    "one part": "x",
    "two parts": GOOD_OWN.rpartition(".")[0],
    "signature stripped": GOOD_OWN.rpartition(".")[0] + ".",
    "header stripped": "." + GOOD_OWN.partition(".")[2],
    "payload stripped": swapped(GOOD_OWN, 1, ""),
    "four parts": GOOD_OWN + ".x",
    "encrypted, five parts": token({"alg": "dir", "enc": "A128GCM"}, claims(), hs256) + ".eA.eA",
    "longer than 8 KiB": token(OURS, claims(filler="x" * 8192), hs256),
    "a megabyte": "x" * 2**20,
    "letters that are not base64url": GOOD_OWN + "é",
    "digits of another script": GOOD_OWN[:-1] + "\u0663",
    "padded": GOOD_OWN + "=",
    "ordinary base64": swapped(GOOD_OWN, 2, GOOD_OWN.split(".")[2].replace("-", "+").replace("_", "/") + "+"),
    "a line break inside": GOOD_OWN.replace(".", ".\n", 1),
    "a space before": " " + GOOD_OWN,
    "a line break after": GOOD_OWN + "\n",
    "with the scheme": "Bearer " + GOOD_OWN,
    "a NUL": GOOD_OWN + "\0",
    "half a surrogate": GOOD_OWN + "\ud800",
    "an impossible length": swapped(GOOD_OWN, 0, "AAAAA"),
    "spare bits used": GOOD_OWN[:-1] + chr(ord(GOOD_OWN[-1]) + 1),
    "header not JSON": token(b"{alg:HS256}", claims(), hs256),
    "header a list": token(["HS256"], claims(), hs256),
    "header not UTF-8": token(b'{"alg":"HS256","typ":"\xff"}', claims(), hs256),
    "header nested deeply": token(b"[" * 3000, claims(), hs256),
}


def own_signed(**changed: Any) -> str:
    return token(OURS, claims(**changed), hs256)


# Signed with our own key: what else has to be right.
BAD_OWN = {
    "another secret": token(OURS, claims(), lambda signed: hs256(signed, b"x" * 32)),
    "an empty secret": token(OURS, claims(), lambda signed: hs256(signed, b"")),
    "signature of another token": swapped(GOOD_OWN, 2, own_signed(sub="eve").split(".")[2]),
    "payload of another token": swapped(GOOD_OWN, 1, own_signed(sub="eve").split(".")[1]),
    "signature truncated": swapped(GOOD_OWN, 2, text(hs256(GOOD_OWN.rpartition(".")[0].encode())[:16])),
    "alg none": token(headers(OURS, alg="none"), claims(), hs256),
    "alg None": token(headers(OURS, alg="None"), claims(), hs256),
    "alg null": token(headers(OURS, alg=None), claims(), hs256),
    "alg missing": token({"typ": "at+jwt"}, claims(), hs256),
    "alg a list": token(headers(OURS, alg=["HS256"]), claims(), hs256),
    "alg part of ours": token(headers(OURS, alg="HS"), claims(), hs256),
    "alg in lower case": token(headers(OURS, alg="hs256"), claims(), hs256),
    "alg HS384": token(headers(OURS, alg="HS384"), claims(), hs256),
    "alg RS256": token(headers(OURS, alg="RS256"), claims(), rs256),
    "typ JWT": token(headers(OURS, typ="JWT"), claims(), hs256),
    "typ of a ticket": token(headers(OURS, typ="ticket+jwt"), claims(), hs256),
    "typ missing": token({"alg": "HS256"}, claims(), hs256),
    "typ twice": token(b'{"alg":"HS256","typ":"x","typ":"at+jwt"}', claims(), hs256),
    "kid of a path": token(headers(OURS, kid="../../dev/null"), claims(), hs256),
    "kid of a query": token(headers(OURS, kid="' UNION SELECT 'x"), claims(), hs256),
    "kid a number": token(headers(OURS, kid=1), claims(), hs256),
    "zip": token(headers(OURS, zip="DEF"), claims(), hs256),
    "crit": token(headers(OURS, crit=["exp"]), claims(), hs256),
    "b64 false": token(headers(OURS, b64=False, crit=["b64"]), claims(), hs256),
    "jwk with our own key": token(headers(OURS, jwk={"kty": "oct", "k": text(SECRET)}), claims(), hs256),
    "jku": token(headers(OURS, jku="https://evil.example.org/keys"), claims(), hs256),
    "x5u": token(headers(OURS, x5u="https://evil.example.org/cert"), claims(), hs256),
    "x5c": token(headers(OURS, x5c=["MII"]), claims(), hs256),
    "cty": token(headers(OURS, cty="JWT"), claims(), hs256),
    "exp missing": own_signed(exp=None),
    "exp text": own_signed(exp=str(SECOND + 900)),
    "exp true": own_signed(exp=True),
    "exp a list": own_signed(exp=[SECOND + 900]),
    "exp an object": own_signed(exp={}),
    "exp endless": token(OURS, json.dumps(claims(exp=float("inf"))).encode(), hs256),
    "exp not a number": token(OURS, json.dumps(claims(exp=float("nan"))).encode(), hs256),
    "exp 1e999": token(OURS, json.dumps(claims()).replace(str(SECOND + 900), "1e999").encode(), hs256),
    "exp of 5000 digits": token(
        OURS, json.dumps(claims()).replace(str(SECOND + 900), "9" * 5000).encode(), hs256
    ),
    "exp negative": own_signed(exp=-1),
    "exp now": own_signed(exp=SECOND),
    "exp twice": token(OURS, json.dumps(claims()).replace("}", f', "exp": {SECOND + 9}}}').encode(), hs256),
    "iat missing": own_signed(iat=None),
    "iat true": own_signed(iat=True),
    "iat text": own_signed(iat="yesterday"),
    "iat of tomorrow": own_signed(iat=SECOND + 86_400, exp=SECOND + 90_000),
    "nbf in a second": own_signed(nbf=SECOND + 1),
    "nbf text": own_signed(nbf="soon"),
    "aud missing": own_signed(aud=None),
    "aud of another": own_signed(aud="other"),
    "aud a list": own_signed(aud=[AUDIENCE]),
    "aud longer": own_signed(aud=AUDIENCE + "s"),
    "iss missing": own_signed(iss=None),
    "iss of another": own_signed(iss="https://evil.example.org"),
    "iss with a slash": own_signed(iss=ISSUER + "/"),
    "iss a list": own_signed(iss=[ISSUER]),
    "sub missing": own_signed(sub=None),
    "sub empty": own_signed(sub=""),
    "sub a number": own_signed(sub=1),
    "sub too long": own_signed(sub="x" * 256),
    "NaN in a claim of no interest": token(OURS, json.dumps(claims(rank=float("nan"))).encode(), hs256),
    "payload a list": token(OURS, [claims()], hs256),
    "payload text": token(OURS, "ada", hs256),
    "payload not UTF-8": token(OURS, b'{"sub":"\xff"}', hs256),
    "payload nested deeply": token(OURS, b'{"a":' * 1000 + b"1" + b"}" * 1000, hs256),
    "payload with a byte order mark": token(OURS, b"\xef\xbb\xbf" + json.dumps(claims()).encode(), hs256),
}

# For a key of another issuer, RS256.
BAD_FOREIGN = {
    "HS256 with the public key as PEM": token(
        headers(RS, alg="HS256"), claims(), lambda signed: hs256(signed, PEM)
    ),
    "HS256 with the public key as DER": token(
        headers(RS, alg="HS256"), claims(), lambda signed: hs256(signed, DER)
    ),
    "the same, said to be RS256": token(RS, claims(), lambda signed: hs256(signed, DER)),
    "HS256 with the modulus": token(
        headers(RS, alg="HS256"), claims(), lambda signed: hs256(signed, rsa_jwk()["n"].encode())
    ),
    "alg none, unsigned": token(headers(RS, alg="none"), claims(), lambda _: b"x"),
    "another RSA key": token(RS, claims(), lambda signed: rs256(signed, OTHER_RSA_KEY)),
    "another RSA key that it brings": token(
        headers(RS, jwk=rsa_jwk(OTHER_RSA_KEY)), claims(), lambda signed: rs256(signed, OTHER_RSA_KEY)
    ),
    "PS256": token(headers(RS, alg="PS256"), claims(), ps256),
    "PS256, said to be RS256": token(RS, claims(), ps256),
    "RS384": token(headers(RS, alg="RS384"), claims(), rs384),
    "ES256": GOOD_ES,
    "an ID token": token(headers(RS, typ="JWT"), claims(), rs256),
    "typ missing": token({"alg": "RS256", "kid": "1"}, claims(), rs256),
    "typ of an empty media type": token(headers(RS, typ="application/"), claims(), rs256),
    "aud of others": token(RS, claims(aud=["other", "another"]), rs256),
    "aud an empty list": token(RS, claims(aud=[]), rs256),
    "aud with a number": token(RS, claims(aud=[AUDIENCE, 1]), rs256),
    "aud an object": token(RS, claims(aud={AUDIENCE: 1}), rs256),
    "aud within a text": token(RS, claims(aud=f"x {AUDIENCE}"), rs256),
    "expired by more than the skew": token(RS, claims(exp=SECOND - 30), rs256),
    "not valid for more than the skew": token(RS, claims(nbf=SECOND + 31), rs256),
    "issued in the future": token(RS, claims(iat=SECOND + 31), rs256),
    "crit": token(headers(RS, crit=["kid"]), claims(), rs256),
    "x5u": token(headers(RS, x5u="https://evil.example.org"), claims(), rs256),
    "zip": token(headers(RS, zip="DEF"), claims(), rs256),
}

BAD_ELLIPTIC = {
    "a signature in DER": token(ES, claims(), es256_as_der),
    "a signature of zeros": token(ES, claims(), lambda _: bytes(64)),
    "another curve": token(ES, claims(), lambda signed: es256(signed, P384_KEY)),
    "RS256": GOOD_RS,
}


@pytest.mark.parametrize("verify", [own, foreign, elliptic, jwts.kid_of], ids=["own", "RS", "ES", "kid"])
@pytest.mark.parametrize("bad", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_token_is_refused_by_everybody(verify: Any, bad: str) -> None:
    with pytest.raises(BadToken):
        verify(bad)


@pytest.mark.parametrize("bad", BAD_OWN.values(), ids=BAD_OWN)
def test_a_bad_token_of_ours_is_refused(bad: str) -> None:
    with pytest.raises(BadToken) as refused:
        own(bad)
    assert bad not in str(refused.value)


@pytest.mark.parametrize("bad", BAD_FOREIGN.values(), ids=BAD_FOREIGN)
def test_a_bad_token_of_another_issuer_is_refused(bad: str) -> None:
    with pytest.raises(BadToken):
        foreign(bad)


@pytest.mark.parametrize("bad", BAD_ELLIPTIC.values(), ids=BAD_ELLIPTIC)
def test_a_bad_token_on_an_elliptic_curve_is_refused(bad: str) -> None:
    with pytest.raises(BadToken):
        elliptic(bad)


@pytest.mark.parametrize("verify", [foreign, elliptic])
def test_ours_are_not_theirs_and_theirs_not_ours(verify: Any) -> None:
    with pytest.raises(BadToken):
        verify(GOOD_OWN)
    for theirs in (GOOD_RS, GOOD_ES):
        with pytest.raises(BadToken):
            own(theirs)


def test_good_tokens_are_believed() -> None:
    assert own(GOOD_OWN) == foreign(GOOD_RS) == elliptic(GOOD_ES) == claims()
    assert own(own_signed(nbf=SECOND)) == claims(nbf=SECOND)
    assert own(GOOD_OWN, NOW + timedelta(seconds=899, milliseconds=999)) == claims()


def test_what_we_sign_we_believe() -> None:
    signed = jwts.sign(claims(name="Ädä 🦉"), secret=SECRET, typ="at+jwt")
    assert own(signed) == claims(name="Ädä 🦉")


def test_the_clock_of_another_issuer_may_be_half_a_minute_off() -> None:
    assert foreign(token(RS, claims(exp=SECOND - 29, iat=SECOND - 900), rs256))
    assert foreign(token(RS, claims(nbf=SECOND + 30, iat=SECOND + 30), rs256))
    assert foreign(token(RS, claims(exp=SECOND + 0.5), rs256))


def test_another_issuer_may_write_for_several() -> None:
    assert foreign(token(RS, claims(aud=["other", AUDIENCE]), rs256))


def test_a_type_may_be_written_as_a_media_type() -> None:
    assert foreign(token(headers(RS, typ="application/AT+JWT"), claims(), rs256))
    assert foreign(token(headers(RS, typ="JWT"), claims(), rs256), typ=("at+jwt", "jwt"))


@pytest.mark.parametrize(("typ", "good"), [(None, True), ("JWT", True), ("at+jwt", False)])
def test_an_id_token_is_of_no_special_type(typ: str | None, good: bool) -> None:
    given_token = token({"alg": "RS256"} | ({"typ": typ} if typ else {}), claims(), rs256)
    if good:
        assert foreign(given_token, typ=None)
    else:
        with pytest.raises(BadToken):
            foreign(given_token, typ=None)


def test_the_kid_is_told_before_anything_is_believed() -> None:
    assert jwts.kid_of(GOOD_RS) == "1"
    assert jwts.kid_of(GOOD_OWN) is None
    with pytest.raises(BadToken):
        jwts.kid_of(token(headers(RS, kid=["1"]), claims(), rs256))


UNFIT_KEYS: dict[str, dict[str, Any]] = {
    "a secret": {"kty": "oct", "k": text(DER)},
    "a set of keys": {"keys": [rsa_jwk()]},
    "an EC key": ec_jwk(),
    "1024 bits": {**rsa_jwk(), "n": text(b"\xff" * 128)},
    "a modulus that is none": {**rsa_jwk(), "n": 5},
    "a modulus in other letters": {**rsa_jwk(), "n": "é"},
    "no exponent that could be": {**rsa_jwk(), "e": "AQ"},
    "an exponent that is none": {**rsa_jwk(), "e": None},
    "a private key": {**rsa_jwk(), "d": "AQAB"},
    "for encryption": {**rsa_jwk(), "use": "enc"},
    "for another algorithm": {**rsa_jwk(), "alg": "PS256"},
    "nothing": {},
}


@pytest.mark.parametrize("jwk", UNFIT_KEYS.values(), ids=UNFIT_KEYS)
def test_a_key_that_does_not_fit_is_not_used(jwk: dict[str, Any]) -> None:
    with pytest.raises(BadToken):
        foreign(GOOD_RS, jwk=jwk)


def test_a_short_key_is_not_used_however_well_it_signs() -> None:
    signed = token(RS, claims(), lambda signed: rs256(signed, SHORT_RSA_KEY))
    with pytest.raises(BadToken, match="not one for this"):
        foreign(signed, jwk=rsa_jwk(SHORT_RSA_KEY))


@pytest.mark.parametrize(
    "jwk",
    [ec_jwk(P384_KEY, "P-384"), ec_jwk(P384_KEY), {**ec_jwk(), "y": ec_jwk()["x"]}, {**ec_jwk(), "x": None}],
    ids=["another curve", "another curve, said to be P-256", "a point beside the curve", "half a point"],
)
def test_a_curve_that_does_not_fit_is_not_used(jwk: dict[str, Any]) -> None:
    for signed in (GOOD_ES, token(ES, claims(), lambda signed: es256(signed, P384_KEY))):
        with pytest.raises(BadToken):
            foreign(signed, jwk=jwk, algorithm="ES256")


def test_a_short_secret_signs_nothing() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        jwts.sign(claims(), secret=b"x" * 31, typ="at+jwt")


@law
@given(st.sampled_from([(own, GOOD_OWN), (foreign, GOOD_RS), (elliptic, GOOD_ES)]), st.data())
def test_any_flipped_bit_is_refused(case: Any, data: st.DataObject) -> None:
    verify, good = case
    place = data.draw(st.integers(0, len(good) - 1))
    flipped = good[:place] + chr(ord(good[place]) ^ (1 << data.draw(st.integers(0, 7)))) + good[place + 1 :]
    with pytest.raises(BadToken):
        verify(flipped)


@law
@given(st.text())
def test_any_text_is_refused_and_nothing_else_is_raised(anything: str) -> None:
    for verify in (own, foreign, elliptic, jwts.kid_of):
        with pytest.raises(BadToken):
            verify(anything)


@law
@given(st.binary(), st.binary(), st.sampled_from([hs256, rs256]))
def test_any_bytes_under_a_good_signature_are_refused(header: bytes, payload: bytes, signer: Any) -> None:
    for verify in (own, foreign, elliptic):
        for made in (token(header, payload, signer), token(OURS, payload, hs256), token(RS, payload, rs256)):
            with pytest.raises(BadToken):
                verify(made)


def test_the_corpus_is_large_enough() -> None:
    assert len(MALFORMED) + len(BAD_OWN) + len(BAD_FOREIGN) + len(BAD_ELLIPTIC) >= 100
