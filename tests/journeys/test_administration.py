"""Administering a server in a browser: people, invitations, budgets, and the record of all of it."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.support.browser import DESKTOP, PHONE, visit
from tests.support.household import OWNER, PASSWORD, come_in, faults, household, join

pytestmark = pytest.mark.anyio

LOOKS = pytest.mark.parametrize(
    ("viewport", "scheme"),
    [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light"), (PHONE, "dark")],
    ids=["light", "dark", "phone", "phone-dark"],
)


@pytest.fixture(scope="module")
def house(built_page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with household(tmp_path_factory.mktemp("household")) as url:
        yield url


def row(page: Page, of: str, words: str) -> Locator:
    return page.get_by_role("list", name=of, exact=True).get_by_role("listitem").filter(has_text=words)


async def made_link(page: Page) -> str:
    await page.get_by_role("button", name="Make the link").click()
    link = await page.get_by_role("dialog").get_by_label("Link", exact=True).input_value()
    await page.get_by_role("button", name="I have it").click()
    return link


async def test_members_are_told_kindly_that_this_is_not_for_them(browser: Browser, house: str):
    async with visit(browser, house) as looking:
        await join(looking, "member@example.org")
        await looking.page.goto("/admin")
        await expect(looking.page.get_by_text("This page is for administrators")).to_be_visible()
        await expect(looking.page.get_by_text("your role here is member")).to_be_visible()
        assert not [url for url in looking.requested if "/api/users" in url]
        assert await faults(looking) == []


async def test_somebody_registers_by_invitation_in_a_browser_of_their_own(browser: Browser, house: str):
    async with visit(browser, house) as owner, visit(browser, house) as guest:
        await come_in(owner, OWNER)
        await owner.page.goto("/admin")
        await owner.page.get_by_role("button", name="Invite").click()
        await owner.page.get_by_role("radio", name="viewer").check()
        await owner.page.get_by_label("E-mail address (optional)").fill("guest@example.org")
        link = await made_link(owner.page)
        assert link.startswith(f"{house}/register#")

        await guest.page.goto(link)
        await expect(guest.page.get_by_text("You were invited")).to_be_visible()
        await guest.page.get_by_label("E-mail address").fill("other@example.org")
        await guest.page.get_by_label("Password", exact=True).fill(PASSWORD)
        await guest.page.get_by_role("button", name="Make the account").click()
        await expect(guest.page.get_by_role("alert")).to_contain_text("for another e-mail address")
        await guest.page.get_by_label("E-mail address").fill("guest@example.org")
        await guest.page.get_by_role("button", name="Make the account").click()
        await expect(guest.page).to_have_url(f"{house}/")

        secret = link.partition("#")[2]
        assert not [url for url in guest.requested if secret in url.partition("#")[0]]
        await guest.page.goto("/account#provider-keys")
        await expect(guest.page.get_by_text("Viewers ask no models")).to_be_visible()
        await owner.page.reload()
        await expect(row(owner.page, "Users", "guest@example.org")).to_contain_text("viewer")
        assert [*(await faults(owner)), *(await faults(guest))] == []


async def test_a_password_link_is_kept_out_of_the_history_and_works_once(browser: Browser, house: str):
    async with visit(browser, house) as owner, visit(browser, house) as forgetful:
        await join(forgetful, "forgetful@example.org")
        await come_in(owner, OWNER)
        await owner.page.goto("/admin")
        await owner.page.get_by_role("button", name="Change forgetful@example.org").click()
        await owner.page.get_by_role("menuitem", name="Link to set a password").click()
        link = await made_link(owner.page)

        page = forgetful.page
        await page.goto("/account")
        for useful in (True, False):
            await page.goto(link)
            await expect(page).to_have_url(f"{house}/password")
            await page.get_by_label("New password", exact=True).fill("eleven wet umbrellas")
            await page.get_by_role("button", name="Set the password").click()
            if useful:
                await expect(page.get_by_role("heading", name="Your password is set")).to_be_visible()
            else:
                await expect(page.get_by_role("alert")).to_contain_text("This link cannot be used")
        await page.goto("/sign-in")
        await page.locator("form").get_by_label("E-mail address").fill("forgetful@example.org")
        await page.locator("form").get_by_label("Password", exact=True).fill("eleven wet umbrellas")
        await page.locator("form").get_by_role("button", name="Sign in").click()
        await expect(page).to_have_url(f"{house}/")
        debugger = await page.context.new_cdp_session(page)
        history = await debugger.send("Page.getNavigationHistory")
        assert len(history["entries"]) >= 4
        assert not [entry["url"] for entry in history["entries"] if "password=" in entry["url"]]
        assert [*(await faults(owner)), *(await faults(forgetful))] == []


async def test_people_get_other_roles_and_are_shut_out_and_it_can_be_undone(browser: Browser, house: str):
    async with visit(browser, house) as owner, visit(browser, house) as bob:
        await join(bob, "bob@example.org", "Bob Baker")
        await come_in(owner, OWNER)
        await owner.page.goto("/admin")
        his = row(owner.page, "Users", "bob@example.org")
        change = owner.page.get_by_role("button", name="Change bob@example.org")
        notices = owner.page.get_by_role("region", name="Notices")

        await change.click()
        await owner.page.get_by_role("menuitemradio", name="Admin").click()
        await expect(his).to_contain_text("admin")
        await bob.page.goto("/admin")
        await expect(row(bob.page, "Users", OWNER)).to_be_visible()
        await expect(bob.page.get_by_role("button", name=f"Change {OWNER}")).to_have_count(0)

        await change.click()
        await owner.page.get_by_role("menuitem", name="Sign out and shut out").click()
        await expect(his).to_contain_text("Shut out")
        await bob.page.get_by_role("link", name="Budgets").click()
        await expect(bob.page.get_by_role("heading", name="Sign in")).to_be_visible()
        await (
            notices.get_by_role("listitem")
            .filter(has_text="signed out")
            .get_by_role("button", name="Undo")
            .click()
        )
        await expect(his).not_to_contain_text("Shut out")
        assert (await bob.page.request.post("/auth/login", data=_of("bob@example.org"))).ok
        assert [*(await faults(owner)), *(await faults(bob))] == []


async def test_the_last_owner_stays_one(browser: Browser, house: str):
    async with visit(browser, house) as owner:
        await come_in(owner, OWNER)
        await owner.page.goto("/admin")
        await owner.page.get_by_role("button", name=f"Change {OWNER}").click()
        await owner.page.get_by_role("menuitemradio", name="Member").click()
        await expect(owner.page.get_by_role("region", name="Notices")).to_contain_text(
            "This is the last owner"
        )
        await expect(row(owner.page, "Users", OWNER).first).to_contain_text("owner")


async def test_budgets_are_set_changed_and_removed_and_that_can_be_undone(browser: Browser, house: str):
    async with visit(browser, house) as looking:
        page = looking.page
        await join(looking, "spender@example.org")
        await come_in(looking, OWNER)
        await page.goto("/admin#budgets")
        await expect(page.get_by_text("Nobody is limited")).to_be_visible()
        await page.get_by_role("button", name="New budget").click()
        await page.get_by_label("For", exact=True).select_option("spender@example.org")
        await page.get_by_label("Each", exact=True).select_option("day")
        await page.get_by_label("US dollars").fill("2.50")
        await page.get_by_label("Refuse what would go beyond it").check()
        await page.get_by_role("button", name="Save").click()
        theirs = row(page, "Budgets", "spender@example.org")
        await expect(theirs).to_contain_text("$0.00 of $2.50 spent, $2.50 left")
        await expect(theirs).to_contain_text("Refuses")

        await page.get_by_role("button", name="Change: spender@example.org").click()
        await page.get_by_label("US dollars").fill("3")
        await page.get_by_role("button", name="Save").click()
        await expect(theirs).to_contain_text("$3.00 left")
        await expect(theirs).to_contain_text("Refuses")
        await page.get_by_role("button", name="Remove: spender@example.org").click()
        await expect(page.get_by_text("Nobody is limited")).to_be_visible()
        await page.get_by_role("button", name="Undo").click()
        await expect(theirs).to_contain_text("$3.00 left")
        assert await faults(looking) == []


async def test_the_audit_log_is_searched_and_taken_along(browser: Browser, house: str):
    async with visit(browser, house) as looking:
        page = looking.page
        await join(looking, "noted@example.org")
        await come_in(looking, OWNER)
        await page.goto("/admin#audit")
        entries = page.get_by_role("list", name="Audit log").get_by_role("listitem")
        await expect(entries.first).to_contain_text(f"{OWNER} signed in")
        await page.get_by_label("Find in the audit log").fill("noted@example.org account")
        await expect(entries).to_have_count(1)
        await expect(entries).to_contain_text("made an account (role: member)")
        await page.get_by_label("Kind").select_option("Budgets")
        await expect(entries).to_have_count(0)
        await page.reload()
        await expect(page.get_by_text("Nothing like this")).to_be_visible()
        await expect(page.get_by_label("Kind")).to_have_value("Budgets")

        async with page.expect_download() as started:
            await page.get_by_role("link", name="CSV").click()
        assert (await started.value).suggested_filename == "bakeoff-audit.csv"
        sheet = await (await page.request.get("/api/audit.csv")).text()
        assert {"noted@example.org", OWNER} <= {line["email"] for line in csv.DictReader(io.StringIO(sheet))}
        assert await faults(looking) == []


@LOOKS
async def test_every_part_fits_and_axe_finds_nothing(browser: Browser, house: str, viewport, scheme):
    async with visit(browser, house, viewport=viewport, scheme=scheme) as looking:
        await come_in(looking, OWNER)
        for part in ("users", "budgets", "audit"):
            await looking.page.goto(f"/admin#{part}")
            await expect(looking.page.get_by_role("heading", level=2).first).to_be_visible()
            await expect(looking.page.locator(".busy")).to_have_count(0)
            assert (part, await looking.overflow() <= 0) == (part, True)
            assert (part, await looking.accessibility_faults()) == (part, [])
        assert await faults(looking) == []


def _of(email: str) -> dict[str, str]:
    return {"email": email, "password": PASSWORD}
