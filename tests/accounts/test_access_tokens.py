"""What an access token says, and for how long."""

from datetime import timedelta
from uuid import UUID

import pytest

from backend.accounts import jwts
from backend.accounts.access_tokens import LIFETIME, AccessTokens, Proof
from backend.accounts.jwts import BadToken
from backend.kit.ids import new_id
from backend.kit.master_key import MasterKey
from tests.accounts.people import NOW

MASTER = MasterKey(b"a secret of this installation alone")
TOKENS = AccessTokens.of(MASTER)
USER, DEVICE = new_id(), new_id()


def test_a_token_says_who_and_where() -> None:
    proof = TOKENS.verify(TOKENS.issue(USER, DEVICE, NOW), NOW)
    assert proof == Proof(USER, DEVICE, proof.token_id, NOW + LIFETIME)
    assert isinstance(proof.token_id, UUID)


def test_no_two_tokens_are_the_same() -> None:
    assert TOKENS.issue(USER, DEVICE, NOW) != TOKENS.issue(USER, DEVICE, NOW)


def test_it_ends_after_a_quarter_of_an_hour() -> None:
    token = TOKENS.issue(USER, DEVICE, NOW)
    assert timedelta(minutes=15) == LIFETIME
    assert TOKENS.verify(token, NOW + LIFETIME - timedelta(seconds=1))
    with pytest.raises(BadToken, match="expired"):
        TOKENS.verify(token, NOW + LIFETIME)


def test_the_token_of_another_installation_is_refused() -> None:
    other = AccessTokens.of(MasterKey(b"a secret of another installation"))
    with pytest.raises(BadToken, match="signature"):
        TOKENS.verify(other.issue(USER, DEVICE, NOW), NOW)


@pytest.mark.parametrize(
    "changed", [{"device": "x"}, {"device": None}, {"sub": "ada"}, {"jti": 1}, {"jti": []}, {"device": {}}]
)
def test_a_token_without_our_ids_is_refused(changed: dict[str, object]) -> None:
    second = int(NOW.timestamp())
    claims = {"iss": "bakeoff", "aud": "bakeoff", "sub": str(USER), "device": str(DEVICE), "jti": str(DEVICE)}
    times = {"iat": second, "exp": second + 900}
    good, bad = (
        jwts.sign({**claims, **times, **more}, secret=MASTER.derive("access"), typ="at+jwt")
        for more in ({}, changed)
    )
    assert TOKENS.verify(good, NOW).user_id == USER
    with pytest.raises(BadToken, match="ids"):
        TOKENS.verify(bad, NOW)


def test_the_secret_is_in_no_repr() -> None:
    assert MASTER.derive("access").hex() not in repr(TOKENS)
    assert repr(MASTER.derive("access")) not in repr(TOKENS)
