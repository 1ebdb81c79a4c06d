"""The issuer's document: fetched once, kept for a while."""

import asyncio

import pytest

from backend.accounts.oidc.failures import SignInFailed
from backend.accounts.oidc.relying_party import RelyingParty
from tests.accounts.oidc.conftest import Clock, Parties
from tests.support.issuer import Gone, Issuer, saying

PATH = "/.well-known/openid-configuration"


async def test_it_is_fetched_once_for_all_who_ask_at_once(party: RelyingParty, issuer: Issuer) -> None:
    await asyncio.gather(*(party.begin("/") for _ in range(100)))
    assert issuer.counts == {PATH: 1}


async def test_it_is_fetched_anew_after_its_lifetime(
    party: RelyingParty, issuer: Issuer, clock: Clock
) -> None:
    await party.begin("/")
    issuer.document["authorization_endpoint"] = f"{issuer.url}/elsewhere"
    clock.pass_seconds(3599)
    assert "/authorize?" in (await party.begin("/")).url
    clock.pass_seconds(1)
    assert "/elsewhere?" in (await party.begin("/")).url
    assert issuer.counts == {PATH: 2}


async def test_a_failure_is_not_kept(party: RelyingParty, issuer: Issuer) -> None:
    issuer.instead[PATH] = saying("", 500)
    with pytest.raises(SignInFailed):
        await party.begin("/")
    del issuer.instead[PATH]
    assert (await party.begin("/")).url


async def test_a_slash_at_the_end_of_the_issuer_counts(parties: Parties, issuer: Issuer) -> None:
    """Where the document is does not depend on it, whose it is does."""
    with pytest.raises(SignInFailed) as raised:
        await parties(issuer=f"{issuer.url}/").begin("/")
    assert raised.value.reason == "discovery: the document is of another issuer"
    issuer.document["issuer"] = f"{issuer.url}/"
    assert (await parties(issuer=f"{issuer.url}/").begin("/")).url


async def test_what_else_is_in_it_does_not_matter(party: RelyingParty, issuer: Issuer) -> None:
    issuer.document |= {"future": {"nested": [1, None]}, "end_session_endpoint": Gone}
    assert (await party.begin("/")).url


async def test_who_gives_up_waiting_does_not_stop_it_for_the_others(
    party: RelyingParty, issuer: Issuer
) -> None:
    asked, may_answer = asyncio.Event(), asyncio.Event()

    async def answers_later(request):
        asked.set()
        await may_answer.wait()
        return await issuer._discovery(request)

    issuer.instead[PATH] = answers_later
    impatient, patient = [asyncio.create_task(party.begin("/")) for _ in range(2)]
    await asyncio.wait_for(asked.wait(), 20)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    may_answer.set()
    assert (await patient).url
    assert issuer.counts == {PATH: 1}
