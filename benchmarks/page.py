"""The page in a real browser: what is loaded first, and what it does while eight lanes stream.

*Streams*: eight lanes of the simulator, a hundred tokens a second each, watched by one page, while a key is
pressed in the composer every half second. Tasks over 50 ms are counted by the browser itself (Long Tasks);
the time of a key is that from its event to the frame that shows it. Memory is the heap after a collection.
*First load*: the bytes of scripts and styles that the first page asks for, as they came over the wire, and
the time until its heading stands, over loopback and without a cache.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from playwright.async_api import Browser, CDPSession, expect

from benchmarks.harness.effort import Effort
from benchmarks.harness.report import Bar, Line, Report, under
from tests.support.browser import Visit, open_browser, visit
from tests.support.household import OWNER, come_in, household
from tests.support.playground import begun, until_it_grows

LANES: Final = 8
PACE: Final = 10  # milliseconds between tokens
KILOBYTE, MEGABYTE = 1e3, 1e6

_WATCH: Final = """
  window.tasks = [];
  window.keys = [];
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: "longtask" });
  addEventListener("keydown", ({ timeStamp }) =>
    requestAnimationFrame(() => setTimeout(() => keys.push(performance.now() - timeStamp))), true);
"""


def run(effort: Effort) -> Report:
    with TemporaryDirectory() as folder, household(Path(folder)) as url:
        return asyncio.run(_measure(url, effort))


async def _measure(url: str, effort: Effort) -> Report:
    async with open_browser() as browser:
        loads = [await _first_load(browser, url) for _ in range(effort.rounds)]
        async with visit(browser, url) as looking:
            lines = await _streams(looking, effort)
    sizes, times = zip(*loads, strict=True)
    size = Line("page", "first load, compressed", "scripts and styles", tuple(sizes), " kB")
    shown = Line("page", "first load, until its heading stands", "loopback", tuple(times), " ms")
    return Report(
        (size.against(under(150, size.value, " kB")), shown.against(under(1000, shown.value, " ms")), *lines)
    )


async def _first_load(browser: Browser, url: str) -> tuple[float, float]:
    async with visit(browser, url) as looking:
        await come_in(looking, OWNER)
        await looking.page.goto("/")
        await expect(looking.page.get_by_role("heading", level=1)).to_be_visible()
        shown: float = await looking.page.evaluate("performance.now()")
        await looking.page.wait_for_load_state("networkidle")
        entries: list[dict[str, Any]] = await looking.page.evaluate(
            "performance.getEntriesByType('resource').map((each) => each.toJSON())"
        )
        loaded = [entry for entry in entries if "/assets/" in entry["name"]]
        return sum(entry["encodedBodySize"] for entry in loaded) / KILOBYTE, shown


async def _streams(looking: Visit, effort: Effort) -> list[Line]:
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
    while await page.locator(".standing.running").count() > 0:
        await page.keyboard.press("x")
        await asyncio.sleep(0.5)
    tasks: list[float] = await page.evaluate("tasks")
    keys: list[float] = await page.evaluate("keys")
    grown = (await _heap(devtools) - before) / MEGABYTE
    of = f"{LANES} lanes, {effort.page_tokens:,} tokens each"
    longest = Line("page", "longest task over 50 ms", of, (max(tasks, default=0),), " ms")
    key = Line("page", "a key in the composer, until it is shown", of, (max(keys, default=0),), " ms")
    return [
        Line("page", "tasks over 50 ms", of, (len(tasks),)).against(Bar("none", not tasks)),
        longest,
        key.against(under(100, key.value, " ms")),
        Line("page", "memory that the texts took", of, (grown,), " MB"),
    ]


async def _heap(devtools: CDPSession) -> float:
    await devtools.send("HeapProfiler.collectGarbage")
    usage = await devtools.send("Runtime.getHeapUsage")
    return float(usage["usedSize"])
