"""API tokens of the issuer: whose they are, and which are nobody's."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from backend.accounts.oidc.failures import SignInFailed
from backend.accounts.oidc.relying_party import RelyingParty
from tests.accounts.oidc.conftest import Clock, Parties, signed_in
from tests.support.issuer import API, CLIENT_ID, Gone, Issuer, SigningKey, b64, ec_key, hanging_up, rsa_key


@pytest.mark.parametrize(
    "key", [SigningKey("r", rsa_key()), SigningKey("e", ec_key())], ids=["RS256", "ES256"]
)
async def test_a_token_for_us_says_whose_it_is(
    party: RelyingParty, issuer: Issuer, clock: Clock, key: SigningKey
) -> None:
    issuer.keys = [key]
    profile = await party.bearer(issuer.api_token(email="Ada@Example.org", email_verified=True))
    assert profile is not None
    assert (profile.issuer, profile.subject, profile.id_token) == (issuer.url, "u-1", None)
    assert (profile.email, profile.email_verified) == ("ada@example.org", True)
    assert profile.expires_at.timestamp() == clock.moment + 300


async def test_the_accepted_types_are_configured(parties: Parties, issuer: Issuer) -> None:
    token = issuer.api_token(_header={"typ": "JWT"})
    assert await parties().bearer(token) is None
    assert await parties(api_token_types=frozenset({"at+jwt", "jwt"})).bearer(token)


async def test_without_an_audience_of_our_own_none_is_accepted(parties: Parties, issuer: Issuer) -> None:
    assert await parties(api_audience=None).bearer(issuer.api_token()) is None
    assert not issuer.counts


@pytest.mark.parametrize("typ", ["at+jwt", "application/at+jwt", "AT+JWT"])
async def test_a_type_is_a_media_type(party: RelyingParty, issuer: Issuer, typ: str) -> None:
    assert await party.bearer(issuer.api_token(_header={"typ": typ}))


BAD: dict[str, Callable[[Issuer], str]] = {
    "another audience": lambda issuer: issuer.api_token(aud="https://other.example"),
    "the client as audience": lambda issuer: issuer.api_token(aud=CLIENT_ID),
    "no audience": lambda issuer: issuer.api_token(aud=Gone),
    "an audience that is none": lambda issuer: issuer.api_token(aud={API: True}),
    "another issuer": lambda issuer: issuer.api_token(iss="https://evil.example"),
    "no issuer": lambda issuer: issuer.api_token(iss=Gone),
    "an issuer that is a list": lambda issuer: issuer.api_token(iss=[issuer.url]),
    "expired": lambda issuer: issuer.api_token(exp=int(issuer.clock()) - 31),
    "never ends": lambda issuer: issuer.api_token(exp=Gone),
    "from the future": lambda issuer: issuer.api_token(iat=int(issuer.clock()) + 60),
    "no subject": lambda issuer: issuer.api_token(sub=Gone),
    "another type": lambda issuer: issuer.api_token(_header={"typ": "JWT"}),
    "no type": lambda issuer: issuer.api_token(_header={"typ": Gone}),
    "type of a log-out": lambda issuer: issuer.api_token(_header={"typ": "logout+jwt"}),
    "signed by another": lambda issuer: issuer.api_token(SigningKey("first", rsa_key(number=1))),
    "unknown key": lambda issuer: issuer.api_token(SigningKey("second", rsa_key(number=1))),
    "its own key": lambda issuer: issuer.api_token(_header={"jwk": issuer.key.published()}),
    "a link to its key": lambda issuer: issuer.api_token(_header={"x5u": "https://evil.example"}),
    "algorithm none": lambda issuer: issuer.api_token(_header={"alg": "none"}),
    "algorithm HS256": lambda issuer: issuer.api_token(_header={"alg": "HS256"}),
    "too long": lambda issuer: issuer.api_token(padding="x" * 9000),
    "cut off": lambda issuer: issuer.api_token()[:-1],
    "no signature": lambda issuer: issuer.api_token().rpartition(".")[0] + ".",
    "five parts": lambda issuer: issuer.api_token() + ".a.b",
    "empty": lambda _: "",
    "opaque": lambda _: "ya29.opaque",
    "dots": lambda _: "..",
    "letters of others": lambda _: "ä.ö.ü",
    "claims that are a list": lambda _: f"{b64(b'{}')}.{b64(b'[]')}.AAAA",
    "claims that are no JSON": lambda _: f"{b64(b'{}')}.{b64(b'nonsense')}.AAAA",
    "claims without end": lambda _: f"{b64(b'{}')}.{b64(b'[' * 5000)}.AAAA",
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_token_is_nobodys(party: RelyingParty, issuer: Issuer, name: str) -> None:
    assert await party.bearer(BAD[name](issuer)) is None


async def test_an_id_token_opens_no_api(party: RelyingParty) -> None:
    id_token = (await signed_in(party)).profile.id_token
    assert id_token
    assert await party.bearer(id_token) is None


async def test_an_id_token_opens_no_api_whatever_types_are_configured(
    parties: Parties, issuer: Issuer
) -> None:
    party = parties(api_token_types=frozenset({"jwt"}))
    id_token = (await signed_in(party)).profile.id_token
    assert id_token
    assert await party.bearer(id_token) is None


async def test_a_token_of_somebody_else_is_no_reason_to_ask_the_issuer(
    party: RelyingParty, issuer: Issuer
) -> None:
    assert await party.bearer(issuer.api_token(iss="https://evil.example")) is None
    assert await party.bearer("opaque") is None
    assert not issuer.counts


async def test_made_up_key_ids_make_one_question(party: RelyingParty, issuer: Issuer) -> None:
    assert await party.bearer(issuer.api_token())
    for number in range(100):
        assert await party.bearer(issuer.api_token(_header={"kid": str(number)})) is None
    assert issuer.counts["/keys"] == 1


async def test_a_rotated_key_is_accepted_and_the_old_one_no_more(
    party: RelyingParty, issuer: Issuer, clock: Clock
) -> None:
    old = issuer.api_token()
    assert await party.bearer(old)
    issuer.rotate(SigningKey("second", ec_key()))
    clock.pass_seconds(61)
    assert await party.bearer(issuer.api_token())
    assert await party.bearer(old) is None


async def test_an_outage_does_not_matter_to_known_keys(party: RelyingParty, issuer: Issuer) -> None:
    assert await party.bearer(issuer.api_token())
    issuer.instead = dict.fromkeys(("/keys", "/.well-known/openid-configuration"), hanging_up)
    assert await party.bearer(issuer.api_token())


async def test_without_any_key_nobody_knows_and_that_is_said(party: RelyingParty, issuer: Issuer) -> None:
    """A refusal would make clients throw good tokens away."""
    issuer.instead["/keys"] = hanging_up
    with pytest.raises(SignInFailed) as raised:
        await party.bearer(issuer.api_token())
    assert raised.value.status == 503


@pytest.mark.parametrize(
    ("claims", "email", "verified", "name"),
    [
        ({"email_verified": "true"}, "a@b.example", False, ""),
        ({"email_verified": 1}, "a@b.example", False, ""),
        ({"email_verified": Gone}, "a@b.example", False, ""),
        ({"email": Gone}, None, False, ""),
        ({"email": 7}, None, False, ""),
        ({"email": ["a@b.example"]}, None, False, ""),
        ({"email": ""}, None, False, ""),
        ({"email": "a"}, None, False, ""),
        ({"email": "@b"}, None, False, ""),
        ({"email": "a@"}, None, False, ""),
        ({"email": "a@b@c"}, None, False, ""),
        ({"email": "a b@c"}, None, False, ""),
        ({"email": "a@b\n"}, None, False, ""),
        ({"email": "owner@localhost"}, None, False, ""),
        ({"email": "owner@LOCALHOST."}, None, False, ""),
        ({"email": "a" * 250 + "@b.cd"}, None, False, ""),
        ({"email": "a@b\N{KELVIN SIGN}.example"}, None, False, ""),
        ({"name": "Ada\r\n\x1b[31m Lovelace "}, "a@b.example", True, "Ada[31m Lovelace"),
        ({"name": ["Ada"]}, "a@b.example", True, ""),
        ({"name": "x" * 500}, "a@b.example", True, "x" * 100),
    ],
    ids=ascii,
)
async def test_claims_of_a_wrong_kind_count_as_missing(
    party: RelyingParty, issuer: Issuer, claims: dict[str, Any], email: str | None, verified: bool, name: str
) -> None:
    profile = await party.bearer(
        issuer.api_token(**({"email": "A@B.example", "email_verified": True} | claims))
    )
    assert profile is not None
    assert (profile.email, profile.email_verified, profile.name) == (email, verified, name)


async def test_a_token_that_outlives_the_calendar_ends_with_it(party: RelyingParty, issuer: Issuer) -> None:
    profile = await party.bearer(issuer.api_token(exp=2**53))
    assert profile is not None
    assert profile.expires_at.year == 9999


def test_the_bad_ones_differ_from_a_good_one_in_one_thing() -> None:
    header = json.loads(base64.urlsafe_b64decode(Issuer(url="x").api_token().split(".")[0] + "=="))
    assert header == {"alg": "RS256", "kid": "first", "typ": "at+jwt"}
