"""The page about the server, for who is signed in, where nobody else may see how it is doing."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Route, expect

from tests.support.browser import DESKTOP, PHONE, Visit, visit
from tests.support.household import OWNER, come_in, household

pytestmark = pytest.mark.anyio

HEALTH = "**/health/detailed"


@pytest.fixture(scope="module")
def base_url(built_page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with household(tmp_path_factory.mktemp("status"), {"BAKEOFF_METRICS": "admin"}) as url:
        yield url


@asynccontextmanager
async def visited(browser: Browser, base_url: str, **look: Any) -> AsyncIterator[Visit]:
    async with visit(browser, base_url, **look) as looking:
        await come_in(looking, OWNER)
        yield looking


async def test_the_page_says_that_the_server_is_well(browser: Browser, base_url: str):
    async with visited(browser, base_url) as looking:
        await looking.page.goto("/status")
        await expect(looking.page).to_have_title("Status · Bakeoff")
        await expect(looking.page.get_by_role("heading", level=1)).to_have_text("Status")
        status = looking.page.get_by_role("region", name="Server status")
        await expect(status.get_by_role("heading", level=2)).to_have_text("Everything is well")
        for label in ("round trip", "Open sockets", "Memory", "Version"):
            await expect(status).to_contain_text(label)
        assert looking.complaints == []


async def test_the_page_asks_again_by_itself(browser: Browser, base_url: str):
    async with visited(browser, base_url) as looking:
        await looking.page.clock.install()
        await looking.page.goto("/status")
        await expect(looking.page.get_by_text("Everything is well")).to_be_visible()
        async with looking.page.expect_response(HEALTH) as again:
            await looking.page.clock.run_for(5000)
        assert (await again.value).status == 200


async def test_a_server_that_stops_answering_shows_and_recovers(browser: Browser, base_url: str):
    async with visited(browser, base_url) as looking:
        await looking.page.clock.install()
        await looking.page.goto("/status")
        await expect(looking.page.get_by_text("Everything is well")).to_be_visible()
        await looking.page.route(HEALTH, lambda route: route.abort())
        await looking.page.clock.run_for(5000)
        await expect(looking.page.get_by_text("The server does not answer")).to_be_visible()
        await expect(looking.page.get_by_text("round trip")).to_be_visible()
        await looking.page.unroute(HEALTH)
        await looking.page.get_by_role("button", name="Try now").click()
        await expect(looking.page.get_by_text("Everything is well")).to_be_visible()


async def test_an_answer_that_is_no_health_report_counts_as_none(browser: Browser, base_url: str):
    async def proxy_page(route: Route) -> None:
        await route.fulfill(status=502, content_type="text/html", body="<h1>Bad gateway</h1>")

    async with visited(browser, base_url) as looking:
        await looking.page.route(HEALTH, proxy_page)
        await looking.page.goto("/status")
        await expect(looking.page.get_by_text("The server does not answer")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_the_page_fits_its_window_and_axe_finds_nothing(
    browser: Browser, base_url: str, viewport, scheme
):
    async with visited(browser, base_url, viewport=viewport, scheme=scheme) as looking:
        await looking.page.goto("/status")
        await expect(looking.page.get_by_text("Everything is well")).to_be_visible()
        assert await looking.overflow() <= 0
        assert await looking.accessibility_faults() == []


async def test_the_page_keeps_to_its_origin_and_its_policy(browser: Browser, base_url: str):
    async with visited(browser, base_url) as looking:
        answer = await looking.page.goto("/status")
        assert answer is not None
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        await expect(looking.page.get_by_text("Everything is well")).to_be_visible()
        assert looking.strangers() == []
        assert await looking.violations() == []
        assert looking.complaints == []


async def test_an_address_that_only_the_page_understands_opens_the_page(browser: Browser, base_url: str):
    async with visited(browser, base_url) as looking:
        await looking.page.goto("/rooms/any")
        await expect(looking.page.get_by_text("There is nothing at this address")).to_be_visible()


async def test_a_break_of_the_policy_would_be_noticed(browser: Browser, base_url: str):
    async with visited(browser, base_url) as looking:
        await looking.page.goto("/status")
        await looking.page.evaluate(
            "document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">inline</p>')"
        )
        await looking.page.evaluate("fetch('http://other.invalid/').catch(() => null)")
        await looking.page.wait_for_function("window.violations.length >= 2")
        assert [broken.split()[0] for broken in await looking.violations()] == [
            "style-src-attr",
            "connect-src",
        ]
