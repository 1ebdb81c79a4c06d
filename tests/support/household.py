"""A server with an owner, and people who come in by its doors: for journeys through the page."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.support.bakeoff import RunningBakeoff, running_bakeoff
from tests.support.browser import Visit

OWNER = "owner@localhost"
PASSWORD = "nine dry umbrellas"


@contextmanager
def household(folder: Path, environ: Mapping[str, str] | None = None) -> Iterator[str]:
    """Its address. The owner has a password, and everybody may make an account."""
    with running_bakeoff(folder, environ={"BAKEOFF_REGISTRATION": "open", **(environ or {})}) as bakeoff:
        with httpx2.Client(base_url=bakeoff.url) as client:
            client.get(first_link(bakeoff))
            client.post("/auth/password", json={"newPassword": PASSWORD}).raise_for_status()
        yield bakeoff.url


def first_link(bakeoff: RunningBakeoff) -> str:
    """As the server prints it in the line after its address."""
    assert bakeoff.process.stdout is not None
    return bakeoff.process.stdout.readline().split()[-1]


async def come_in(looking: Visit, email: str, password: str = PASSWORD) -> None:
    """Past the page, for journeys that are about something else."""
    answer = await looking.page.request.post("/auth/login", data={"email": email, "password": password})
    assert answer.ok, await answer.text()


async def join(looking: Visit, email: str, name: str = "") -> None:
    account = {"email": email, "password": PASSWORD, "name": name}
    answer = await looking.page.request.post("/auth/register", data=account)
    assert answer.ok, await answer.text()


async def faults(looking: Visit) -> list[str]:
    """What no page may do: break the policy, ask strangers, complain. That the server said no is no fault."""
    complaints = [said for said in looking.complaints if "Failed to load resource" not in said]
    return [*complaints, *looking.strangers(), *(await looking.violations())]
