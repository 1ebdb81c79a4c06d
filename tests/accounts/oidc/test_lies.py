"""Wrong everything: whatever the issuer says, one exception comes of it, and nothing secret is in it."""

# ruff: noqa: E501 - one line for each lie reads best

import gzip
import hmac
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from backend.accounts.oidc.failures import SignInFailed
from backend.accounts.oidc.relying_party import RelyingParty
from tests.accounts.oidc.conftest import Clock, signed_in
from tests.support.issuer import (
    CLIENT_ID,
    CLIENT_SECRET,
    Gone,
    Issuer,
    SigningKey,
    b64,
    ec_key,
    hanging_up,
    rsa_key,
    saying,
)

DISCOVERY, KEYS, TOKEN = "/.well-known/openid-configuration", "/keys", "/token"
STRANGER = SigningKey("first", rsa_key(number=1))
DEEP = '{"a":' * 40_000


@dataclass(frozen=True)
class Lie:
    name: str
    status: int
    reason: str
    tell: Callable[[Issuer], Any]


def answer(path: str, *given: Any, **headers: Any) -> Callable[[Issuer], Any]:
    return lambda issuer: issuer.instead.update({path: saying(*given, **headers)})


def hang_up(path: str) -> Callable[[Issuer], Any]:
    return lambda issuer: issuer.instead.update({path: hanging_up})


def document(**changes: Any) -> Callable[[Issuer], Any]:
    return lambda issuer: issuer.document.update(changes)


def claims(**changes: Any) -> Callable[[Issuer], Any]:
    return lambda issuer: issuer.claims.update(changes)


def timed(**seconds: float) -> Callable[[Issuer], Any]:
    return lambda issuer: issuer.claims.update(
        {name: issuer.clock() + value for name, value in seconds.items()}
    )


def header(**changes: Any) -> Callable[[Issuer], Any]:
    return lambda issuer: issuer.header.update(changes)


def grant(**changes: Any) -> Callable[[Issuer], Any]:
    return lambda issuer: issuer.grant.update(changes)


def published(*jwks: Any) -> Callable[[Issuer], Any]:
    return lambda issuer: setattr(issuer, "key_set", {"keys": list(jwks)})


def spoiled(spoil: Callable[[str], str]) -> Callable[[Issuer], Any]:
    return lambda issuer: setattr(issuer, "spoil", spoil)


def signed_by(key: SigningKey) -> Callable[[Issuer], Any]:
    return lambda issuer: setattr(issuer, "signing", key)


def without_signature(whole: str) -> str:
    return whole.rpartition(".")[0] + "."


def unsigned(whole: str) -> str:
    return b64(b'{"alg":"none","kid":"first"}') + "." + whole.split(".")[1] + "."


def other_claims(whole: str) -> str:
    head, body, signature = whole.split(".")
    return f"{head}.{body[:-4]}{body[-4:].swapcase()}.{signature}"


HUGE = "x" * (300 * 1024)
BOMB = gzip.compress(b" " * 5_000_000)
FIRST = SigningKey("first", rsa_key())

LIES = [
    # The document about the issuer.
    Lie("no document", 502, "discovery: status 404", answer(DISCOVERY, "", 404)),
    Lie("document down", 503, "discovery: status 500", answer(DISCOVERY, "", 500)),
    Lie("document throttled", 503, "discovery: status 429", answer(DISCOVERY, "", 429)),
    Lie("document HTML", 502, "discovery: no such JSON", answer(DISCOVERY, "<html>Sign in</html>")),
    Lie("document empty", 502, "discovery: no such JSON", answer(DISCOVERY, "")),
    Lie("document a list", 502, "discovery: no such JSON", answer(DISCOVERY, "[]")),
    Lie("document not UTF-8", 502, "discovery: no such JSON", answer(DISCOVERY, b'{"issuer":"\xff"}')),
    Lie("document too deep", 502, "discovery: no such JSON", answer(DISCOVERY, DEEP)),
    Lie("document huge", 502, "discovery: an answer of over", answer(DISCOVERY, HUGE)),
    Lie("document a bomb", 502, "discovery: a compressed", answer(DISCOVERY, BOMB, **{"Content-Encoding": "gzip"})),
    Lie("document elsewhere", 502, "discovery: status 302", answer(DISCOVERY, "", 302, Location="/keys")),
    Lie("document cut off", 503, "discovery: ", hang_up(DISCOVERY)),
    Lie("other issuer", 502, "discovery: the document is of another", document(issuer="https://evil.example")),
    Lie("no issuer", 502, "discovery: no such JSON", document(issuer=Gone)),
    Lie("no keys named", 502, "discovery: no such JSON", document(jwks_uri=Gone)),
    Lie("endpoint a number", 502, "discovery: no such JSON", document(token_endpoint=7)),
    Lie("token in clear", 502, "discovery: token_endpoint: ", document(token_endpoint="http://idp.example/t")),
    Lie("authorize a script", 502, "discovery: auth", document(authorization_endpoint="javascript:alert(1)")),
    Lie("keys in a file", 502, "discovery: jwks_uri: ", document(jwks_uri="file:///etc/passwd")),
    Lie("user in endpoint", 502, "discovery: token_end", document(token_endpoint="https://a:b@idp.example/t")),
    Lie("end with fragment", 502, "discovery: end", document(end_session_endpoint="https://idp.example/#x")),
    # The exchange of the code.
    Lie("token down", 503, "token: status 503", answer(TOKEN, "busy", 503)),
    Lie("token cut off", 503, "token: ", hang_up(TOKEN)),
    Lie("token elsewhere", 503, "token: ", lambda issuer: issuer.document.update(token_endpoint="http://127.0.0.1:1/")),
    Lie("token redirects", 502, "token: status 307", answer(TOKEN, "", 307, Location="/token")),
    Lie("token HTML", 502, "token: no such JSON", answer(TOKEN, "<html>")),
    Lie("token huge", 502, "token: an answer of over", answer(TOKEN, HUGE)),
    Lie("code refused", 400, "token: status 400, invalid_grant", answer(TOKEN, '{"error":"invalid_grant"}', 400)),
    Lie("refusal HTML", 502, "token: no such JSON", answer(TOKEN, "<html>", 400)),
    Lie("refusal odd", 502, "an error without a code", answer(TOKEN, '{"error":"<b>secret</b>"}', 400)),
    Lie("other secret", 502, "status 401, invalid_client", lambda issuer: setattr(issuer, "client_auth", "post")),
    Lie("no ID token", 502, "token: no such JSON", grant(id_token=Gone)),
    Lie("ID token a number", 502, "token: no such JSON", grant(id_token=7)),
    Lie("other token type", 502, "token: of a type", grant(token_type="DPoP")),
    Lie("ID token not one", 502, "ID token: ", grant(id_token="opaque")),
    # The keys.
    Lie("keys down", 503, "keys: status 500", answer(KEYS, "", 500)),
    Lie("keys HTML", 502, "keys: no such JSON", answer(KEYS, "<html>")),
    Lie("keys cut off", 503, "keys: ", hang_up(KEYS)),
    Lie("keys huge", 502, "keys: an answer of over", answer(KEYS, HUGE)),
    Lie("keys no list", 502, "keys: no such JSON", answer(KEYS, '{"keys":{}}')),
    Lie("no keys", 502, "keys: none among them", published()),
    Lie("keys for encrypting", 502, "keys: none among them", published(FIRST.published(use="enc"))),
    Lie("key too short", 502, "keys: none", published(SigningKey("first", rsa_key(1024)).published())),
    Lie("key symmetric", 502, "keys: none", published({"kty": "oct", "k": "c2VjcmV0", "use": "sig", "kid": "first"})),
    Lie("key elsewhere", 502, "keys: none", published({"kid": "first", "use": "sig", "jku": "/keys"})),
    Lie("key of another", 502, "ID token: the signature", signed_by(STRANGER)),
    Lie("unknown key", 502, "ID token: signed with a key", header(kid="second")),
    Lie("no key id of two", 502, "signed with a key", lambda issuer: (
        issuer.keys.append(SigningKey("second", ec_key())), issuer.header.update(kid=Gone))),
    # The header and the signature of the ID token.
    Lie("algorithm none", 502, "ID token: ", spoiled(unsigned)),
    Lie("algorithm HS256", 502, "ID token: another algorithm", header(alg="HS256")),
    Lie("algorithm RS512", 502, "ID token: another algorithm", header(alg="RS512")),
    Lie("algorithm of the other family", 502, "ID token: another algorithm", header(alg="ES256")),
    Lie("an access token", 502, "ID token: another type", header(typ="at+jwt")),
    Lie("brings its key", 502, "ID token: a header", header(jwk=STRANGER.published())),
    Lie("links to its key", 502, "ID token: a header", header(jku="https://evil.example/keys")),
    Lie("no signature", 502, "ID token: ", spoiled(without_signature)),
    Lie("claims changed", 502, "ID token: ", spoiled(other_claims)),
    Lie("encrypted", 502, "ID token: ", spoiled(lambda whole: f"{whole}.a.b")),
    Lie("too long", 502, "ID token: too long", claims(padding="x" * 9000)),
    # What the ID token says.
    Lie("iss of another", 502, "ID token: from another issuer", claims(iss="https://evil.example")),
    Lie("iss with a slash", 502, "ID token: from another", lambda issuer: issuer.claims.update(iss=issuer.url + "/")),
    Lie("no iss", 502, "ID token: from another issuer", claims(iss=Gone)),
    Lie("aud of another", 502, "ID token: for another audience", claims(aud="other")),
    Lie("aud alike", 502, "ID token: for another audience", claims(aud=CLIENT_ID + "x")),
    Lie("no aud", 502, "ID token: without an audience", claims(aud=Gone)),
    Lie("many aud, no azp", 502, "ID token: asked for by another", claims(aud=[CLIENT_ID, "other"])),
    Lie("many aud, other azp", 502, "ID token: asked", claims(aud=[CLIENT_ID, "other"], azp="other")),
    Lie("one aud, other azp", 502, "ID token: asked for by another", claims(azp="other")),
    Lie("azp no text", 502, "ID token: asked for by another", claims(azp=[CLIENT_ID])),
    Lie("expired", 502, "ID token: expired", timed(exp=-31)),
    Lie("no exp", 502, "ID token: without a time in exp", claims(exp=Gone)),
    Lie("exp a text", 502, "ID token: without a time in exp", claims(exp="9999999999")),
    Lie("from the future", 502, "ID token: from the future", timed(iat=60, exp=300)),
    Lie("issued long ago", 502, "ID token: issued long ago", timed(iat=-601, exp=300)),
    Lie("no iat", 502, "ID token: without a time in iat", claims(iat=Gone)),
    Lie("not valid yet", 502, "ID token: not valid yet", timed(nbf=60)),
    Lie("no sub", 502, "ID token: without a subject", claims(sub=Gone)),
    Lie("empty sub", 502, "ID token: without a subject", claims(sub="")),
    Lie("sub a number", 502, "ID token: without a subject", claims(sub=7)),
    Lie("other nonce", 502, "ID token: of another journey", claims(nonce="other")),
    Lie("no nonce", 502, "ID token: of another journey", claims(nonce=Gone)),
    Lie("nonce no text", 502, "ID token: of another journey", claims(nonce=True)),
    Lie("other access token", 502, "ID token: with another access", grant(access_token="swapped")),
    Lie("no access token", 502, "ID token: with another access", grant(access_token=Gone)),
    Lie("at_hash no text", 502, "ID token: with another access", claims(at_hash=7)),
]  # fmt: skip


@pytest.mark.parametrize("lie", LIES, ids=[lie.name for lie in LIES])
async def test_a_lie_is_one_exception_that_gives_nothing_away(
    party: RelyingParty, issuer: Issuer, lie: Lie
) -> None:
    lie.tell(issuer)
    with pytest.raises(SignInFailed) as raised:
        await signed_in(party)
    failure = raised.value
    assert failure.status == lie.status
    assert failure.code == "sign_in_failed"
    assert lie.reason in failure.reason
    shown = "".join(traceback.format_exception(failure)) + repr(failure) + failure.message + failure.reason
    assert [secret for secret in (*issuer.handed_out, CLIENT_SECRET) if secret and secret in shown] == []
    assert failure.reason not in failure.message


async def test_there_is_no_lie_in_what_the_lies_start_from(party: RelyingParty) -> None:
    """Otherwise all of the above would be refused for one and the same other reason."""
    assert (await signed_in(party)).profile.subject == "u-1"


async def test_a_token_kept_from_an_earlier_sign_in_does_not_fit(party: RelyingParty, issuer: Issuer) -> None:
    earlier = (await signed_in(party)).profile.id_token
    issuer.grant = {"id_token": earlier}
    issuer.claims = {"at_hash": Gone}
    with pytest.raises(SignInFailed) as raised:
        await signed_in(party)
    assert raised.value.reason == "ID token: of another journey"


async def test_an_issuer_that_is_not_there_is_said_to_be_unreachable(
    parties: Callable[..., RelyingParty],
) -> None:
    with pytest.raises(SignInFailed) as raised:
        await parties(issuer="http://127.0.0.1:1").begin("/")
    assert raised.value.status == 503
    assert raised.value.reason == "discovery: ClientConnectorError"


@pytest.mark.parametrize("path", [DISCOVERY, KEYS, TOKEN])
async def test_after_an_outage_the_next_sign_in_works(
    party: RelyingParty, issuer: Issuer, clock: Clock, path: str
) -> None:
    issuer.instead = {path: hanging_up}
    with pytest.raises(SignInFailed):
        await signed_in(party)
    issuer.instead = {}
    clock.pass_seconds(5)
    assert (await signed_in(party)).profile.subject == "u-1"


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
async def test_the_public_key_is_no_secret_to_sign_with(
    party: RelyingParty, issuer: Issuer, encoding: Encoding
) -> None:
    """The classic confusion, made with the real key."""
    public = issuer.keys[0].private.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)

    def forged(whole: str) -> str:
        signed = b64(b'{"alg":"HS256","kid":"first"}') + "." + whole.split(".")[1]
        return f"{signed}.{b64(hmac.digest(public, signed.encode(), 'sha256'))}"

    issuer.spoil = forged
    with pytest.raises(SignInFailed) as raised:
        await signed_in(party)
    assert raised.value.reason == "ID token: another algorithm"
