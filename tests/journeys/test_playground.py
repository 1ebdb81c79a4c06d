"""Comparisons in a browser: the first click, lanes that fail and stop, reloads, company, a dying server."""

import json
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.support.bakeoff import running_bakeoff
from tests.support.browser import DESKTOP, PHONE, visit
from tests.support.household import OWNER, come_in, faults, first_link, household, join
from tests.support.playground import (
    begun,
    copied,
    lane,
    standing,
    stored,
    text,
    until_all_ended,
    until_it_grows,
)

pytestmark = pytest.mark.anyio

SLOW = "simulator/smith@tokens:4000@pace:20"
LONG = "simulator/smith@tokens:150@pace:15"
LIVE = "[aria-live]:not([aria-live=off]), [role=status], [role=alert], [role=log]"
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # no database takes them
HOSTILE = Path(__file__).parents[2] / "frontend" / "src" / "text" / "testing" / "hostile.json"


@pytest.fixture(scope="module")
def house(built_page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with household(tmp_path_factory.mktemp("playground")) as url:
        yield url


async def test_one_click_leads_from_the_first_start_to_answers(
    browser: Browser, built_page: Path, tmp_path: Path
):
    with running_bakeoff(tmp_path) as bakeoff:
        async with visit(browser, bakeoff.url) as looking:
            page = looking.page
            await page.goto(first_link(bakeoff))
            await expect(page.get_by_role("heading", level=1)).to_have_text("One prompt, many models")
            await expect(page.get_by_text("Simulated models answer until a key is set")).to_be_visible(
                timeout=20_000
            )
            await page.get_by_role("button", name="Explain it").click()
            await expect(page).to_have_url(re.compile("/c/"))
            await expect(lane(page, "A")).to_contain_text("simulated")
            await until_it_grows(page, "B", 200)
            assert await faults(looking) == []


async def test_a_lane_that_fails_leaves_the_others_and_stops_are_told_when_they_are(
    browser: Browser, house: str
):
    async with visit(browser, house) as looking:
        page = looking.page
        await come_in(looking, OWNER)
        session_id = await begun(looking, ["simulator/swift@401", SLOW, SLOW])
        await page.goto(f"/c/{session_id}")
        await expect(standing(page, "A")).to_have_text("credentials")
        await until_it_grows(page, "B", 300)
        await page.get_by_role("button", name="Stop B", exact=True).click()
        await expect(standing(page, "B")).to_have_text("stopped")
        await expect(standing(page, "C")).to_contain_text("tok/s")
        await page.keyboard.press("Escape")
        await expect(standing(page, "C")).to_have_text("stopped")
        await until_all_ended(page)
        for response in (await stored(looking, session_id))["turns"][0]["responses"][1:]:
            assert response["status"] == "cancelled"
            assert response["text"]
            assert response["cost"] > 0
        await expect(lane(page, "B").get_by_title(re.compile("^Cost: "))).to_contain_text("$")
        assert await faults(looking) == []


async def test_a_lane_answers_once_more_and_both_attempts_can_be_read(browser: Browser, house: str):
    async with visit(browser, house) as looking:
        page = looking.page
        await come_in(looking, OWNER)
        await page.goto(f"/c/{await begun(looking, ['simulator/swift', 'simulator/swift'])}")
        await until_all_ended(page)
        first = await text(page, "A")
        await lane(page, "A").get_by_role("button", name="Regenerate A").click()
        await expect(lane(page, "A").get_by_text("2 of 2")).to_be_visible()
        await until_all_ended(page)
        await lane(page, "A").get_by_role("button", name="Earlier attempt").click()
        await expect(lane(page, "A").get_by_text("1 of 2")).to_be_visible()
        assert (await text(page, "A")).replace("1 of 2", "").split() == first.split()


async def test_after_a_reload_in_mid_stream_nothing_is_doubled_and_nothing_is_missing(
    browser: Browser, house: str
):
    async with visit(browser, house) as looking:
        page = looking.page
        await come_in(looking, OWNER)
        session_id = await begun(looking, [LONG, LONG, "simulator/sage"])
        await page.goto(f"/c/{session_id}")
        await until_it_grows(page, "A", 100)
        await page.reload()
        await until_it_grows(page, "A", 200)
        await page.reload()
        await until_all_ended(page)
        lived = [await text(page, letter) for letter in "ABC"]
        await page.reload()
        await expect(standing(page, "C")).to_contain_text("done in")
        assert [await text(page, letter) for letter in "ABC"] == lived
        responses = (await stored(looking, session_id))["turns"][0]["responses"]
        assert {response["status"] for response in responses} == {"completed"}
        assert [await copied(page, letter) for letter in "ABC"] == [each["text"] for each in responses]


async def test_two_in_one_room_see_the_same_and_each_other(browser: Browser, house: str):
    async with visit(browser, house) as hers, visit(browser, house) as his:
        await come_in(hers, OWNER)
        await join(his, "bo@example.org", "Bo")
        session_id = await begun(hers, [SLOW, LONG])
        share = await hers.page.request.post(
            f"/api/comparisons/{session_id}/shares", data={"email": "bo@example.org", "level": "editor"}
        )
        assert share.ok
        await hers.page.goto(f"/c/{session_id}")
        await his.page.goto(f"/c/{session_id}")
        await expect(hers.page.get_by_role("list", name="In this room").get_by_text("Bo")).to_be_attached()
        await his.page.keyboard.press("2")
        await expect(lane(hers.page, "B").get_by_text("Bo looks at this lane")).to_be_attached()
        await his.page.get_by_label("Prompt", exact=True).fill("And what is a lap?")
        await expect(hers.page.get_by_text("Bo is writing…")).to_be_visible()
        await his.page.get_by_role("button", name="Stop A", exact=True).click()
        await expect(standing(hers.page, "A")).to_have_text("stopped")
        await until_all_ended(hers.page)
        await until_all_ended(his.page)
        assert [await text(hers.page, each) for each in "AB"] == [await text(his.page, each) for each in "AB"]
        assert await faults(hers) + await faults(his) == []


async def test_whoever_has_a_link_watches_and_can_do_nothing_else(browser: Browser, house: str):
    async with visit(browser, house) as hers, visit(browser, house) as guest, visit(browser, house) as known:
        await come_in(hers, OWNER)
        await join(known, "cy@example.org", "Cy")
        session_id = await begun(hers, [LONG])
        shared = await hers.page.request.post(
            f"/api/comparisons/{session_id}/shares", data={"link": True, "level": "viewer"}
        )
        made = await shared.json()
        for other in (guest, known):
            await other.page.goto(made["url"])
            await until_it_grows(other.page, "A", 50)
            await expect(other.page.get_by_role("button", name="Stop A", exact=True)).to_have_count(0)
            await expect(other.page.get_by_label("Prompt", exact=True)).to_have_count(0)
        ended = await hers.page.request.delete(f"/api/comparisons/{session_id}/shares/{made['share']['id']}")
        assert ended.ok, await ended.text()
        await expect(guest.page.get_by_text("It is not shared with you any more")).to_be_visible()
        assert await faults(guest) + await faults(known) == []


async def test_when_the_server_dies_the_page_comes_back_to_what_it_knows(
    browser: Browser, built_page: Path, tmp_path: Path
):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with running_bakeoff(tmp_path, "--port", port) as bakeoff:
        async with visit(browser, bakeoff.url) as looking:
            page = looking.page
            await page.goto(first_link(bakeoff))
            session_id = await begun(looking, [SLOW, LONG])
            await page.goto(f"/c/{session_id}")
            await until_it_grows(page, "A", 400)
            bakeoff.process.send_signal(signal.SIGKILL)
            bakeoff.process.wait(10)
            lost = page.get_by_text("The contact to the server is lost")
            await expect(lost).to_be_visible()
            with running_bakeoff(tmp_path, "--port", port):
                await expect(standing(page, "A")).to_have_text("cut off by a restart")
                await expect(lost).to_have_count(0)
                lived = await text(page, "A")
                assert len((await stored(looking, session_id))["turns"][0]["responses"][0]["text"]) > 100
                await page.reload()
                await expect(standing(page, "A")).to_have_text("cut off by a restart")
                assert await text(page, "A") == lived


async def test_everything_can_be_done_by_keys_alone(browser: Browser, house: str):
    async with visit(browser, house) as looking:
        page = looking.page
        await come_in(looking, OWNER)
        await page.goto(f"/?models={SLOW},{SLOW}&prompt=Go%20on")
        await expect(page.get_by_role("button", name="Send to 2 models")).to_be_enabled()
        await page.get_by_label("Prompt", exact=True).focus()
        await page.keyboard.press("Control+Enter")
        await expect(page).to_have_url(re.compile("/c/"))
        await until_it_grows(page, "B", 200)
        await page.locator("main").focus()
        await page.keyboard.press("2")
        await page.keyboard.press("s")
        await expect(standing(page, "B")).to_have_text("stopped")
        await page.keyboard.press("Escape")
        await expect(standing(page, "A")).to_have_text("stopped")
        await page.keyboard.press("r")
        await expect(lane(page, "B").get_by_text("2 of 2")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.keyboard.press("v")
        await expect(page.get_by_role("tablist", name="Lanes")).to_be_visible()
        await page.keyboard.press("v")
        await expect(page.get_by_role("table")).to_be_visible()
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_a_finished_comparison_is_played_back_and_measured_by_one_of_its_lanes(
    browser: Browser, house: str
):
    async with visit(browser, house) as looking:
        page = looking.page
        await come_in(looking, OWNER)
        await page.goto(f"/c/{await begun(looking, ['simulator/sage', 'simulator/smith'])}")
        await until_all_ended(page)
        whole = await text(page, "B")

        await page.get_by_role("button", name="More of the answers of A").click()
        await page.get_by_role("menuitem", name="Measure others by this lane").click()
        await page.get_by_role("button", name="Difference to the base lane").click()
        await expect(lane(page, "B").locator("ins").first).to_be_visible()
        await expect(lane(page, "B").get_by_text("against the base").first).to_be_attached()
        await page.get_by_role("button", name="Difference to the base lane").click()

        await page.get_by_role("button", name="More", exact=True).click()
        await page.get_by_role("menuitem", name="Play it back").click()
        moment = page.get_by_label("Moment")
        await page.get_by_role("button", name="Pause").click()
        await moment.fill("0")
        assert len(await text(page, "B")) < len(whole) / 2
        await moment.press("End")
        await expect(standing(page, "B")).to_contain_text("done in")
        assert await text(page, "B") == whole
        await page.get_by_role("button", name="Back to the present").click()
        await expect(page.get_by_label("Prompt", exact=True)).to_be_visible()


async def test_no_answer_runs_a_script_or_asks_anybody_for_anything(browser: Browser, house: str):
    payloads = json.loads(HOSTILE.read_text(encoding="utf-8"))
    texts = (
        each.get("before", "") + each["text"] * each.get("times", 1) + each.get("after", "")
        for each in payloads
    )
    corpus = [UNSTORABLE.sub("", each) for each in texts]
    assert len(corpus) > 100
    async with visit(browser, house) as looking:
        page = looking.page
        await come_in(looking, OWNER)
        session_id = await begun(looking, ["simulator/swift"])
        await page.goto(f"/c/{session_id}")
        await until_all_ended(page)
        exported = await page.request.get(f"/api/comparisons/{session_id}/export?format=json")
        document = await exported.json()
        response = document["comparison"]["turns"][0]["responses"][0]
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        for start in range(0, len(corpus), 20):
            response["text"] = "\n\n".join(corpus[start : start + 20])
            imported = await page.request.post("/api/comparisons/import", data=document)
            assert imported.ok, await imported.text()
            await page.goto(f"/c/{(await imported.json())['sessionId']}")
            await expect(standing(page, "A")).to_contain_text("done")
            await page.wait_for_load_state("networkidle")
        assert dialogs == []
        assert await faults(looking) == []


@pytest.mark.parametrize(
    ("viewport", "scheme"),
    [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light"), (PHONE, "dark")],
    ids=["light", "dark", "phone", "phone-dark"],
)
async def test_axe_finds_nothing_in_any_view(browser: Browser, house: str, viewport, scheme):
    async with visit(browser, house, viewport=viewport, scheme=scheme) as looking:
        page = looking.page
        await come_in(looking, OWNER)
        await page.goto("/")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert await looking.accessibility_faults() == []
        await page.goto(
            f"/c/{await begun(looking, ['simulator/sage', 'simulator/smith', 'simulator/swift@401'])}"
        )
        await expect(page.locator(LIVE)).to_have_count(1)  # while they stream, too: nobody reads words aloud
        await until_all_ended(page)
        for view in ("Focus", "Table", "Columns"):
            await page.get_by_role("button", name=view, exact=True).click()
            assert await looking.accessibility_faults() == []
            assert await looking.overflow() == 0
        await page.get_by_role("button", name="Share", exact=True).click()
        await expect(page.get_by_text("Nobody else sees it yet")).to_be_visible()
        assert await looking.accessibility_faults() == []
        assert await faults(looking) == []
