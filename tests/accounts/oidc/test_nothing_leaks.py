"""What is secret is in no log, no repr and no error, whether signing in works or not."""

import logging

import pytest

from backend.accounts.oidc.exchange import Granted
from backend.accounts.oidc.failures import SignInFailed
from backend.accounts.oidc.relying_party import RelyingParty
from tests.accounts.oidc.conftest import MASTER, client_of
from tests.support.issuer import CLIENT_SECRET, Issuer, saying, visit


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, logger="")
    return caplog


async def test_of_a_whole_sign_in_nothing_secret_is_shown(
    party: RelyingParty,
    issuer: Issuer,
    everything_logged: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    departure = await party.begin("/")
    _, _, query = await visit(departure.url)
    arrival = await party.finish(query["code"], query["state"], departure.cookie)
    await party.bearer(issuer.api_token())
    issuer.instead["/keys"] = saying("", 500)
    await party.bearer(issuer.api_token(_header={"kid": "unknown"}))
    with pytest.raises(SignInFailed) as raised:
        await party.finish(query["code"], query["state"], departure.cookie)
    printed = capfd.readouterr()
    shown = "".join(
        [
            everything_logged.text,
            printed.out,
            printed.err,
            *map(repr, (departure, arrival, party, raised.value, client_of(issuer), MASTER)),
        ]
    )
    secrets = {*issuer.handed_out, CLIENT_SECRET, departure.cookie, *query.values()} - {""}
    # The code, the verifier, the access token, the ID token; the secret of the client, the cookie, the state.
    assert len(secrets) == 7
    assert [secret for secret in secrets if secret in shown] == []


def test_an_answer_of_the_token_endpoint_shows_nothing() -> None:
    shown = repr(Granted(id_token="i.d.token", token_type="Bearer", access_token="access"))
    assert "token" not in shown
    assert "access" not in shown
