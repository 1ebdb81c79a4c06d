"""One's own account in a browser: coming in, going out, and everything one keeps here."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from backend.providers.simulator.server import Simulator
from tests.support.bakeoff import running_bakeoff
from tests.support.browser import DESKTOP, PHONE, Visit, visit
from tests.support.household import OWNER, PASSWORD, come_in, faults, first_link, household, join

pytestmark = pytest.mark.anyio

PARTS = ("profile", "provider-keys", "api-keys", "devices", "appearance", "keyboard")
LOOKS = pytest.mark.parametrize(
    ("viewport", "scheme"),
    [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light"), (PHONE, "dark")],
    ids=["light", "dark", "phone", "phone-dark"],
)


@pytest.fixture(scope="module")
def house(built_page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with household(tmp_path_factory.mktemp("household")) as url:
        yield url


def heading(page: Page, words: str, level: int = 1) -> Locator:
    return page.get_by_role("heading", name=words, level=level, exact=True)


async def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    await expect(heading(page, "Sign in")).to_be_visible()
    form = page.locator("form")
    await form.get_by_label("E-mail address").fill(email)
    await form.get_by_label("Password", exact=True).fill(password)
    await form.get_by_role("button", name="Sign in").click()


async def sign_out(page: Page) -> None:
    await page.get_by_role("button", name=re.compile("^You")).click()
    await page.get_by_role("menuitem", name="Sign out").click()


async def secret(page: Page, label: str) -> str:
    return await page.get_by_role("dialog").get_by_label(label, exact=True).input_value()


async def test_the_first_link_signs_the_owner_in(browser: Browser, built_page: Path, tmp_path: Path):
    with running_bakeoff(tmp_path) as bakeoff:
        link = first_link(bakeoff)
        async with visit(browser, bakeoff.url) as looking:
            await looking.page.goto("/")
            await expect(heading(looking.page, "Welcome to Bakeoff")).to_be_visible()
            await expect(looking.page.get_by_text("Look into the terminal")).to_be_visible()

            await looking.page.goto(link)
            await expect(looking.page).to_have_url(f"{bakeoff.url}/")
            await looking.page.goto("/account")
            await expect(looking.page.get_by_text("You are an owner here")).to_be_visible()
            await expect(looking.page.get_by_text("You have no password yet")).to_be_visible()
            assert await faults(looking) == []
        async with visit(browser, bakeoff.url) as looking:
            await looking.page.goto("/")
            await expect(heading(looking.page, "Sign in")).to_be_visible()


async def test_a_page_that_waits_for_the_first_owner_goes_on_by_itself(
    browser: Browser, built_page: Path, tmp_path: Path
):
    with running_bakeoff(tmp_path) as bakeoff:
        async with visit(browser, bakeoff.url) as looking:
            await looking.page.goto("/account")
            await expect(heading(looking.page, "Welcome to Bakeoff")).to_be_visible()
            await looking.page.request.get(first_link(bakeoff))
            await looking.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
            await expect(heading(looking.page, "Account")).to_be_visible()


async def test_a_wrong_password_does_not_tell_who_has_an_account(browser: Browser, house: str):
    async with visit(browser, house) as looking:
        await looking.page.goto("/sign-in")
        said = looking.page.get_by_role("alert").locator("p").first
        for email in (OWNER, "nobody@example.org"):
            await sign_in(looking.page, email, "not the password")
            await expect(said).to_have_text("The e-mail address or the password is wrong.")
        await expect(looking.page).to_have_url(f"{house}/sign-in")
        assert await faults(looking) == []


async def test_who_tries_too_often_sees_how_long_to_wait(browser: Browser, house: str):
    async with visit(browser, house) as looking:
        await looking.page.goto("/sign-in")
        button = looking.page.locator("form").get_by_role("button", name="Sign in")
        for _ in range(6):
            await sign_in(looking.page, "stubborn@example.org", "not the password")
            await expect(button).not_to_have_text("Signing in…")
        await expect(button).to_have_text(re.compile(r"in \d+ s"))
        await expect(button).to_be_disabled()
        await expect(looking.page.get_by_role("alert")).to_contain_text("Too many tries")
        await expect(button).to_have_text("Sign in", timeout=15_000)
        await expect(button).to_be_enabled()


async def test_the_page_that_was_asked_for_opens_after_signing_in(browser: Browser, house: str):
    async with visit(browser, house) as looking:
        await looking.page.goto("/account#appearance")
        await expect(heading(looking.page, "Sign in")).to_be_visible()
        await sign_in(looking.page, OWNER)
        await expect(heading(looking.page, "Appearance", 2)).to_be_visible()
        await sign_out(looking.page)
        await expect(heading(looking.page, "Sign in")).to_be_visible()


async def test_one_makes_an_account_changes_it_and_comes_back_to_it(browser: Browser, house: str):
    async with visit(browser, house) as looking:
        page = looking.page
        await page.goto("/sign-in")
        await page.get_by_role("link", name="Make an account").click()
        await page.get_by_label("E-mail address").fill("grace@example.org")
        await page.get_by_label("Password", exact=True).fill("password1")
        await page.get_by_role("button", name="Make the account").click()
        refused = page.get_by_label("Password", exact=True)
        await expect(page.get_by_text("among the first that would be guessed")).to_be_visible()
        await expect(refused).to_be_focused()
        await refused.fill(PASSWORD)
        await page.get_by_role("button", name="Make the account").click()
        await expect(page).to_have_url(f"{house}/")

        await page.goto("/account")
        await page.get_by_label("Name", exact=True).fill("Grace Hopper")
        await page.get_by_label("E-mail address").fill("hopper@example.org")
        await page.locator("form").first.get_by_label("Current password", exact=True).fill("not the password")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("This is not your password.")).to_be_visible()
        await page.locator("form").first.get_by_label("Current password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("button", name="You: Grace Hopper")).to_be_visible()

        await page.get_by_label("Current password", exact=True).fill(PASSWORD)
        await page.get_by_label("New password", exact=True).fill("ten dry umbrellas")
        await page.get_by_role("button", name="Change the password").click()
        await expect(page.get_by_role("status").get_by_text("Your password is set")).to_be_attached()

        await sign_out(page)
        await sign_in(page, "hopper@example.org", "ten dry umbrellas")
        await expect(page.get_by_role("button", name="You: Grace Hopper")).to_be_visible()
        await page.goto("/account")
        await expect(page.get_by_label("Name", exact=True)).to_have_value("Grace Hopper")
        assert await faults(looking) == []


async def test_a_password_is_shown_only_while_one_wants_to_see_it(browser: Browser, house: str):
    async with visit(browser, house) as looking:
        await looking.page.goto("/sign-in")
        password = looking.page.get_by_label("Password", exact=True)
        show = looking.page.get_by_role("button", name="Show password")
        await expect(password).to_have_attribute("type", "password")
        await show.click()
        await expect(password).to_have_attribute("type", "text")
        await expect(show).to_have_attribute("aria-pressed", "true")


async def test_an_api_key_is_shown_once_works_and_ends_when_it_is_revoked(browser: Browser, house: str):
    async with visit(browser, house) as looking:
        page = looking.page
        await join(looking, "builder@example.org")
        await page.goto("/account#api-keys")
        await page.get_by_role("button", name="New key").click()
        await expect(page.get_by_role("checkbox", name="admin")).to_have_count(0)
        await page.get_by_label("Name", exact=True).fill("Nightly build")
        await page.get_by_role("button", name="Make the key").click()
        key = await secret(page, "Nightly build")
        await page.get_by_role("button", name="I have it").click()

        def asked() -> int:
            headers = {"authorization": f"Bearer {key}"}
            return httpx2.get(f"{house}/api/comparisons", headers=headers).status_code

        assert asked() == 200
        await page.reload()
        row = page.get_by_role("list", name="API keys").get_by_role("listitem")
        await expect(row).to_contain_text("Nightly build")
        assert key not in await page.content()
        await page.get_by_role("button", name="Revoke Nightly build").click()
        await page.get_by_role("button", name="Revoke it").click()
        await expect(page.get_by_text("No API key yet")).to_be_visible()
        assert asked() == 401
        await page.get_by_label("Show the 1 that ended").check()
        await expect(row).to_contain_text("Revoked")
        assert await faults(looking) == []


async def test_who_leaves_a_form_before_its_answer_has_come_takes_no_harm(browser: Browser, house: str):
    async with visit(browser, house) as looking:
        page = looking.page
        await join(looking, "hasty@example.org")
        asked, released = asyncio.Event(), asyncio.Event()

        async def late(route: Route) -> None:
            if route.request.method == "POST":
                asked.set()
                await released.wait()
                await route.fulfill(status=422, json={"message": "No.", "code": "invalid", "requestId": "r"})
            else:
                await route.continue_()

        await page.route("**/auth/api-keys", late)
        await page.goto("/account#api-keys")
        await page.get_by_role("button", name="New key").click()
        await page.get_by_label("Name", exact=True).fill("Nightly build")
        await page.get_by_role("button", name="Make the key").click()
        await asked.wait()
        await page.keyboard.press("Escape")
        await page.get_by_role("link", name="Costs").click()
        await expect(heading(page, "Costs")).to_be_visible()
        async with page.expect_response("**/auth/api-keys"):
            released.set()
        await page.evaluate("new Promise(requestAnimationFrame)")
        assert [each for each in looking.complaints if "status of 422" not in each] == []


async def test_a_key_can_be_copied_without_a_clipboard(browser: Browser, house: str):
    """Over plain HTTP there is none."""
    async with visit(browser, house) as looking:
        page = looking.page
        await page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        await join(looking, "copyist@example.org")
        await page.goto("/account#api-keys")
        await page.get_by_role("button", name="New key").click()
        await page.get_by_label("Name", exact=True).fill("Copied")
        await page.get_by_role("button", name="Make the key").click()
        key = await secret(page, "Copied")
        await page.get_by_role("dialog").get_by_role("button", name="Copy").first.click()
        await expect(page.get_by_role("button", name="Copied", exact=True)).to_be_visible()
        await page.get_by_role("button", name="I have it").click()
        await page.get_by_role("button", name="New key").click()
        await page.get_by_label("Name", exact=True).press("Control+V")
        await expect(page.get_by_label("Name", exact=True)).to_have_value(key)


async def test_who_is_signed_out_elsewhere_is_out_with_the_next_step(browser: Browser, house: str):
    async with visit(browser, house) as lost, visit(browser, house) as kept:
        await join(lost, "traveller@example.org")
        await lost.page.goto("/account#devices")
        await come_in(kept, "traveller@example.org")
        await kept.page.goto("/account#devices")
        devices = kept.page.get_by_role("list", name="Devices").get_by_role("listitem")
        await expect(devices).to_have_count(2)
        await expect(devices.filter(has_text="This device").get_by_role("button")).to_have_count(0)
        await kept.page.get_by_role("button", name="Sign out Chrome").click()
        await expect(devices).to_have_count(1)

        await lost.page.get_by_role("link", name="API keys").click()
        await expect(heading(lost.page, "Sign in")).to_be_visible()
        await sign_in(lost.page, "traveller@example.org")
        await expect(heading(lost.page, "API keys", 2)).to_be_visible()
        assert [*(await faults(lost)), *(await faults(kept))] == []


async def test_all_other_devices_are_signed_out_at_once(browser: Browser, house: str):
    async with visit(browser, house) as here, visit(browser, house) as one, visit(browser, house) as two:
        await join(here, "settler@example.org")
        await come_in(one, "settler@example.org")
        await come_in(two, "settler@example.org")
        await here.page.goto("/account#devices")
        await here.page.get_by_role("button", name="Sign out all others").click()
        await here.page.get_by_role("button", name="Sign out all 2").click()
        await expect(here.page.get_by_role("list", name="Devices").get_by_role("listitem")).to_have_count(1)
        for out in (one, two):
            assert (await out.page.request.get("/auth/me")).status == 401


async def test_a_provider_key_goes_in_and_never_comes_out(browser: Browser, built_page: Path, tmp_path: Path):
    good = "a-key-that-the-server-knows"
    simulator = await Simulator.start(key=good)
    try:
        with household(tmp_path, {"BAKEOFF_OPENAI_BASE_URL": simulator.openai_url}) as url:
            async with visit(browser, url) as looking:
                await join(looking, "ada@example.org")
                await _keep_a_provider_key(looking, good)
    finally:
        await simulator.stop()


async def _keep_a_provider_key(looking: Visit, good: str) -> None:
    page = looking.page
    heard: list[str] = []
    page.on("response", lambda answer: heard.append(answer.url))
    await page.goto("/account#provider-keys")
    await page.get_by_role("button", name="Add a key for OpenAI").click()
    field = page.get_by_role("dialog").get_by_label("Key", exact=True)
    await field.fill("a-key-that-nobody-knows")
    await page.get_by_role("button", name="Test and save").click()
    await expect(page.get_by_text("OpenAI does not take it")).to_be_visible()
    await expect(field).to_be_focused()
    await field.fill(good)
    await page.get_by_role("button", name="Test and save").click()
    row = page.get_by_role("list", name="Providers").get_by_role("listitem").filter(has_text="OpenAI").first
    await expect(row).to_contain_text("Yours ···nows")
    await expect(row).to_contain_text("tested")
    await expect(field).to_have_count(0)

    await page.reload()
    await expect(row).to_contain_text("Yours ···nows")
    assert good not in await page.content()
    await page.get_by_role("button", name="Remove your key for OpenAI").click()
    await page.get_by_role("button", name="Remove it").click()
    await expect(row).not_to_contain_text("Yours")
    assert await faults(looking) == []


async def test_shortcuts_get_other_keys_and_can_be_switched_off(browser: Browser, house: str):
    async with visit(browser, house) as looking:
        page = looking.page
        await join(looking, "typist@example.org")
        await page.goto("/account#keyboard")
        keys = page.get_by_role("dialog", name="Keyboard")
        change = page.get_by_role("button", name=re.compile("^(Change Show these keys|Press)"))
        await change.click()
        await page.keyboard.press("d")
        await expect(page.get_by_role("alert")).to_contain_text("Differences from the base lane")
        await page.keyboard.press("g")
        await expect(change).to_contain_text("G")

        await page.reload()
        await page.keyboard.press("?")
        await expect(keys).to_have_count(0)
        await page.keyboard.press("g")
        await expect(keys).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(keys).to_have_count(0)

        await page.get_by_label("Use shortcuts").uncheck()
        await page.keyboard.press("g")
        await expect(keys).to_have_count(0)
        await page.get_by_label("Use shortcuts").check()
        await page.get_by_role("button", name="Reset Show these keys").click()
        await page.keyboard.press("?")
        await expect(keys).to_be_visible()
        assert await faults(looking) == []


async def test_a_chosen_theme_stays(browser: Browser, house: str):
    async with visit(browser, house) as looking:
        page = looking.page
        await join(looking, "owl@example.org")
        await page.goto("/account#appearance")
        await page.get_by_role("radio", name="Dark").check()
        await page.reload()
        await expect(page.get_by_role("radio", name="Dark")).to_be_checked()
        assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 17, 14)"


async def test_the_link_to_the_content_leads_away_from_no_part(browser: Browser, house: str):
    async with visit(browser, house) as looking:
        page = looking.page
        await join(looking, "jumper@example.org")
        await page.goto("/account#devices")
        await expect(heading(page, "Devices", 2)).to_be_visible()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(f"{house}/account#content")
        await expect(heading(page, "Devices", 2)).to_be_visible()


@LOOKS
async def test_every_part_of_the_account_fits_and_axe_finds_nothing(
    browser: Browser, house: str, viewport, scheme
):
    async with visit(browser, house, viewport=viewport, scheme=scheme) as looking:
        await come_in(looking, OWNER)
        for part in PARTS:
            await looking.page.goto(f"/account#{part}")
            await expect(looking.page.get_by_role("heading", level=2).first).to_be_visible()
            await expect(looking.page.locator(".busy")).to_have_count(0)
            assert (part, await looking.overflow() <= 0) == (part, True)
            assert (part, await looking.accessibility_faults()) == (part, [])
        assert await faults(looking) == []


@LOOKS
async def test_the_doors_fit_and_axe_finds_nothing(browser: Browser, house: str, viewport, scheme):
    async with visit(browser, house, viewport=viewport, scheme=scheme) as looking:
        for path in ("/sign-in", "/register#an-invitation", "/#password=a-secret", "/password"):
            await looking.page.goto(path)
            await expect(looking.page.get_by_role("heading", level=1)).to_be_visible()
            await expect(looking.page.locator(".busy")).to_have_count(0)
            assert (path, await looking.overflow() <= 0) == (path, True)
            assert (path, await looking.accessibility_faults()) == (path, [])
        assert await faults(looking) == []
