"""Lanes that stand beside each other: followed, scrolled, folded, widened, swiped, chosen, branched off."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, CDPSession, Locator, Page, expect

from tests.support.browser import DESKTOP, PHONE, Visit, visit
from tests.support.household import OWNER, come_in, faults, household
from tests.support.playground import begun, copied, lane, standing, stored, text, until_all_ended

pytestmark = pytest.mark.anyio

QUICK = "simulator/smith@tokens:30@pace:1"
LONG = "simulator/smith@tokens:4000@pace:1"
SLOW = "simulator/smith@tokens:4000@pace:15"
MAGNIFIED = {
    "width": DESKTOP["width"] // 2,
    "height": DESKTOP["height"] // 2,
}  # what 200 % leaves of a window
RICH = """# How to rise

```python
def bake(minutes: int) -> str:
    return "bread"
```

The area is $\\pi r^2$.

| kind | price |
|------|------:|
| rye  |     4 |
"""
MOVING = "document.getAnimations().filter(({ playState }) => playState === 'running').length"


@pytest.fixture(scope="module")
def house(built_page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with household(tmp_path_factory.mktemp("board")) as url:
        yield url


@pytest.fixture
async def looking(browser: Browser, house: str) -> AsyncIterator[Visit]:
    async with visit(browser, house) as looking:
        await come_in(looking, OWNER)
        yield looking
        assert await faults(looking) == []


async def opened(looking: Visit, models: list[str]) -> str:
    session_id = await begun(looking, models)
    await looking.page.goto(f"/c/{session_id}")
    return session_id


def scroller(page: Page, letter: str) -> Locator:
    return page.get_by_role("region", name=f"Answers of lane {letter}")


async def left_below(scroller: Locator) -> float:
    """Pixels that could still be scrolled down."""
    return await scroller.evaluate(
        "({ scrollHeight, clientHeight, scrollTop }) => scrollHeight - clientHeight - scrollTop"
    )


async def expect_at_its_end(page: Page, letter: str) -> None:
    await page.wait_for_function(
        """(it) => it.scrollHeight > 3 * it.clientHeight
            && it.scrollHeight - it.clientHeight - it.scrollTop < 24""",
        arg=await scroller(page, letter).element_handle(),
    )


async def swipe(finger: CDPSession) -> None:
    """From right to left, over the answer."""
    places = [{"x": x, "y": 300} for x in range(280, 40, -20)]
    await finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": places[:1]})
    for at in places[1:]:
        await finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
    await finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


async def place(scroller: Locator) -> float:
    return await scroller.evaluate("({ scrollTop }) => scrollTop")


async def test_an_answer_is_followed_until_one_scrolls_away_and_again_when_one_wishes(looking: Visit):
    page = looking.page
    await opened(looking, [SLOW])
    await expect_at_its_end(page, "A")
    await scroller(page, "A").hover()
    await page.mouse.wheel(0, -600)
    newest = page.get_by_role("button", name="Newest")
    await expect(newest).to_be_visible()
    stood, below = await place(scroller(page, "A")), await left_below(scroller(page, "A"))
    element = await scroller(page, "A").element_handle()
    await page.wait_for_function(
        "([it, below]) => it.scrollHeight - it.clientHeight - it.scrollTop > below + 200",
        arg=[element, below],
    )
    assert await place(scroller(page, "A")) == pytest.approx(stood, abs=1)
    await newest.click()
    await expect_at_its_end(page, "A")
    await expect(newest).to_have_count(0)


async def test_a_long_answer_opens_at_its_end_and_can_be_read_up_to_its_first_word(looking: Visit):
    page = looking.page
    session_id = await opened(looking, [LONG])
    await until_all_ended(page)
    await page.reload()
    await expect_at_its_end(page, "A")
    await scroller(page, "A").focus()
    await page.keyboard.press("Home")
    words = re.findall(r"[a-z]{4,}", (await stored(looking, session_id))["turns"][0]["responses"][0]["text"])
    await expect(scroller(page, "A").get_by_text(words[0]).first).to_be_in_viewport()
    whole = await text(page, "A")
    assert all(word in whole for word in words)  # what is out of sight is there as well
    for _ in range(60):  # over every part whose height was only guessed
        await page.keyboard.press("PageDown")
    await expect_at_its_end(page, "A")


async def test_lanes_scroll_together_when_that_is_wished(looking: Visit):
    page = looking.page
    await opened(looking, [LONG, LONG])
    await until_all_ended(page)
    await expect_at_its_end(page, "A")
    await expect_at_its_end(page, "B")
    before = await place(scroller(page, "B"))
    await scroller(page, "A").hover()
    await page.mouse.wheel(0, -200)
    await expect(page.get_by_role("button", name="Newest")).to_have_count(1)
    assert await place(scroller(page, "B")) == before
    await page.get_by_role("button", name="Scroll together").click()
    await scroller(page, "A").hover()
    await page.mouse.wheel(0, -200)
    element = await scroller(page, "B").element_handle()
    await page.wait_for_function(
        "([it, before]) => Math.abs(it.scrollTop - (before - 200)) < 2", arg=[element, before]
    )


async def test_a_lane_is_folded_and_made_wider_by_mouse_and_by_keys(looking: Visit):
    page = looking.page
    await opened(looking, [QUICK] * 3)
    await until_all_ended(page)
    await page.get_by_role("button", name="Collapse A").click()
    await expect(lane(page, "A")).to_have_count(0)
    await page.get_by_role("button", name="Show lane A").click()
    await expect(lane(page, "A")).to_be_visible()

    async def width() -> float:
        return (await lane(page, "A").bounding_box() or {})["width"]

    edge = page.get_by_role("separator", name="Width of lane A")
    usual = await width()
    await edge.press("ArrowRight")
    assert await width() == pytest.approx(usual + 40, abs=2)
    await edge.hover()
    box = await edge.bounding_box() or {}
    await page.mouse.down()
    await page.mouse.move(box["x"] + 120, box["y"] + 100)
    await page.mouse.up()
    assert await width() > usual + 120
    await edge.dblclick()
    assert await width() == pytest.approx(usual, abs=2)


async def test_all_lanes_go_on_from_the_answer_that_is_chosen(looking: Visit):
    page = looking.page
    body = {"prompt": "What is a lane?", "modelIds": ["simulator/swift", QUICK], "start": True}
    made = await page.request.post("/api/comparisons", data=body | {"historyMode": "shared"})
    session_id = (await made.json())["sessionId"]
    await page.goto(f"/c/{session_id}")
    await until_all_ended(page)
    await lane(page, "B").get_by_role("button", name="Go on from this one").click()
    await expect(lane(page, "B").get_by_role("button", name="All go on from here")).to_be_visible()
    await page.get_by_label("Prompt", exact=True).fill("And what is a lap?")
    await page.keyboard.press("Control+Enter")
    await expect(lane(page, "A").get_by_role("article")).to_have_count(2)
    await until_all_ended(page)
    first, second = (await stored(looking, session_id))["turns"]
    chosen = next(each for each in first["responses"] if each["modelId"] == QUICK)
    assert first["chosenResponseId"] == chosen["id"]
    for response in second["responses"]:
        sent = await page.request.get(f"/api/comparisons/{session_id}/responses/{response['id']}/sent")
        assert chosen["text"] in [each["text"] for each in (await sent.json())["messages"]]


async def test_a_branch_has_what_came_before_and_leaves_the_original_alone(looking: Visit):
    page = looking.page
    original = await opened(looking, ["simulator/swift", QUICK])
    await until_all_ended(page)
    there = [await text(page, letter) for letter in "AB"]
    await page.get_by_role("button", name="More", exact=True).click()
    await page.get_by_role("menuitem", name="Branch from here").click()
    await expect(page).not_to_have_url(re.compile(original))
    await expect(page).to_have_url(re.compile("/c/"))
    await expect(standing(page, "B")).to_contain_text("done")
    assert [await text(page, letter) for letter in "AB"] == there
    await page.get_by_label("Prompt", exact=True).fill("And what is a lap?")
    await page.keyboard.press("Control+Enter")
    await expect(lane(page, "A").get_by_role("article")).to_have_count(2)
    await until_all_ended(page)
    assert len((await stored(looking, original))["turns"]) == 1


async def test_code_has_colours_a_formula_is_set_and_an_answer_is_copied_as_it_came(looking: Visit):
    page = looking.page
    session_id = await opened(looking, ["simulator/swift"])
    await until_all_ended(page)
    exported = await page.request.get(f"/api/comparisons/{session_id}/export?format=json")
    document = await exported.json()
    document["comparison"]["turns"][0]["responses"][0]["text"] = RICH
    imported = await page.request.post("/api/comparisons/import", data=document)
    await page.goto(f"/c/{(await imported.json())['sessionId']}")
    await expect(lane(page, "A").locator(".tone-keyword").first).to_have_text("def")
    await expect(lane(page, "A").locator("math mi").first).to_have_text("π")
    await expect(lane(page, "A").get_by_role("cell", name="rye")).to_be_visible()
    assert await copied(page, "A") == RICH


async def test_who_wants_less_motion_sees_none(looking: Visit):
    page = looking.page
    await page.emulate_media(reduced_motion="no-preference")
    await opened(looking, [SLOW, SLOW])
    await expect(standing(page, "A")).to_contain_text("tok/s")
    await page.wait_for_function(f"{MOVING} > 0")
    await page.emulate_media(reduced_motion="reduce")
    await page.wait_for_function(f"{MOVING} === 0")


async def test_at_twice_the_size_nothing_is_cut_off(browser: Browser, house: str):
    async with visit(browser, house, viewport=MAGNIFIED) as looking:
        page = looking.page
        await come_in(looking, OWNER)
        await opened(looking, ["simulator/swift", QUICK])
        await until_all_ended(page)
        for view in ("Focus", "Table", "Columns"):
            await page.get_by_role("button", name=view, exact=True).click()
            assert await looking.overflow() == 0
        await page.get_by_label("Prompt", exact=True).fill("And what is a lap?")
        await page.get_by_role("button", name=re.compile("^Send")).click()
        await expect(lane(page, "A").get_by_role("article")).to_have_count(2)
        for address in ("/", "/history", "/costs", "/models", "/account"):
            await page.goto(address)
            await expect(page.get_by_role("heading", level=1)).to_be_visible()
            assert await looking.overflow() == 0, address
        assert await faults(looking) == []


async def test_on_a_phone_a_swipe_brings_the_next_lane(browser: Browser, house: str):
    async with visit(browser, house, viewport=PHONE) as looking:
        page = looking.page
        await come_in(looking, OWNER)
        await opened(looking, ["simulator/swift", QUICK, QUICK])
        await until_all_ended(page)
        await expect(standing(page, "A")).to_be_in_viewport(ratio=1)
        await expect(standing(page, "B")).not_to_be_in_viewport(ratio=1)
        finger = await page.context.new_cdp_session(page)
        for shown in "BC":
            await swipe(finger)
            await expect(standing(page, shown)).to_be_in_viewport(ratio=1)
        await expect(standing(page, "A")).not_to_be_in_viewport()
        assert await faults(looking) == []
