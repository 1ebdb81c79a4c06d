"""The page of costs against the ledger: it shows what was entered there, all of it, and nothing else."""

import csv
import io
import re
import sqlite3
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from anyio import Path as AsyncPath
from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from backend.kit.db import Database
from backend.kit.ids import new_id
from backend.usage import ledger
from backend.usage.entry import Timing
from tests.support.browser import DESKTOP, PHONE, visit
from tests.support.household import OWNER, PASSWORD, come_in, faults, household, join
from tests.usage.entries import entry

pytestmark = pytest.mark.anyio

ZOOMED = ViewportSize(width=DESKTOP["width"] // 2, height=DESKTOP["height"] // 2)
LOOKS = pytest.mark.parametrize(
    ("viewport", "scheme"),
    [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light"), (PHONE, "dark"), (ZOOMED, "light")],
    ids=["light", "dark", "phone", "phone-dark", "zoomed"],
)
GROUPS = ("Model", "Provider", "User", "Comparison", "Day")
BOB = "bob@example.org"
PICODOLLARS = 10**12
ASKED = 5
"""Answers that simulated models gave; the others were entered by hand."""


@dataclass(frozen=True)
class House:
    url: str
    folder: Path

    def api(self, email: str) -> httpx2.Client:
        signed_in = httpx2.post(f"{self.url}/auth/login", json={"email": email, "password": PASSWORD}).json()
        token = signed_in["accessToken"]
        return httpx2.Client(base_url=self.url, headers={"authorization": f"Bearer {token}"}, timeout=30)

    def entered(self, whose: str | None = None) -> Decimal:
        """What the ledger has of the last thirty days, read behind the server's back."""
        since = (datetime.now(UTC) - timedelta(days=29)).date().isoformat()
        query = "SELECT sum(cost) FROM ledger JOIN users ON users.id = user_id WHERE at >= ? AND email LIKE ?"
        with sqlite3.connect(self.folder / "data" / "bakeoff.db") as found:
            (sum_,) = found.execute(query, (since, whose or "%")).fetchone()
        return Decimal(sum_) / PICODOLLARS


@pytest.fixture(scope="module")
async def house(built_page: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("costs")
    with household(folder) as url:
        house = House(url, folder)
        account = {"email": BOB, "password": PASSWORD}
        httpx2.post(f"{url}/auth/register", json=account).raise_for_status()
        with house.api(OWNER) as owner, house.api(BOB) as bob:
            run(owner, "What is a lane?", "simulator/swift", "simulator/smith", "simulator/sage@401")
            run(owner, "And a turn?", "simulator/swift")
            run(bob, "What is a room?", "simulator/swift@seed:7")
            await enter_by_hand(folder, UUID(owner.get("/auth/me").json()["id"]))
            owner.put("/api/budgets", json={"amount": 20, "period": "month"}).raise_for_status()
            wait_until_counted(owner)
        yield house


def run(api: httpx2.Client, prompt: str, *models: str) -> None:
    api.post("/api/comparisons/run", json={"prompt": prompt, "modelIds": models}).raise_for_status()


async def enter_by_hand(folder: Path, user_id: UUID) -> None:
    """What simulated models do not do: be dear, have no known price, have been asked a month ago."""
    now = datetime.now(UTC)
    times = Timing(queue=20.0, first_token=400.0, total=2000.0)
    entries = [
        entry("12.3456", id=new_id(), at=now, user_id=user_id, timing=times, tokens_per_second=25.0),
        entry(None, id=new_id(), at=now, user_id=user_id, model_id="house/unpriced", provider="house"),
        entry("10", id=new_id(), at=now - timedelta(days=30), user_id=user_id),
    ]
    database = Database.open(f"sqlite:///{folder / 'data' / 'bakeoff.db'}")
    async with database.transaction() as db:
        await ledger.append(db, entries)
    await database.close()


def wait_until_counted(api: httpx2.Client) -> None:
    for _ in range(100):
        if api.get("/api/reports/costs").json()["requests"] == ASKED + 2:
            return
        time.sleep(0.1)
    pytest.fail("the answers did not arrive in the ledger")


def table(page: Page) -> Locator:
    return page.get_by_role("region", name="Costs by").get_by_role("table")


def figure(page: Page, label: str) -> Locator:
    return page.locator("dl > div").filter(has=page.get_by_text(label, exact=True))


async def costs_of(rows: Locator) -> list[float | None]:
    """Exactly, as the page says them to programs; None where nobody knows."""
    await expect(rows.locator("data").first).to_be_attached()
    values = await rows.locator("data").evaluate_all("all => all.map((each) => each.value)")
    return [float(value) if value else None for value in values]


async def grouped(page: Page, group: str) -> Locator:
    """The table's rows, once they are by that group."""
    await page.get_by_role("radio", name=group, exact=True).check()
    await expect(page.get_by_role("region", name=f"Costs by {group.lower()}")).to_be_visible()
    return table(page).locator("tbody tr")


async def test_the_total_is_what_the_ledger_and_the_api_say_to_the_cent(browser: Browser, house: House):
    entered = house.entered()
    with house.api(OWNER) as api:
        reported = api.get("/api/reports/costs").json()["totalCost"]
    async with visit(browser, house.url) as looking:
        await come_in(looking, OWNER)
        await looking.page.goto("/costs")
        await expect(figure(looking.page, "Cost")).to_contain_text(f"${entered:.2f}")
        assert await costs_of(table(looking.page).locator("tfoot")) == [
            pytest.approx(float(entered), abs=1e-9)
        ]
        assert reported == pytest.approx(float(entered), abs=1e-9)
        await expect(figure(looking.page, "Requests")).to_contain_text(str(ASKED + 2))
        await expect(figure(looking.page, "Cost")).to_contain_text("$10.00 in the 30 days before")
        assert await faults(looking) == []


async def test_every_group_sums_up_to_the_total(browser: Browser, house: House):
    async with visit(browser, house.url) as looking:
        await come_in(looking, OWNER)
        await looking.page.goto("/costs")
        for group in GROUPS:
            rows = await grouped(looking.page, group)
            known = [cost for cost in await costs_of(rows) if cost is not None]
            assert sum(known) == pytest.approx(float(house.entered()), abs=1e-9), group
            assert f"group={group.lower()}" in looking.page.url or group == "Model"
        assert await faults(looking) == []


async def test_an_unknown_cost_is_said_and_is_never_a_zero(browser: Browser, house: House):
    async with visit(browser, house.url) as looking:
        await come_in(looking, OWNER)
        await looking.page.goto("/costs")
        await expect(looking.page.get_by_text("1 answer of unknown cost is not in it")).to_be_visible()
        row = table(looking.page).get_by_role("row").filter(has_text="house/unpriced")
        await expect(row.get_by_role("cell").first).to_have_text("— 1 unknown")


async def test_the_sheet_says_what_the_table_says(browser: Browser, house: House):
    async with visit(browser, house.url) as looking:
        await come_in(looking, OWNER)
        await looking.page.goto("/costs?group=provider")
        rows = table(looking.page).locator("tbody tr")
        await expect(rows).to_have_count(3)
        shown = {
            await row.get_by_role("rowheader").locator("span").last.inner_text(): (await costs_of(row))[0]
            for row in await rows.all()
        }
        # The page was open for longer than an access token lasts.
        await looking.page.context.clear_cookies(name="bakeoff")
        async with looking.page.expect_download() as saved:
            await looking.page.get_by_role("link", name="Costs as CSV").click()
        download = await saved.value
        assert any(url.endswith("/auth/refresh") for url in looking.requested)
        assert download.suggested_filename.endswith("-provider.csv")
        written = await AsyncPath(await download.path()).read_text(encoding="utf-8")
        sheet = list(csv.DictReader(io.StringIO(written)))
        assert {line["label"]: float(line["cost"]) for line in sheet} == {
            label: pytest.approx(cost or 0.0, abs=1e-9) for label, cost in shown.items()
        }

        address = await looking.page.get_by_role("link", name="Times as CSV").get_attribute("href")
        assert address is not None
        answer = await looking.page.request.get(address)
        assert answer.headers["content-disposition"].startswith("attachment")
        times = list(csv.DictReader(io.StringIO(await answer.text())))
        assert {line["modelId"] for line in times} >= {"openai/gpt-5", "simulator/swift"}


async def test_a_budget_shows_what_is_left_of_it(browser: Browser, house: House):
    with house.api(OWNER) as api:
        (budget,) = api.get("/api/budgets").json()
    left = f"${budget['remaining']:.2f}"
    assert budget["remaining"] < 20
    async with visit(browser, house.url) as looking:
        await come_in(looking, OWNER)
        await looking.page.goto("/costs")
        await expect(figure(looking.page, "Left to spend")).to_contain_text(left)
        budgets = looking.page.get_by_role("region", name="Budgets")
        await expect(budgets.get_by_role("listitem")).to_contain_text("month")
        await expect(budgets).to_contain_text(f"{left} left")
        await expect(budgets.get_by_role("link", name="Change them")).to_have_attribute(
            "href", "/admin#budgets"
        )


async def test_a_member_sees_nothing_but_his_own(browser: Browser, house: House):
    async with visit(browser, house.url) as looking:
        await come_in(looking, BOB)
        await looking.page.goto("/costs?whose=everyone")
        await expect(figure(looking.page, "Requests")).to_contain_text("1")
        assert await costs_of(table(looking.page).locator("tfoot")) == [
            pytest.approx(float(house.entered(BOB)), abs=1e-9)
        ]
        for absent in ("Mine", "User"):
            await expect(looking.page.get_by_role("radio", name=absent, exact=True)).to_have_count(0)
        await expect(looking.page.get_by_role("link", name="Change them")).to_have_count(0)
        assert await faults(looking) == []


async def test_who_only_looks_on_is_told_so_and_asks_the_server_nothing(browser: Browser, house: House):
    async with visit(browser, house.url) as looking:
        await join(looking, "eve@example.org")
        with house.api(OWNER) as api:
            users = api.get("/api/users").json()
            (eve,) = [user["id"] for user in users if user["email"] == "eve@example.org"]
            api.patch(f"/api/users/{eve}", json={"role": "viewer"}).raise_for_status()
        await looking.page.goto("/costs")
        await expect(looking.page.get_by_text("You look on, and that costs nothing")).to_be_visible()
        assert not [url for url in looking.requested if "/api/reports" in url]
        assert await looking.accessibility_faults() == []
        assert await faults(looking) == []


async def test_the_costs_of_one_user_are_a_click_away(browser: Browser, house: House):
    async with visit(browser, house.url) as looking:
        await come_in(looking, OWNER)
        await looking.page.goto("/costs?group=user")
        await table(looking.page).get_by_role("link", name=BOB).click()
        await expect(looking.page.get_by_role("radio", name=BOB)).to_be_checked()
        await expect(figure(looking.page, "Requests")).to_contain_text("1")
        assert await costs_of(table(looking.page).locator("tfoot")) == [
            pytest.approx(float(house.entered(BOB)), abs=1e-9)
        ]


async def test_the_address_recreates_what_was_looked_at(browser: Browser, house: House):
    async with visit(browser, house.url) as looking:
        await come_in(looking, OWNER)
        await looking.page.goto("/costs")
        await looking.page.get_by_role("radio", name="7 days").check()
        await grouped(looking.page, "Day")
        await looking.page.get_by_role("button", name="Requests").click()
        await looking.page.get_by_role("radio", name="Speed").check()
        await looking.page.reload()
        await expect(looking.page.get_by_role("radio", name="7 days")).to_be_checked()
        await expect(looking.page.get_by_role("radio", name="Speed")).to_be_checked()
        requests = looking.page.get_by_role("columnheader", name="Requests")
        await expect(requests).to_have_attribute("aria-sort", "descending")
        await expect(table(looking.page).locator("tbody tr")).to_have_count(7)
        assert looking.page.url.endswith("/costs?period=7&group=day&sort=-requests&times=speed")


async def test_times_are_shown_with_how_many_answers_they_are_of(browser: Browser, house: House):
    with house.api(OWNER) as api:
        rows: list[dict[str, Any]] = api.get("/api/reports/latency").json()["rows"]
    async with visit(browser, house.url) as looking:
        await come_in(looking, OWNER)
        await looking.page.goto("/costs")
        times = looking.page.get_by_role("region", name="First token by model")
        for row in rows:
            cells = times.get_by_role("row").filter(has_text=row["modelId"]).first.get_by_role("cell")
            await expect(cells.last).to_have_text(str(row["timeToFirstTokenMs"]["count"]))
        unmeasured = times.get_by_role("row").filter(has_text="house/unpriced").get_by_role("cell")
        await expect(unmeasured.nth(0)).to_have_text("—")


async def test_the_drawing_has_words_and_takes_the_colours_of_the_theme(browser: Browser, house: House):
    async with visit(browser, house.url) as looking:
        await come_in(looking, OWNER)
        await looking.page.goto("/costs")
        drawing = looking.page.get_by_role("img", name="Bars: costs day by day")
        words = re.compile("Nothing was asked in 29 of 30 days")
        await expect(drawing).to_have_accessible_name(words)
        picture = "document.querySelector('canvas').toDataURL()"
        light = await looking.page.evaluate(picture)
        await looking.page.emulate_media(color_scheme="dark")
        await looking.page.wait_for_function(f"(before) => {picture} !== before", arg=light)


async def test_days_without_a_question_teach_what_the_page_is_for(browser: Browser, house: House):
    async with visit(browser, house.url) as looking:
        await come_in(looking, OWNER)
        await looking.page.goto("/costs?period=own&from=2020-01-01&to=2020-01-09")
        await expect(looking.page.get_by_text("Nothing was asked in these days")).to_be_visible()
        await expect(looking.page.get_by_label("From")).to_have_value("2020-01-01")
        assert await looking.accessibility_faults() == []
        assert await faults(looking) == []


@LOOKS
async def test_the_page_fits_its_window_and_axe_finds_nothing(
    browser: Browser, house: House, viewport, scheme
):
    async with visit(browser, house.url, viewport=viewport, scheme=scheme) as looking:
        await come_in(looking, OWNER)
        await looking.page.goto("/costs?period=90&group=user")
        await expect(looking.page.get_by_role("heading", name="How fast it was")).to_be_visible()
        await expect(looking.page.locator("canvas")).to_be_visible()
        assert await looking.overflow() <= 0
        assert await looking.accessibility_faults() == []
        assert await faults(looking) == []
