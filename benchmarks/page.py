"""The page in a real browser: what is loaded first, what it does while eight lanes stream, a long history.

*Streams*: eight lanes of the simulator, a hundred tokens a second each, watched by one page, while a key is
pressed in the composer every half second. The browser traces every other ten seconds of it: each task of the
page's thread, on the clock and by what it used of the processor. The second is what the bar of 50 ms is for,
because browser, server and simulator share the machine. The time of a key is that from its event to the frame
that shows it. Memory is the heap after a collection, with the texts and after the page has left them.
*History*: very many comparisons, scrolled through by the wheel, traced in the same way.
*First load*: the bytes of scripts and styles that the first page asks for, as they came over the wire, and
the time until the frame in which its heading stands, over loopback and without a cache.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from playwright.async_api import Browser, CDPSession, Page, expect

from benchmarks.harness.effort import Effort
from benchmarks.harness.report import Bar, Line, Report, under
from benchmarks.harness.tracing import Tasks, traced
from tests.support.browser import Visit, open_browser, visit
from tests.support.household import OWNER, come_in, household
from tests.support.past import House, joined, seed
from tests.support.playground import begun, until_it_grows

LANES: Final = 8
PACE: Final = 10  # milliseconds between tokens
KILOBYTE, MEGABYTE = 1e3, 1e6
_LAST_PLACE: Final = """
  Math.max(...[...document.querySelectorAll("[data-place]")].map((row) => Number(row.dataset.place)))
"""

LONG: Final = 50  # milliseconds
WINDOW: Final = 10.0  # seconds
WHEEL: Final = 400  # pixels at once

_WATCH: Final = """
  window.keys = [];
  addEventListener("keydown", ({ timeStamp }) =>
    requestAnimationFrame(() => setTimeout(() => keys.push(performance.now() - timeStamp))), true);
"""

_STANDS: Final = """
  requestAnimationFrame(function look() {
    if (document.querySelector("h1")?.getClientRects().length) window.stoodAt = performance.now();
    else requestAnimationFrame(look);
  });
"""


def run(effort: Effort) -> Report:
    with TemporaryDirectory() as folder, household(Path(folder)) as url:
        return asyncio.run(_measure(House(url, Path(folder)), effort))


async def _measure(house: House, effort: Effort) -> Report:
    async with open_browser() as browser:
        loads = [await _first_load(browser, house.url) for _ in range(effort.rounds)]
        async with visit(browser, house.url) as looking:
            lines = await _streams(browser, looking, effort)
        lines += await _history(browser, house, effort)
    sizes, times = zip(*loads, strict=True)
    size = Line("page", "first load, compressed", "scripts and styles", tuple(sizes), " kB")
    shown = Line("page", "first load, until its heading stands", "loopback", tuple(times), " ms")
    return Report(
        (size.against(under(150, size.value, " kB")), shown.against(under(1000, shown.value, " ms")), *lines)
    )


async def _first_load(browser: Browser, url: str) -> tuple[float, float]:
    async with visit(browser, url) as looking:
        await come_in(looking, OWNER)
        await looking.page.add_init_script(_STANDS)
        await looking.page.goto("/")
        await looking.page.wait_for_load_state("networkidle")
        await expect(looking.page.get_by_role("heading", level=1)).to_be_visible()
        shown: float = await looking.page.evaluate("stoodAt")
        entries: list[dict[str, Any]] = await looking.page.evaluate(
            "performance.getEntriesByType('resource').map((each) => each.toJSON())"
        )
        loaded = [entry for entry in entries if "/assets/" in entry["name"]]
        return sum(entry["encodedBodySize"] for entry in loaded) / KILOBYTE, shown


async def _streams(browser: Browser, looking: Visit, effort: Effort) -> list[Line]:
    page = looking.page
    await come_in(looking, OWNER)
    devtools = await page.context.new_cdp_session(page)
    model = f"simulator/smith@tokens:{effort.page_tokens}@pace:{PACE}"
    session_id = await begun(looking, [model] * LANES)
    await page.goto(f"/c/{session_id}")
    await until_it_grows(page, "A", 100)
    before = await _heap(devtools)
    await page.evaluate(_WATCH)
    await page.get_by_label("Prompt", exact=True).focus()
    tasks = Tasks()
    while await _runs(page):
        async with traced(browser, page, tasks):
            await _type(page, effort)
        await _type(page, effort)
    keys: list[float] = await page.evaluate("keys")
    grown = await _grown(devtools, before)
    await page.get_by_role("link", name="History").click()
    await expect(page.locator("[data-place]").first).to_be_visible()
    left = await _grown(devtools, before)
    of = f"{LANES} lanes, {effort.page_tokens:,} tokens each"
    key = Line("page", "a key in the composer, until it is shown", of, (max(keys, default=0),), " ms")
    return [
        *_task_lines(tasks, of),
        key.against(under(100, key.value, " ms")),
        Line("page", "memory that the texts took", of, (grown,), " MB"),
        Line("page", "the same, when they are left", of, (left,), " MB"),
    ]


async def _runs(page: Page) -> bool:
    return await page.locator(".standing.running").count() > 0


async def _type(page: Page, effort: Effort) -> None:
    until = asyncio.get_running_loop().time() + min(WINDOW, effort.silence)
    while asyncio.get_running_loop().time() < until and await _runs(page):
        await page.keyboard.press("x")
        await asyncio.sleep(0.5)


async def _history(browser: Browser, house: House, effort: Effort) -> list[Line]:
    person = joined(house.url)
    with person.api:
        await seed(house, person, effort.page_rows)
    tasks, seen = Tasks(), 0
    async with visit(browser, house.url) as looking:
        page = looking.page
        await come_in(looking, person.email)
        await page.goto("/history")
        await expect(page.locator("[data-place]").first).to_be_visible()
        await page.mouse.move(640, 600)
        async with traced(browser, page, tasks):
            until = asyncio.get_running_loop().time() + min(WINDOW, effort.silence)
            while asyncio.get_running_loop().time() < until:
                await page.mouse.wheel(0, WHEEL)
            seen = await page.evaluate(_LAST_PLACE)
    of = f"{effort.page_rows:,} comparisons"
    return [Line("page", "rows scrolled by", of, (seen,)), *_task_lines(tasks, of)]


def _task_lines(tasks: Tasks, of: str) -> list[Line]:
    long = sum(each > LONG for each in tasks.own)
    return [
        Line("page", f"tasks over {LONG} ms of processor time", of, (long,)).against(Bar("none", not long)),
        Line("page", "the longest, processor time", of, (max(tasks.own, default=0),), " ms"),
        Line("page", f"tasks over {LONG} ms on the clock", of, (sum(each > LONG for each in tasks.wall),)),
        Line("page", "the longest, on the clock", of, (max(tasks.wall, default=0),), " ms"),
    ]


async def _grown(devtools: CDPSession, before: float) -> float:
    """Megabytes; of short texts it is less than what goes meanwhile."""
    return max(0.0, await _heap(devtools) - before) / MEGABYTE


async def _heap(devtools: CDPSession) -> float:
    await devtools.send("HeapProfiler.collectGarbage")
    usage = await devtools.send("Runtime.getHeapUsage")
    return float(usage["usedSize"])
