"""An issuer that runs, our side of it, and a clock that both go by."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from backend.accounts.oidc.client import Client
from backend.accounts.oidc.relying_party import Arrival, RelyingParty
from backend.kit.master_key import MasterKey
from tests.support.issuer import (
    API,
    CLIENT_ID,
    CLIENT_SECRET,
    REDIRECT_URI,
    SIGNED_OUT_URI,
    Issuer,
    running_issuer,
    visit,
)

MASTER = MasterKey(b"m" * 48)


@dataclass
class Clock:
    """Stands still but for what a test puts on."""

    moment: float

    def pass_seconds(self, seconds: float) -> None:
        self.moment += seconds

    def seconds(self) -> float:
        return self.moment

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.moment, UTC)


def client_of(issuer: Issuer, /, **changes: object) -> Client:
    settings = {
        "issuer": issuer.url,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uri": REDIRECT_URI,
        "signed_out_uri": SIGNED_OUT_URI,
        "api_audience": API,
    }
    return Client(**(settings | changes))


Parties = Callable[..., RelyingParty]


@pytest.fixture
def clock() -> Clock:
    return Clock(float(int(time.time())))


@pytest.fixture
async def issuer(clock: Clock) -> AsyncIterator[Issuer]:
    async with running_issuer() as running:
        running.clock = clock.seconds
        yield running


@pytest.fixture
async def parties(issuer: Issuer, clock: Clock) -> AsyncIterator[Parties]:
    """Our side, with what of the client is to be different; closed at the end."""
    async with AsyncExitStack() as stack:

        def open_party(seconds: float = 10.0, **changes: object) -> RelyingParty:
            client = client_of(issuer, **changes)
            party = RelyingParty(client, MASTER, seconds=seconds, now=clock.now, monotonic=clock.seconds)
            stack.push_async_callback(party.aclose)
            return party

        yield open_party


@pytest.fixture
def party(parties: Parties) -> RelyingParty:
    return parties()


async def signed_in(party: RelyingParty, return_to: str | None = "/") -> Arrival:
    """The whole way of a browser."""
    departure = await party.begin(return_to)
    status, where, query = await visit(departure.url)
    assert (status, where) == (302, REDIRECT_URI), "the issuer did not like how it was asked"
    return await party.finish(query["code"], query["state"], departure.cookie)
