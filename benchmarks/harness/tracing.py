"""What a page's main thread did, by the browser's own tracing: one entry for each task it ran."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Browser, Page

_CATEGORY = "disabled-by-default-devtools.timeline"


@dataclass(slots=True)
class Tasks:
    """Milliseconds of each: on the clock, and of the processor, which others on the machine share."""

    wall: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)


@asynccontextmanager
async def traced(browser: Browser, page: Page, tasks: Tasks) -> AsyncIterator[None]:
    """For seconds, not for minutes: the browser keeps all of it until the end."""
    await browser.start_tracing(page=page, categories=["-*", _CATEGORY])
    try:
        yield
    finally:
        events = json.loads(await browser.stop_tracing())["traceEvents"]
    threads = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    for event in events:
        if event["name"] == "RunTask" and "dur" in event and (event["pid"], event["tid"]) in threads:
            tasks.wall.append(event["dur"] / 1000)
            tasks.own.append(event.get("tdur", event["dur"]) / 1000)
