import pytest
from playwright.async_api import Browser, expect

from tests.support.browser import DESKTOP, PHONE, visit

pytestmark = pytest.mark.anyio


async def test_the_reference_lists_every_endpoint_and_keeps_to_its_origin(browser: Browser, base_url: str):
    async with visit(browser, base_url) as looking:
        await looking.page.goto("/schema")
        listed = looking.page.locator(".opblock-summary-path")
        await expect(listed.first).to_be_visible()
        document = await (await looking.page.request.get("/schema/openapi.json")).json()
        assert {path.replace("\u200b", "") for path in await listed.all_inner_texts()} == set(
            document["paths"]
        )

        await listed.filter(has_text="detailed").click()
        await looking.page.get_by_role("button", name="Execute").click()
        await expect(looking.page.locator(".live-responses-table")).to_contain_text("roundTripMs")

        assert looking.strangers() == []
        assert await looking.violations() == []
        assert looking.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_the_reference_fits_its_window(browser: Browser, base_url: str, viewport, scheme):
    async with visit(browser, base_url, viewport=viewport, scheme=scheme) as looking:
        await looking.page.goto("/schema")
        await expect(looking.page.locator(".opblock-summary-path").first).to_be_visible()
        assert await looking.overflow() <= 0
