"""The history in a browser: what was compared is found again, put in order, taken away and taken in."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.support.browser import DESKTOP, PHONE, Visit, visit
from tests.support.household import come_in, faults, household
from tests.support.past import House, Person, joined, seed
from tests.support.waiting import eventually

pytestmark = pytest.mark.anyio
MANY = 2000

SCROLL_THROUGH = """async (amount) => {
  const seen = new Map();
  let most = 0;
  const frame = () => new Promise(requestAnimationFrame);
  const note = () => {
    const rows = [...document.querySelectorAll("[data-place]")];
    for (const row of rows) seen.set(Number(row.dataset.place), row.querySelector("[data-main]").textContent);
    most = Math.max(most, rows.length);
  };
  note();
  for (let still = 0; still < 300 && seen.size < amount; ) {
    const before = scrollY;
    scrollBy(0, 500);
    await frame();
    await frame();
    note();
    still = scrollY === before ? still + 1 : 0;
  }
  return [[...seen].sort(([one], [other]) => one - other), most];
}"""
"""All rows that were there at one time, by their places; and how many were there at once."""


@pytest.fixture(scope="module")
def house(built_page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("history")
    with household(folder) as url:
        yield House(url, folder)


@pytest.fixture
def ada(house: House) -> Iterator[Person]:
    person = joined(house.url)
    with person.api:
        yield person


@pytest.fixture
async def looking(browser: Browser, ada: Person) -> AsyncIterator[Visit]:
    async with visit(browser, ada.url) as looking:
        await come_in(looking, ada.email)
        yield looking
        assert await faults(looking) == []


def rows(page: Page) -> Locator:
    return page.get_by_role("listitem").filter(has=page.locator("time"))


def titles(page: Page) -> Locator:
    return rows(page).locator("[data-main]")


async def menu(page: Page, title: str, deed: str) -> None:
    await page.get_by_role("button", name=f"More for {title}").click()
    await page.get_by_role("menuitem", name=deed, exact=False).click()


async def expect_path(page: Page, address: str) -> None:
    await expect(page).to_have_url(re.compile(f"{re.escape(address)}$"))


async def test_words_of_an_answer_are_found_and_marked(looking: Visit, ada: Person):
    page = looking.page
    key = ada.run("What is a lane?")
    ada.make("Name a bakery")
    text = ada.api.get(f"/api/comparisons/{key}").json()["turns"][0]["responses"][0]["text"]
    word = max(re.findall(r"[a-z]{5,}", text), key=len)
    await page.goto("/history")
    await expect(titles(page)).to_have_text(["Name a bakery", "What is a lane?"])
    await page.keyboard.press("/")
    await page.keyboard.type(word.upper())
    await expect(titles(page)).to_have_text(["What is a lane?"])
    await expect(rows(page).locator("mark").first).to_have_text(word, ignore_case=True)
    await expect_path(page, f"/history?q={word.upper()}")
    await page.get_by_role("searchbox").fill("zebra")
    await expect(page.get_by_text("Nothing found for “zebra”")).to_be_visible()
    await page.get_by_role("link", name="Clear the filters").click()
    await expect(titles(page)).to_have_count(2)


async def test_filters_are_in_the_address_and_survive_a_reload(looking: Visit, ada: Person):
    page = looking.page
    ada.run("It fails", "simulator/sage@401", tags=("draft",))
    ada.run("It works", "simulator/smith", "simulator/swift", tags=("release 2",))
    ada.make("It waits")
    await page.goto("/history")
    await expect(titles(page)).to_have_text(["It waits", "It works", "It fails"])

    async def only(found: list[str]) -> None:
        await expect(titles(page)).to_have_text(found)
        await page.reload()
        await expect(titles(page)).to_have_text(found)
        await page.get_by_role("button", name="Clear", exact=True).click()
        await expect(titles(page)).to_have_count(3)
        await expect_path(page, "/history")

    await page.get_by_label("Status").select_option("Failed")
    await expect_path(page, "/history?status=failed")
    await only(["It fails"])
    await page.get_by_label("Model", exact=True).fill("smith")
    await page.keyboard.press("Enter")
    await expect_path(page, "/history?model=simulator%2Fsmith")
    await only(["It works"])
    await page.get_by_label("Tag", exact=True).fill("Release 2")
    await page.keyboard.press("Enter")
    await only(["It works"])
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    await page.get_by_label("From").fill(tomorrow)
    await expect(page.get_by_text("Nothing found for from")).to_be_visible()
    await page.get_by_role("button", name="Clear", exact=True).click()
    await page.get_by_label("To", exact=True).fill(tomorrow)
    await only(["It waits", "It works", "It fails"])


async def test_a_title_is_changed_where_it_stands(looking: Visit, ada: Person):
    page = looking.page
    ada.make("An old name")
    await page.goto("/history")
    await titles(page).first.focus()
    await page.keyboard.press("F2")
    await page.keyboard.type("Never mind")
    await page.keyboard.press("Escape")
    await expect(titles(page)).to_have_text(["An old name"])
    await menu(page, "An old name", "Rename")
    await page.get_by_label("Title", exact=True).fill("  A new name ")
    await page.keyboard.press("Enter")
    await expect(titles(page)).to_have_text(["A new name"])
    await expect(titles(page).first).to_be_focused()
    await page.reload()
    await eventually(lambda: ada.titles() == ["A new name"])
    await page.reload()
    await expect(titles(page)).to_have_text(["A new name"])


async def test_a_name_that_the_server_does_not_take_is_taken_back(looking: Visit, ada: Person):
    page = looking.page
    key = ada.make("An old name")
    await page.goto("/history")
    await expect(titles(page)).to_have_text(["An old name"])
    ada.api.delete(f"/api/comparisons/{key}").raise_for_status()
    await menu(page, "An old name", "Rename")
    await page.get_by_label("Title", exact=True).fill("Too late")
    await page.keyboard.press("Enter")
    notice = page.get_by_role("region", name="Notices").get_by_role("listitem")
    await expect(notice).to_contain_text("There is nothing at this address.")
    await expect(notice.locator("code")).to_have_text(re.compile(r"^\S{8,}$"))  # the number in the log
    await expect(titles(page)).to_have_text(["An old name"])


async def test_tags_are_given_suggested_and_lead_to_all_that_have_them(looking: Visit, ada: Person):
    page = looking.page
    ada.run("Tagged before", tags=("tone",))
    ada.make("Without")
    await page.goto("/history")
    await titles(page).first.focus()
    await page.keyboard.press("t")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Add a tag").fill("Release 2,")
    await page.keyboard.press("Enter")
    await dialog.get_by_role("button", name="tone").click()
    assert await looking.accessibility_faults() == []
    async with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        await dialog.get_by_role("button", name="Save").click()
        await expect(rows(page).first.get_by_role("link", name="release 2")).to_be_visible()
    await rows(page).first.get_by_role("link", name="tone").click()
    await expect_path(page, "/history?tag=tone")
    await expect(titles(page)).to_have_text(["Without", "Tagged before"])
    assert ada.first()["tags"] == ["release 2", "tone"]


async def test_what_was_deleted_comes_back_at_once_or_from_the_trash(looking: Visit, ada: Person):
    page = looking.page
    for prompt in ("First", "Second", "Third"):
        ada.make(prompt)
    await page.goto("/history")
    await menu(page, "Second", "Delete")
    await expect(titles(page)).to_have_text(["Third", "First"])
    await page.get_by_role("button", name="Undo").click()
    await expect(titles(page)).to_have_text(["Third", "Second", "First"])

    await titles(page).nth(1).focus()
    await page.keyboard.press("Delete")
    await page.keyboard.press("Escape")
    await expect(titles(page)).to_have_count(3)
    await page.keyboard.press("Delete")
    await expect(page.get_by_role("dialog")).to_contain_text("Delete “Second”?")
    await page.keyboard.press("Enter")
    await expect(titles(page)).to_have_text(["Third", "First"])
    await expect(titles(page).nth(1)).to_be_focused()

    await page.get_by_role("button", name="Trash").click()
    await page.get_by_role("button", name="Restore Second").click()
    await expect(page.get_by_text("The trash is empty")).to_be_visible()
    await page.get_by_role("link", name="Back to the history").click()
    await expect(titles(page)).to_have_text(["Third", "Second", "First"])


async def test_several_are_tagged_and_deleted_at_once(looking: Visit, ada: Person):
    page = looking.page
    for prompt in ("First", "Second", "Third", "Fourth"):
        ada.make(prompt)
    await page.goto("/history")
    await page.get_by_label("Select Third").click()
    await page.get_by_label("Select First").click(modifiers=["Shift"])
    await expect(page.get_by_text("3 comparisons selected")).to_be_visible()
    await page.get_by_role("button", name="Tag…").click()
    await page.get_by_label("Add a tag").fill("old")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("link", name="old")).to_have_count(3)
    await page.get_by_role("button", name="Delete…").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(titles(page)).to_have_text(["Fourth"])
    await page.get_by_role("button", name="Undo").click()
    await expect(titles(page)).to_have_text(["Fourth", "Third", "Second", "First"])
    await page.goto("/history?tag=old")
    await expect(titles(page)).to_have_text(["Third", "Second", "First"])


async def test_an_exported_file_comes_back(looking: Visit, ada: Person, tmp_path: Path):
    page = looking.page
    ada.run("What is a lane?", "simulator/swift", "simulator/smith")
    await page.goto("/history")
    async with page.expect_download() as download:
        await menu(page, "What is a lane?", "Export as JSON")
    saved = tmp_path / "exported.json"
    await (await download.value).save_as(saved)
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Import…").click()
    await (await chooser.value).set_files(saved)
    await expect(page.get_by_text("“What is a lane?” was imported.").last).to_be_visible()
    await expect(titles(page)).to_have_text(["What is a lane?", "What is a lane?"])
    both = ada.api.get("/api/comparisons").json()["items"]
    assert both[0]["totalCost"] == pytest.approx(both[1]["totalCost"])

    held = await page.evaluate_handle(
        """(text) => {
          const held = new DataTransfer();
          held.items.add(new File([text], "dropped.json", { type: "application/json" }));
          return held;
        }""",
        saved.read_text().replace("What is a lane?", "Dropped"),
    )
    await page.dispatch_event("body", "dragenter", {"dataTransfer": held})
    await expect(page.get_by_text("Drop exported comparisons here")).to_be_visible()
    await page.dispatch_event("body", "drop", {"dataTransfer": held})
    await expect(titles(page).first).to_have_text("Dropped")


async def test_a_file_that_is_no_export_is_refused_in_words(looking: Visit, ada: Person, tmp_path: Path):
    page = looking.page
    ada.make("It stays")
    notes, broken = tmp_path / "notes.md", tmp_path / "broken.json"
    notes.write_text("# Notes")
    broken.write_text('{"format": "bakeoff-comparison", "version": 1, "comparison": {"title": 3}}')
    await page.goto("/history")
    await page.locator("input[type=file]").set_input_files([notes, broken])
    refused = page.get_by_role("region", name="Not imported")
    await expect(refused).to_contain_text("It is no JSON file.")
    await expect(refused).to_contain_text("These fields cannot be used")
    await refused.get_by_role("button", name="Dismiss").click()
    await expect(refused).to_be_hidden()
    assert ada.titles() == ["It stays"]


async def test_a_copy_goes_on_from_the_last_turn(looking: Visit, ada: Person):
    page = looking.page
    key = ada.run("What is a lane?")
    await page.goto("/history")
    await menu(page, "What is a lane?", "Duplicate")
    await expect(titles(page)).to_have_count(2)
    await page.get_by_role("button", name="Open", exact=True).click()
    await expect(page).to_have_url(re.compile(r"/c/[0-9a-f-]{36}$"))
    assert key not in page.url


async def test_the_keyboard_is_enough(looking: Visit, ada: Person):
    page = looking.page
    for prompt in ("First", "Second", "Third"):
        ada.make(prompt)
    await page.goto("/history")
    await expect(titles(page)).to_have_count(3)
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(titles(page).nth(0)).to_be_focused()
    await page.keyboard.press("End")
    await expect(titles(page).nth(2)).to_be_focused()
    await page.keyboard.press("k")
    await expect(titles(page).nth(1)).to_be_focused()
    await page.keyboard.press("x")
    await expect(page.get_by_label("Select Second")).to_be_checked()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="More for Second")).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(r"/c/"))


async def test_what_runs_comes_to_its_end_before_ones_eyes(looking: Visit, ada: Person):
    page = looking.page
    ada.make("It takes a while", start=True, model="simulator/smith@tokens:60@pace:50")
    await page.goto("/history")
    await expect(rows(page)).to_contain_text(["Running"])
    await expect(rows(page)).to_contain_text(["Completed"])
    await expect(rows(page)).to_contain_text(["tokens"])


async def test_what_others_share_says_whose_it_is_and_cannot_be_taken_away(
    looking: Visit, ada: Person, house: House
):
    bob = joined(house.url)
    with bob.api:
        key = bob.make("A question of Bob's")
        share = {"email": ada.email, "level": "viewer"}
        bob.api.post(f"/api/comparisons/{key}/shares", json=share).raise_for_status()
    page = looking.page
    await page.goto("/history")
    await expect(rows(page)).to_contain_text([f"Shared by {bob.email}; you may look"])
    await page.get_by_role("button", name="More for").click()
    await expect(page.get_by_role("menuitem", name="Export as JSON")).to_be_visible()
    for deed in ("Rename", "Delete"):
        await expect(page.get_by_role("menuitem", name=deed)).to_have_count(0)


async def test_who_has_compared_nothing_is_told_what_would_be_here(looking: Visit):
    await looking.page.goto("/history")
    await expect(looking.page.get_by_text("No comparison yet")).to_be_visible()
    await looking.page.get_by_role("link", name="Compare some models").click()
    await expect_path(looking.page, "/")


async def test_thousands_scroll_by_without_losing_a_row(looking: Visit, ada: Person, house: House):
    page = looking.page
    await seed(house, ada, MANY)
    await page.goto("/history")
    await expect(page.get_by_text("more than 1,000")).to_be_visible()
    seen, most = await page.evaluate(SCROLL_THROUGH, MANY)
    assert [title for _, title in seen] == [f"Seeded {number}" for number in reversed(range(MANY))]
    assert most < 60

    await page.evaluate("scrollBy(0, -30_000)")
    await page.wait_for_function("() => history.state?.scroll === scrollY")
    before = await shown(page)
    middle = before[sorted(before)[len(before) // 2]]
    await page.get_by_role("link", name=middle, exact=True).click()
    await expect(page).to_have_url(re.compile(r"/c/"))
    await page.go_back()
    await expect(page.get_by_role("link", name=middle, exact=True)).to_be_in_viewport()


async def shown(page: Page) -> dict[int, str]:
    """By their places."""
    found = await page.evaluate(
        """() => [...document.querySelectorAll("[data-place]")]
          .map((row) => [Number(row.dataset.place), row.querySelector("[data-main]").textContent])"""
    )
    return dict(sorted(found))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_the_history_fits_its_window_and_axe_finds_nothing(
    browser: Browser, ada: Person, viewport, scheme
):
    ada.run("What is a lane?", "simulator/swift", "simulator/sage@401", "simulator/smith", tags=("draft",))
    ada.make("x" * 300)
    async with visit(browser, ada.url, viewport=viewport, scheme=scheme) as looking:
        await come_in(looking, ada.email)
        await looking.page.goto("/history")
        await expect(rows(looking.page)).to_have_count(2)
        assert await looking.overflow() <= 0
        assert await looking.accessibility_faults() == []
        await looking.page.get_by_label("Select x").check()
        await looking.page.get_by_role("button", name="More for What").click()
        assert await looking.accessibility_faults() == []
        await looking.page.keyboard.press("Escape")
        await looking.page.get_by_role("searchbox").fill("lane")
        await expect(rows(looking.page)).to_have_count(1)
        assert await looking.overflow() <= 0
        assert await looking.accessibility_faults() == []
        assert await faults(looking) == []
