"""What journeys through the playground share: comparisons that run, and what a page shows of them."""

from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.support.browser import Visit


async def begun(looking: Visit, models: list[str], prompt: str = "What is a lane?") -> str:
    """A comparison that runs; its id."""
    body = {"prompt": prompt, "modelIds": models, "start": True}
    answer = await looking.page.request.post("/api/comparisons", data=body)
    assert answer.ok, await answer.text()
    return str((await answer.json())["sessionId"])


async def stored(looking: Visit, session_id: str) -> dict[str, Any]:
    answer = await looking.page.request.get(f"/api/comparisons/{session_id}")
    found: dict[str, Any] = await answer.json()
    return found


def lane(page: Page, letter: str) -> Locator:
    return page.get_by_role("region", name=f"Lane {letter}:")


def standing(page: Page, letter: str) -> Locator:
    return lane(page, letter).locator(".standing")


async def text(page: Page, letter: str) -> str:
    """Of the latest answer, as it is read."""
    return await lane(page, letter).get_by_role("article").last.inner_text()


async def until_it_grows(page: Page, letter: str, least: int) -> None:
    answer = lane(page, letter).get_by_role("article").last
    element = await answer.element_handle()
    await page.wait_for_function(
        "([element, least]) => element.innerText.length > least", arg=[element, least]
    )


async def until_all_ended(page: Page) -> None:
    await expect(page.locator(".standing").first).to_be_visible()
    await expect(page.locator(".standing:is(.running, .waiting)")).to_have_count(0)
