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
    """Of the latest answer, with what the browser does not draw because it is far from what is seen."""
    return await lane(page, letter).get_by_role("article").last.text_content() or ""


async def copied(page: Page, letter: str) -> str:
    """The latest answer as it came, from the clipboard."""
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.evaluate("navigator.clipboard.writeText('')")
    await page.get_by_role("button", name=f"Copy the answer of {letter}").click()
    await page.wait_for_function("() => navigator.clipboard.readText()")
    answer: str = await page.evaluate("navigator.clipboard.readText()")
    return answer


async def until_it_grows(page: Page, letter: str, least: int) -> None:
    answer = lane(page, letter).get_by_role("article").last
    element = await answer.element_handle()
    await page.wait_for_function(
        "([element, least]) => element.textContent.length > least", arg=[element, least]
    )


async def until_all_ended(page: Page) -> None:
    await expect(page.locator(".standing").first).to_be_visible()
    await expect(page.locator(".standing:is(.running, .waiting)")).to_have_count(0)
