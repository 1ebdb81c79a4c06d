"""The models page in a browser: what can be asked, what it costs, what is missing; servers of one's own."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from backend.providers.simulator.server import Simulator
from tests.support.browser import DESKTOP, PHONE, Visit, visit
from tests.support.household import OWNER, PASSWORD, come_in, faults, household, join

pytestmark = pytest.mark.anyio

RIGHT_KEY = "sk-right-and-long-enough"
NAME = re.compile("^Claude Haiku")


@dataclass(frozen=True)
class House:
    url: str
    provider: str
    """Where a server wants the right key."""


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[str]:
    simulator = await Simulator.start(key=RIGHT_KEY)
    try:
        yield simulator.openai_url
    finally:
        await simulator.stop()


@pytest.fixture(scope="module")
def house(built_page: Path, provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With the simulated models, and one more server that nobody has a key for yet."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "bakeoff.toml").write_text(
        f'[[endpoints]]\nname = "gpu"\nbase_url = "{provider}"\n'
        'key_variable = "GPU_KEY"\nmodels = ["swift"]\n'
    )
    with household(folder, {"BAKEOFF_SIMULATOR": "on", "BAKEOFF_LOCAL_ENDPOINTS": "on"}) as url:
        yield House(url, provider)


@pytest.fixture
async def looking(browser: Browser, house: House) -> AsyncIterator[Visit]:
    """Somebody who has just made an account."""
    async with visit(browser, house.url) as looking:
        await join(looking, f"{uuid4().hex[:8]}@example.org")
        yield looking
        assert await faults(looking) == []


def row(page: Page, model: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_text(model, exact=True))


def names(page: Page) -> Locator:
    return page.get_by_role("row").locator("[data-main]")


async def search(page: Page, words: str) -> None:
    await page.get_by_role("searchbox").fill(words)
    await expect(page).to_have_url(re.compile("q="))


async def test_what_can_be_asked_comes_first_and_simulated_models_say_what_they_are(looking: Visit):
    page = looking.page
    await page.goto("/models")
    await expect(names(page).first).to_have_text("Gremlin")
    await expect(row(page, "simulator/gremlin")).to_contain_text("simulated")
    await expect(row(page, "simulator/sage").get_by_text("Reasoning")).to_be_attached()
    assert await names(page).count() < 60
    await names(page).first.focus()
    await page.keyboard.press("End")
    await expect(page.locator("[data-main]:focus")).to_be_in_viewport()
    place = await page.locator("[data-place]:has(:focus)").get_attribute("data-place")
    models = httpx2.get(f"{looking.base_url}/api/models").json()
    assert int(place or 0) == len(models) - 1


async def test_search_and_filters_are_in_the_address_and_survive_a_reload(looking: Visit):
    page = looking.page
    await page.goto("/models")
    await search(page, "claude haiku")
    await page.get_by_role("combobox", name="Provider").select_option("Anthropic")
    await page.get_by_role("button", name="Reasoning").click()
    await expect(page).to_have_url(re.compile(r"\?q=claude\+haiku&provider=anthropic&needs=reasoning$"))
    await expect(names(page)).not_to_have_count(0)
    found = await names(page).all_inner_texts()
    assert all(NAME.match(name) for name in found)
    await page.reload()
    await expect(names(page)).to_have_text(found)
    await search(page, "zebra of glass")
    await expect(page.get_by_text("No model is like that")).to_be_visible()
    await page.get_by_role("link", name="Show all models").click()
    await expect(names(page).first).to_have_text("Gremlin")


async def test_a_column_puts_the_models_in_order_and_turns_it_around(looking: Visit):
    page = looking.page
    await page.goto("/models?available=true&kind=chat&provider=simulator")
    head = page.get_by_role("columnheader", name="Input", exact=True)
    await head.get_by_role("button").click()
    await expect(head).to_have_attribute("aria-sort", "ascending")
    up = await names(page).all_inner_texts()
    assert (up[0], up[-1]) == ("Gremlin", "Sage")
    await head.get_by_role("button").click()
    await expect(head).to_have_attribute("aria-sort", "descending")
    await expect(names(page)).to_have_text(up[::-1])


async def test_a_model_that_cannot_be_asked_says_why_and_what_to_do(looking: Visit):
    page = looking.page
    await page.goto("/models?provider=azure")
    await expect(page.get_by_role("row").nth(1)).to_contain_text(
        "whoever runs it sets BAKEOFF_AZURE_BASE_URL"
    )
    await page.goto("/models?provider=openai")
    key = page.get_by_role("button", name=re.compile("^Save a key for OpenAI")).first
    await expect(key).to_have_attribute("title", "No key for OpenAI yet.")


async def test_everything_that_is_known_of_a_model_is_one_click_away(looking: Visit):
    page = looking.page
    await page.goto("/models?q=simulator/sage")
    await page.get_by_role("button", name="Sage", exact=True).click()
    details = page.get_by_role("dialog", name="Sage (simulated)")
    await expect(details).to_contain_text("Simulated: its answers come from a script.")
    await expect(details.get_by_role("row", name=re.compile("^Output"))).to_contain_text("$25")
    await expect(details).to_contain_text("reasoning effort")
    assert await looking.accessibility_faults() == []
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Sage", exact=True)).to_be_focused()
    await page.get_by_role("button", name="Copy simulator/sage").click()
    await expect(page.get_by_text("simulator/sage was copied.")).to_be_attached()
    attempt = page.get_by_role("link", name="Try it: Sage")
    await expect(attempt).to_have_attribute("href", "/?models=simulator%2Fsage")
    await attempt.click()
    await expect(page.get_by_role("button", name=re.compile("^Edit lane A: Sage"))).to_be_visible()


async def test_a_key_is_saved_once_its_provider_takes_it(looking: Visit):
    page = looking.page
    await page.goto("/models?provider=gpu")
    await row(page, "gpu/swift").get_by_role("button", name="Save a key").click()
    dialog = page.get_by_role("dialog", name="Key for gpu")
    await dialog.get_by_label("Key", exact=True).fill("sk-wrong-and-long-enough")
    await dialog.get_by_role("button", name="Test and save").click()
    await expect(dialog).to_contain_text("gpu does not take it")
    await expect(dialog.get_by_label("Key", exact=True)).to_be_focused()
    assert await looking.accessibility_faults() == []
    await dialog.get_by_label("Key", exact=True).fill(RIGHT_KEY)
    await dialog.get_by_role("button", name="Test and save").click()
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_text("gpu takes the key. It was saved.").last).to_be_visible()
    await expect(row(page, "gpu/swift").get_by_role("link", name="Try it")).to_be_visible()


async def test_a_server_of_ones_own_is_added_changed_and_removed(looking: Visit, house: House):
    page = looking.page
    await page.goto("/models")
    await page.get_by_role("link", name="Your servers").click()
    await expect(page.get_by_text("None yet")).to_be_visible()
    await page.get_by_role("button", name="Add a server").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("simulator")
    await dialog.get_by_label("Address").fill("https://somebody:secret@house.example/v1")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await expect(dialog.get_by_label("Address")).to_have_attribute("aria-invalid", "true")
    await dialog.get_by_label("Address").fill(house.provider)
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await expect(dialog).to_contain_text("There is an endpoint simulator already.")
    assert await looking.accessibility_faults() == []
    await dialog.get_by_label("Name").fill("house")
    await dialog.get_by_label("Models", exact=True).fill("swift\nsmith")
    await dialog.get_by_role("button", name="Add", exact=True).click()
    await expect(dialog).to_be_hidden()
    servers = page.get_by_role("list", name="Your model servers")
    await expect(servers).to_contain_text(f"{house.provider}, OpenAI Chat Completions; swift, smith")
    await page.get_by_role("link", name="Catalogue").click()
    await search(page, "house/")
    await expect(names(page)).to_have_text(["smith", "swift"])

    await page.get_by_role("link", name="Your servers").click()
    await page.get_by_role("button", name="Change… house").click()
    await dialog.get_by_label("Shown as").fill("The house")
    await dialog.get_by_role("button", name="Save").click()
    await expect(servers).to_contain_text("The house")
    await page.get_by_role("button", name="Remove… The house").click()
    await dialog.get_by_role("button", name="Remove").click()
    await expect(page.get_by_text("None yet")).to_be_visible()


async def test_who_only_looks_on_is_offered_no_keys(browser: Browser, house: House):
    async with visit(browser, house.url) as looking:
        email = f"{uuid4().hex[:8]}@example.org"
        await join(looking, email)
        with httpx2.Client(base_url=house.url) as owner:
            owner.post("/auth/login", json={"email": OWNER, "password": PASSWORD}).raise_for_status()
            users = owner.get("/api/users").json()
            [key] = [user["id"] for user in users if user["email"] == email]
            owner.patch(f"/api/users/{key}", json={"role": "viewer"}).raise_for_status()
        await come_in(looking, email)
        await looking.page.goto("/models?provider=openai")
        await expect(looking.page.get_by_role("row").nth(1)).to_contain_text("No key for OpenAI yet.")
        await expect(looking.page.get_by_role("button", name="Save a key")).to_have_count(0)
        await looking.page.get_by_role("link", name="Your servers").click()
        await expect(looking.page.get_by_role("button", name="Add a server")).to_have_count(0)
        assert await faults(looking) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_the_models_fit_their_window_and_axe_finds_nothing(
    browser: Browser, house: House, viewport, scheme
):
    async with visit(browser, house.url, viewport=viewport, scheme=scheme) as looking:
        await come_in(looking, OWNER)
        page = looking.page
        for address in ("/models", "/models?provider=azure", "/models?provider=openrouter"):
            await page.goto(address)
            await expect(names(page).first).to_be_visible()
            assert await looking.overflow() <= 0
            assert await looking.accessibility_faults() == []
        await names(page).first.click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        assert await looking.accessibility_faults() == []
        await page.keyboard.press("Escape")
        await page.get_by_role("link", name="Your servers").click()
        await expect(page.get_by_role("heading", name="Your model servers")).to_be_visible()
        assert await looking.overflow() <= 0
        assert await looking.accessibility_faults() == []
        assert await faults(looking) == []
