"""A prompt is set up: models chosen, lanes changed, files attached, the cost seen before it is sent."""

import base64
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.support.bakeoff import running_bakeoff
from tests.support.browser import DESKTOP, PHONE, Visit, visit

pytestmark = pytest.mark.anyio

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mP8z8BQz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC"
)
_people = count()


@pytest.fixture(scope="module")
def open_url(built_page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    environ = {"BAKEOFF_REGISTRATION": "open"}
    with running_bakeoff(tmp_path_factory.mktemp("composer"), environ=environ) as bakeoff:
        yield bakeoff.url


@asynccontextmanager
async def composing(
    browser: Browser, url: str, path: str = "/?models=swift,smith", **how: Any
) -> AsyncIterator[tuple[Visit, Page]]:
    """Signed in as somebody new, with those two lanes unless the path says otherwise."""
    async with visit(browser, url, **how) as looking:
        person = {"email": f"cook-{next(_people)}@example.org", "password": "nine dry umbrellas"}
        joined = await looking.page.request.post("/auth/register", data=person)
        assert joined.ok, await joined.text()
        await looking.page.goto(path)
        await expect(looking.page.get_by_role("region", name="Composer")).to_be_visible()
        yield looking, looking.page


def lane(page: Page, letter: str) -> Locator:
    return page.get_by_role("button", name=f"Edit lane {letter}:")


def prompt(page: Page) -> Locator:
    return page.get_by_label("Prompt", exact=True)


async def lanes(page: Page) -> list[str]:
    """The names of the lanes, in their order."""
    return await page.get_by_role("list", name="Lanes").locator(".name").all_inner_texts()


async def choose_from_menu(page: Page, menu: str, item: str) -> None:
    await page.get_by_role("button", name=menu).click()
    await page.get_by_role("menuitem", name=item).click()


async def tab_to(page: Page, label: str) -> None:
    wanted = page.get_by_label(label, exact=True)
    for _ in range(40):
        if await wanted.evaluate("field => field === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    pytest.fail(f"The Tab key does not lead to {label}.")


async def test_the_first_time_there_are_models_to_ask_and_the_cost_is_said(browser: Browser, open_url: str):
    async with composing(browser, open_url, "/") as (looking, page):
        await expect(lane(page, "C")).to_contain_text("simulated")
        await expect(page.get_by_text("Write a prompt first")).to_be_visible()
        await prompt(page).fill("Why is the sky blue?")
        await expect(page.get_by_role("button", name="Send to 3 models")).to_be_enabled()
        cost = page.get_by_role("button", name="the estimated cost of this send")
        await expect(cost).to_have_text(re.compile(r"≈ \$0\.\d+, at most \$\d"))
        await cost.click()
        details = page.get_by_role("group", name="Estimated cost")
        await expect(details.get_by_role("rowheader")).to_have_count(3)
        assert await looking.accessibility_faults() == []
        assert looking.strangers() == []
        assert await looking.violations() == []
        assert looking.complaints == []


async def test_everything_can_be_done_with_the_keyboard(browser: Browser, open_url: str):
    async with composing(browser, open_url, "/?models=smith") as (looking, page):
        await expect(lane(page, "A")).to_contain_text("Smith")
        await page.keyboard.press("a")
        await expect(page.get_by_role("combobox", name="Search the models")).to_be_focused()
        await page.keyboard.type("swift")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Control+a")
        await page.keyboard.type("terse nobody")
        await expect(page.get_by_text("Nothing is called that")).to_be_visible()
        await page.keyboard.press("Control+a")
        await page.keyboard.type("simulator")
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_role("option", name="Operator")).to_have_class(re.compile("active"))
        await page.keyboard.press("Enter")
        await page.keyboard.press("Control+Enter")
        assert await lanes(page) == ["Smith", "Swift", "Operator"]

        await expect(prompt(page)).to_be_focused()
        for _ in ("add", "menu of the last lane", "last lane"):
            await page.keyboard.press("Shift+Tab")
        await expect(lane(page, "C")).to_be_focused()
        await page.keyboard.press("Enter")
        await tab_to(page, "Temperature")
        await page.keyboard.type("7")
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("Temperature")).to_be_focused()
        await expect(page.get_by_text("A number from 0 to 2.")).to_be_visible()
        await page.keyboard.press("Control+a")
        await page.keyboard.type("0.7")
        await page.keyboard.press("Enter")
        await expect(lane(page, "C")).to_be_focused()
        await expect(lane(page, "C")).to_contain_text("temp 0.7")

        await tab_to(page, "Prompt")
        await page.keyboard.type("What is a lane?")
        await page.keyboard.press("Control+Enter")
        await page.wait_for_url("**/c/*")
        made = await (await page.request.get(f"/api/comparisons/{page.url.split('/')[-1]}")).json()
        assert made["prompt"] == "What is a lane?"
        assert [(each["modelId"], each["parameters"]) for each in made["lanes"]] == [
            ("simulator/smith", {}),
            ("simulator/swift", {}),
            ("simulator/operator", {"temperature": 0.7}),
        ]
        await expect(prompt(page)).to_have_value("")
        assert looking.complaints == []


async def test_a_reload_keeps_what_was_prepared(browser: Browser, open_url: str):
    async with composing(browser, open_url, "/") as (_, page):
        await expect(lane(page, "C")).to_be_visible()
        await choose_from_menu(page, "More of lane A", "Duplicate")
        await prompt(page).fill("Half a thou")
        before = await lanes(page)
        assert len(before) == 4
        await page.reload()
        await expect(prompt(page)).to_have_value("Half a thou")
        await expect(lane(page, "D")).to_contain_text("simulated")
        assert await lanes(page) == before


async def test_a_link_recreates_a_set_up_and_says_whom_nobody_knows(browser: Browser, open_url: str):
    path = "/?models=swift,who/knows,simulator/sage&system=Be+kind.&temperature=0.3&prompt=Look+at+this"
    async with composing(browser, open_url, path) as (looking, page):
        await expect(prompt(page)).to_have_value("Look at this")
        await expect(page.get_by_text("B: There is no model who/knows here.")).to_be_visible()
        await expect(lane(page, "A")).to_contain_text("temp 0.3")
        await expect(lane(page, "C")).to_contain_text("(left out)")
        assert await looking.accessibility_faults() == []
        await choose_from_menu(page, "More of lane B", "Remove")
        await expect(page.get_by_role("button", name="Send to 2 models")).to_be_enabled()

        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await choose_from_menu(page, "More of this set-up", "Copy link to this set-up")
        await expect(page.get_by_role("region", name="Notices")).to_contain_text("The link is copied")
        link = await page.evaluate("navigator.clipboard.readText()")
        assert link == open_url + path.replace("swift,who/knows", "simulator/swift")


async def test_what_a_model_cannot_take_is_said_before_it_is_sent(browser: Browser, open_url: str):
    async with composing(browser, open_url, "/?models=gremlin,sage&prompt=Look") as (_, page):
        dot = {"name": "dot.png", "mimeType": "image/png", "buffer": DOT}
        await page.locator("input[type=file]").set_input_files([dot])
        await expect(page.get_by_text("A: Gremlin takes no images.")).to_be_visible()
        await expect(page.get_by_text("One lane cannot take it")).to_be_visible()
        await page.get_by_role("button", name="Remove dot.png").click()
        await expect(page.get_by_text("takes no images")).to_have_count(0)

        await prompt(page).fill("word " * 20_000)
        await expect(page.get_by_text("A: Too long for Gremlin: it holds 16,000 tokens")).to_be_visible()
        await expect(lane(page, "B")).not_to_contain_text("Too long")


async def test_lanes_are_moved_by_dragging_and_by_their_menu(browser: Browser, open_url: str):
    async with composing(browser, open_url, "/?models=swift,smith,sage") as (_, page):
        await expect(lane(page, "C")).to_contain_text("Sage")
        await lane(page, "C").drag_to(lane(page, "A"), target_position={"x": 4, "y": 10})
        assert await lanes(page) == ["Sage", "Swift", "Smith"]
        await choose_from_menu(page, "More of lane A", "Move right")
        assert await lanes(page) == ["Swift", "Sage", "Smith"]


async def test_lane_sets_are_saved_used_renamed_and_deleted(browser: Browser, open_url: str):
    async with composing(browser, open_url) as (_, page):
        await choose_from_menu(page, "More of this set-up", "Lane sets…")
        await page.get_by_label("Name for the lanes of now").fill("Pair")
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="Rename Pair").click()
        await page.get_by_label("New name of Pair").fill("The pair")
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="Close").click()
        await choose_from_menu(page, "More of lane A", "Remove")
        assert await lanes(page) == ["Smith"]

        await page.goto("/")
        await expect(lane(page, "A")).to_contain_text("Smith")
        await choose_from_menu(page, "More of this set-up", "Lane sets…")
        await page.get_by_role("button", name="Use The pair").click()
        assert await lanes(page) == ["Swift", "Smith"]
        await choose_from_menu(page, "More of this set-up", "Lane sets…")
        await page.get_by_role("button", name="Delete The pair").click()
        await expect(page.get_by_text("They stay in this browser.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_every_dialog_fits_its_window_and_axe_finds_nothing(
    browser: Browser, open_url: str, viewport, scheme
):
    async with composing(browser, open_url, viewport=viewport, scheme=scheme) as (looking, page):
        await expect(lane(page, "B")).to_contain_text("Smith")

        async def look() -> None:
            assert await looking.overflow() <= 0
            assert await looking.accessibility_faults() == []

        await look()
        await page.get_by_role("button", name="Add models").click()
        await expect(page.get_by_role("option", name="Gremlin")).to_be_visible()
        await look()
        await page.keyboard.press("Escape")
        await lane(page, "A").click()
        await page.get_by_label("Answers in JSON").check()
        await look()
        await page.get_by_role("button", name="Change…").click()
        await expect(page.get_by_role("dialog", name="Another model for lane A")).to_be_visible()
        await look()
        await page.keyboard.press("Escape")
        await page.keyboard.press("Escape")
        await choose_from_menu(page, "More of this set-up", "Lane sets…")
        await look()
        assert await looking.violations() == []
        assert looking.complaints == []
