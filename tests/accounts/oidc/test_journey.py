"""What travels in the cookie between the redirect and the callback."""

import asyncio
import base64
import json

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from backend.accounts.oidc import journey as module
from backend.accounts.oidc.failures import SignInFailed
from backend.accounts.oidc.journey import LIFETIME_SECONDS, Journeys
from backend.accounts.oidc.relying_party import RelyingParty
from backend.kit.master_key import MasterKey
from tests.accounts.oidc.conftest import MASTER, Clock, client_of
from tests.support.issuer import Issuer, visit
from tests.support.laws import law

ISSUER = Issuer(url="https://idp.example")


def journeys(clock: Clock, master: MasterKey = MASTER, **changes: object) -> Journeys:
    return Journeys(client_of(ISSUER, **changes), master, clock.now)


def test_what_went_in_comes_out(clock: Clock) -> None:
    begun, state, cookie = journeys(clock).begin("/there")
    assert journeys(clock).end(state, cookie) == begun
    assert begun.return_to == "/there"


def test_nothing_of_it_can_be_read_in_the_cookie(clock: Clock) -> None:
    begun, state, cookie = journeys(clock).begin("/there")
    inside = base64.urlsafe_b64decode(cookie)
    for secret in (begun.nonce, begun.verifier, state, "/there"):
        assert secret.encode() not in inside
        assert secret not in cookie
    assert begun.nonce not in repr(begun)
    assert begun.verifier not in repr(begun)


def test_the_longest_way_back_fits_into_a_cookie(clock: Clock) -> None:
    _, _, cookie = journeys(clock).begin("/" + "a" * 1023)
    assert len(cookie) < 2000


def test_it_ends_after_ten_minutes(clock: Clock) -> None:
    _, state, cookie = journeys(clock).begin("/")
    _, other_state, other_cookie = journeys(clock).begin("/")
    clock.pass_seconds(LIFETIME_SECONDS - 1)
    journeys(clock).end(state, cookie)
    clock.pass_seconds(1)
    with pytest.raises(SignInFailed) as raised:
        journeys(clock).end(other_state, other_cookie)
    assert raised.value.reason == "callback: after its time"


def test_it_ends_once(clock: Clock) -> None:
    ours = journeys(clock)
    _, state, cookie = ours.begin("/")
    ours.end(state, cookie)
    with pytest.raises(SignInFailed) as raised:
        ours.end(state, cookie)
    assert raised.value.reason == "callback: a second time"


def test_a_cookie_opens_with_its_own_state_only(clock: Clock) -> None:
    ours = journeys(clock)
    (_, first, cookie), (_, second, _) = ours.begin("/"), ours.begin("/")
    with pytest.raises(SignInFailed) as raised:
        ours.end(second, cookie)
    assert raised.value.reason == "callback: state and cookie do not belong together"
    ours.end(first, cookie)


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://other.example"},
        {"client_id": "other"},
        {"redirect_uri": "https://other.example/auth/callback"},
        {"master": MasterKey(b"x" * 48)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_it_ends_only_where_it_began(clock: Clock, changes: dict[str, object]) -> None:
    _, state, cookie = journeys(clock).begin("/")
    with pytest.raises(SignInFailed):
        journeys(clock, **changes).end(state, cookie)


@pytest.mark.parametrize("state", ["", "x", "\ud800", "ä", "s" * 101, "a\x00"], ids=ascii)
def test_a_made_up_state_opens_nothing(clock: Clock, state: str) -> None:
    _, _, cookie = journeys(clock).begin("/")
    with pytest.raises(SignInFailed) as raised:
        journeys(clock).end(state, cookie)
    assert raised.value.status == 400


@pytest.mark.parametrize(
    "cookie",
    ["", "x", "AAAA", "=", "\ud800", "ä", "a" * 4097, "a" * 4096, "-_-_" * 20, "a b", "{}"],
    ids=lambda cookie: f"{cookie[:9]!a} {len(cookie)}",
)
def test_a_made_up_cookie_opens_nothing(clock: Clock, cookie: str) -> None:
    _, state, _ = journeys(clock).begin("/")
    with pytest.raises(SignInFailed) as raised:
        journeys(clock).end(state, cookie)
    assert raised.value.status == 400


@law
@given(st.data())
def test_a_cookie_with_a_flipped_bit_opens_nothing(data: st.DataObject) -> None:
    ours = journeys(Clock(1.8e9))
    _, state, cookie = ours.begin("/there")
    sealed = bytearray(base64.urlsafe_b64decode(cookie))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SignInFailed):
        ours.end(state, base64.urlsafe_b64encode(sealed).decode())


def test_a_sealed_value_of_another_purpose_is_none_of_these(clock: Clock) -> None:
    """Each purpose has a key of its own: what is sealed for one never opens for the other."""
    begun, state, _ = journeys(clock).begin("/")
    bound = json.dumps([ISSUER.url, "bakeoff", client_of(ISSUER).redirect_uri, state], separators=(",", ":"))
    plain = json.dumps({"nonce": "n", "verifier": "v", "return_to": "/", "expires_at": begun.expires_at})

    def sealed_with(key: bytes) -> str:
        whole = bytes(12) + AESGCM(key).encrypt(bytes(12), plain.encode(), bound.encode())
        return base64.urlsafe_b64encode(whole).decode()

    with pytest.raises(SignInFailed):
        journeys(clock).end(state, sealed_with(MASTER.derive("seal")))
    assert journeys(clock).end(state, sealed_with(MASTER.derive("oidc journey"))).verifier == "v"


def test_what_is_remembered_of_used_ones_is_bounded_and_forgotten(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_REMEMBERED", 10)
    ours = journeys(clock)
    for _ in range(30):
        _, state, cookie = ours.begin("/")
        ours.end(state, cookie)
    assert len(ours._used) == 10
    clock.pass_seconds(LIFETIME_SECONDS)
    _, state, cookie = ours.begin("/")
    ours.end(state, cookie)
    assert len(ours._used) == 1


async def test_of_twenty_callbacks_at_once_one_signs_in(party: RelyingParty, issuer: Issuer) -> None:
    departure = await party.begin("/")
    _, _, query = await visit(departure.url)
    tries = [party.finish(query["code"], query["state"], departure.cookie) for _ in range(20)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(result, SignInFailed) for result in results) == 1
    assert issuer.counts["/token"] == 1


@pytest.mark.parametrize("code", ["", "a" * 4097, "\ud800", "ä", "a\nb"], ids=lambda code: ascii(code[:9]))
async def test_what_cannot_be_a_code_is_not_sent(party: RelyingParty, issuer: Issuer, code: str) -> None:
    departure = await party.begin("/")
    _, _, query = await visit(departure.url)
    with pytest.raises(SignInFailed) as raised:
        await party.finish(code, query["state"], departure.cookie)
    assert raised.value.reason == "callback: without a code"
    assert issuer.counts["/token"] == 0


async def test_the_code_of_another_journey_is_refused_by_its_verifier(
    party: RelyingParty, issuer: Issuer
) -> None:
    """Somebody slips their own code into our callback."""
    mine, theirs = await party.begin("/"), await party.begin("/")
    _, _, my_query = await visit(mine.url)
    _, _, their_query = await visit(theirs.url)
    with pytest.raises(SignInFailed) as raised:
        await party.finish(their_query["code"], my_query["state"], mine.cookie)
    assert raised.value.reason == "token: status 400, invalid_grant"
