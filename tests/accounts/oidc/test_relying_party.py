"""The whole way: to the issuer, back, and out, over real HTTP."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from backend.accounts.oidc.failures import SignInFailed, declined
from backend.accounts.oidc.relying_party import RelyingParty
from backend.kit.master_key import MasterKey
from tests.accounts.oidc.conftest import Clock, Parties, client_of, signed_in
from tests.support.issuer import (
    CLIENT_ID,
    REDIRECT_URI,
    SIGNED_OUT_URI,
    Gone,
    Issuer,
    SigningKey,
    ec_key,
    rsa_key,
    visit,
)


async def test_somebody_signs_in_and_comes_back_to_where_they_were(
    party: RelyingParty, issuer: Issuer, clock: Clock
) -> None:
    arrival = await signed_in(party, "/compare/7?view=side#last")
    profile = arrival.profile
    assert arrival.return_to == "/compare/7?view=side#last"
    assert (profile.issuer, profile.subject) == (issuer.url, "u-1")
    assert (profile.email, profile.email_verified, profile.name) == ("ada@example.org", True, "Ada")
    assert profile.id_token in issuer.handed_out
    assert profile.expires_at == clock.now() + timedelta(seconds=300)


@pytest.mark.parametrize(
    "key", [SigningKey("r", rsa_key()), SigningKey("e", ec_key())], ids=["RS256", "ES256"]
)
@pytest.mark.parametrize("says_algorithm", [True, False])
async def test_both_algorithms_are_verified(
    parties: Parties, issuer: Issuer, key: SigningKey, says_algorithm: bool
) -> None:
    issuer.keys = [key]
    if not says_algorithm:
        issuer.key_set = {"keys": [key.published(alg=Gone)]}
    party = parties(algorithm=key.algorithm)
    assert (await signed_in(party)).profile.subject == "u-1"


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example", None])
async def test_nobody_is_sent_elsewhere_after_signing_in(party: RelyingParty, wanted: str | None) -> None:
    assert (await signed_in(party, wanted)).return_to == "/"


@pytest.mark.parametrize("way", ["basic", "post", "none"])
async def test_the_client_proves_itself_the_way_it_was_set_up(
    parties: Parties, issuer: Issuer, way: str
) -> None:
    issuer.client_auth = way
    party = parties(**({"client_secret": None} if way == "none" else {"authenticates_by": way}))
    assert (await signed_in(party)).profile.subject == "u-1"


async def test_the_question_carries_everything_and_each_time_other_secrets(party: RelyingParty) -> None:
    first, second = [
        {name: value[0] for name, value in parse_qs(urlsplit((await party.begin("/")).url).query).items()}
        for _ in range(2)
    ]
    assert first["redirect_uri"] == REDIRECT_URI
    assert (first["client_id"], first["scope"]) == (CLIENT_ID, "openid email profile")
    assert (first["response_type"], first["code_challenge_method"]) == ("code", "S256")
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
        assert len(first[name]) == 43


async def test_a_query_that_the_endpoint_has_already_stays(party: RelyingParty, issuer: Issuer) -> None:
    issuer.document["authorization_endpoint"] = f"{issuer.url}/authorize?tenant=7"
    query = parse_qs(urlsplit((await party.begin("/")).url).query)
    assert query["tenant"] == ["7"]
    assert query["client_id"] == [CLIENT_ID]


async def test_nothing_is_asked_before_somebody_signs_in(party: RelyingParty, issuer: Issuer) -> None:
    assert not issuer.counts
    await party.begin("/")
    assert issuer.counts == {"/.well-known/openid-configuration": 1}


async def test_a_token_without_key_id_is_of_the_only_key(party: RelyingParty, issuer: Issuer) -> None:
    issuer.header = {"kid": Gone}
    assert (await signed_in(party)).profile.subject == "u-1"


async def test_many_audiences_are_fine_when_we_asked(party: RelyingParty, issuer: Issuer) -> None:
    issuer.claims = {"aud": [CLIENT_ID, "other"], "azp": CLIENT_ID}
    assert (await signed_in(party)).profile.subject == "u-1"


async def test_a_hash_of_the_access_token_may_be_missing(party: RelyingParty, issuer: Issuer) -> None:
    issuer.claims = {"at_hash": Gone}
    assert (await signed_in(party)).profile.subject == "u-1"


async def test_after_a_rotation_the_next_sign_in_works(
    party: RelyingParty, issuer: Issuer, clock: Clock
) -> None:
    await signed_in(party)
    issuer.rotate(SigningKey("second", ec_key()))
    clock.pass_seconds(61)
    assert (await signed_in(party)).profile.subject == "u-1"
    assert issuer.counts["/keys"] == 2


async def test_fifty_sign_in_at_once(party: RelyingParty, issuer: Issuer) -> None:
    arrivals = await asyncio.gather(*(signed_in(party, f"/{number}") for number in range(50)))
    assert [arrival.return_to for arrival in arrivals] == [f"/{number}" for number in range(50)]
    assert issuer.counts["/.well-known/openid-configuration"] == 1
    assert issuer.counts["/keys"] == 1


async def test_another_process_with_the_same_key_finishes(parties: Parties, issuer: Issuer) -> None:
    departure = await parties().begin("/there")
    _, _, query = await visit(departure.url)
    arrival = await parties().finish(query["code"], query["state"], departure.cookie)
    assert arrival.return_to == "/there"


async def test_a_process_with_another_key_does_not(party: RelyingParty, issuer: Issuer) -> None:
    departure = await party.begin("/")
    _, _, query = await visit(departure.url)
    stranger = RelyingParty(client_of(issuer), MasterKey(b"x" * 48))
    with pytest.raises(SignInFailed, match="begun elsewhere"):
        await stranger.finish(query["code"], query["state"], departure.cookie)
    await stranger.aclose()


async def test_signing_out_leads_through_the_issuer(party: RelyingParty) -> None:
    profile = (await signed_in(party)).profile
    url = await party.end_session_url(profile.id_token)
    assert url is not None
    assert (await visit(url))[:2] == (302, SIGNED_OUT_URI)


async def test_an_issuer_without_an_end_of_session_has_none(party: RelyingParty, issuer: Issuer) -> None:
    issuer.document["end_session_endpoint"] = Gone
    assert await party.end_session_url("x.y.z") is None


async def test_without_an_id_token_the_issuer_learns_who_asks(parties: Parties, issuer: Issuer) -> None:
    url = await parties(signed_out_uri=None).end_session_url(None)
    assert url == f"{issuer.url}/end?client_id={CLIENT_ID}"


def test_what_the_issuer_calls_its_refusal_is_for_the_log() -> None:
    assert declined("access_denied").reason == "callback: access_denied"
    assert declined("<script>").reason == "callback: an error without a code"
    assert declined("access_denied").status == 403


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"issuer": "http://idp.example"}, "issuer"),
        ({"issuer": "https://idp.example/?tenant=1"}, "issuer"),
        ({"issuer": "https://user:pw@idp.example"}, "issuer"),
        ({"redirect_uri": "http://bakeoff.example/auth/callback"}, "redirect_uri"),
        ({"signed_out_uri": "javascript:alert(1)"}, "signed_out_uri"),
        ({"client_id": ""}, "client_id"),
        ({"client_secret": ""}, "client_secret"),
        ({"scopes": ("email",)}, "scopes"),
        ({"api_audience": CLIENT_ID}, "api_audience"),
        ({"api_token_types": frozenset()}, "api_token_types"),
    ],
)
def test_a_client_that_cannot_work_is_refused_at_once(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named}: "):
        client_of(Issuer(url="https://idp.example"), **changes)
