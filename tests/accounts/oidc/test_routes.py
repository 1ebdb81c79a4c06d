"""A browser that goes to the issuer and comes back, through the whole server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.support.bakeoff import RunningBakeoff, running_bakeoff
from tests.support.issuer import API, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, Issuer, running_issuer

PASSWORD = "nine dry umbrellas"
OUTSIDE = REDIRECT_URI.removesuffix("/auth/callback")


@asynccontextmanager
async def bakeoff_at(
    issuer: Issuer, folder: Path, registration: str = "open"
) -> AsyncIterator[RunningBakeoff]:
    """Known outside by the address that the issuer sends people back to."""
    environ = {
        "BAKEOFF_OIDC_ISSUER": issuer.url,
        "BAKEOFF_OIDC_CLIENT_ID": CLIENT_ID,
        "BAKEOFF_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "BAKEOFF_OIDC_API_AUDIENCE": API,
        "BAKEOFF_PUBLIC_URL": OUTSIDE,
        "BAKEOFF_REGISTRATION": registration,
    }
    running = running_bakeoff(folder, environ=environ)
    bakeoff = await asyncio.to_thread(running.__enter__)
    try:
        yield bakeoff
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)


async def there_and_back(browser: httpx2.AsyncClient, return_to: str = "/") -> httpx2.Response:
    away = await browser.get("/auth/login", params={"returnTo": return_to})
    assert away.status_code == 302, away.text
    async with httpx2.AsyncClient() as outside:
        sent_back = await outside.get(away.headers["location"])
    target = urlsplit(sent_back.headers["location"])
    return await browser.get(f"{target.path}?{target.query}")


async def test_a_browser_signs_in_there_and_out_again(tmp_path: Path) -> None:
    async with (
        running_issuer() as issuer,
        bakeoff_at(issuer, tmp_path) as bakeoff,
        httpx2.AsyncClient(base_url=bakeoff.url) as browser,
    ):
        back = await there_and_back(browser, "/c/1")
        me = (await browser.get("/auth/me")).json()
        out = await browser.get("/auth/logout")
        after = await browser.get("/auth/me")

    assert (back.status_code, back.headers["location"]) == (303, "/c/1")
    assert (me["email"], me["role"], me["hasPassword"]) == ("ada@example.org", "member", False)
    assert out.status_code == 302
    assert out.headers["location"].startswith(f"{issuer.url}/end?")
    assert after.status_code == 401


async def test_an_api_token_of_the_issuer_is_taken_once_its_owner_has_signed_in(tmp_path: Path) -> None:
    async with running_issuer() as issuer, bakeoff_at(issuer, tmp_path) as bakeoff:
        bearer = {"authorization": f"Bearer {issuer.api_token()}"}
        async with httpx2.AsyncClient(base_url=bakeoff.url) as program:
            before = await program.get("/auth/me", headers=bearer)
            await there_and_back(program)
            program.cookies.clear()
            after = await program.get("/auth/me", headers=bearer)
            other = {"authorization": f"Bearer {issuer.api_token(aud='somebody-else')}"}
            refused = await program.get("/auth/me", headers=other)

    assert (before.status_code, after.status_code, refused.status_code) == (401, 200, 401)


async def test_whoever_waited_in_an_account_of_that_address_is_shut_out(tmp_path: Path) -> None:
    """Anybody can register somebody else's address with a password; the issuer vouches for its owner."""
    async with running_issuer() as issuer, bakeoff_at(issuer, tmp_path) as bakeoff:
        waiting = {"email": "ada@example.org", "password": PASSWORD}
        async with httpx2.AsyncClient(base_url=bakeoff.url) as attacker:
            token = (await attacker.post("/auth/register", json=waiting)).json()["accessToken"]
            attacker.cookies.clear()
            who = {"authorization": f"Bearer {token}"}
            made = await attacker.post("/auth/api-keys", json={"name": "x", "scopes": ["read"]}, headers=who)
            key = {"authorization": f"Bearer {made.json()['secret']}"}
            async with httpx2.AsyncClient(base_url=bakeoff.url) as owner:
                assert (await there_and_back(owner)).status_code == 303
                assert (await owner.get("/auth/me")).json()["hasPassword"] is False

            assert (await attacker.get("/auth/me", headers=who)).status_code == 401
            assert (await attacker.post("/auth/login", json=waiting)).status_code == 401
            assert (await attacker.post("/auth/ws-ticket", headers=key)).status_code == 401


async def test_a_callback_that_did_not_begin_here_signs_nobody_in(tmp_path: Path) -> None:
    async with (
        running_issuer() as issuer,
        bakeoff_at(issuer, tmp_path) as bakeoff,
        httpx2.AsyncClient(base_url=bakeoff.url) as browser,
    ):
        invented = await browser.get("/auth/callback", params={"code": "x", "state": "y"})
        refused = await browser.get("/auth/callback", params={"error": "access_denied"})

    assert (invented.status_code, refused.status_code) == (400, 403)
    assert "set-cookie" not in invented.headers
    lines = [line for line in bakeoff.log() if line["event"] == "sign_in.failed"]
    assert len(lines) == 2


async def test_where_registration_is_closed_the_issuers_people_stay_outside(tmp_path: Path) -> None:
    async with (
        running_issuer() as issuer,
        bakeoff_at(issuer, tmp_path, "closed") as bakeoff,
        httpx2.AsyncClient(base_url=bakeoff.url) as browser,
    ):
        assert (await there_and_back(browser)).status_code == 403
        assert (await browser.get("/auth/me")).status_code == 401


@pytest.mark.parametrize("path", ["/auth/login", "/auth/callback", "/auth/logout"])
def test_without_an_issuer_there_is_nothing_to_go_to(path: str, tmp_path: Path) -> None:
    with running_bakeoff(tmp_path) as bakeoff:
        answer = httpx2.get(f"{bakeoff.url}{path}")
    assert answer.status_code in {400, 404}
