"""A headless Chromium for the journeys, and a record of everything a page did while a test looked at it.

Playwright's wheel holds its own driver and uses the Chromium of the machine, so nothing is downloaded.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

# The first is the same browser without the parts of a window, which cost more than most of our pages.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_MISSING = "The journeys need Chromium. Type: apt-get update && apt-get install -y chromium"
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
_AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
_NOTE_VIOLATIONS = """
  window.violations = [];
  addEventListener("securitypolicyviolation", (event) => {
    violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
  });
"""

DESKTOP = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=360, height=740)


@dataclass(frozen=True, slots=True)
class Visit:
    """One look at the site, in a profile of its own."""

    page: Page
    base_url: str
    requested: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def strangers(self) -> list[str]:
        """Addresses outside our own origin that the page asked for."""
        own = urlsplit(self.base_url).netloc
        return [url for url in self.requested if urlsplit(url).netloc not in {own, ""}]

    async def violations(self) -> list[str]:
        return await self.page.evaluate("window.violations")

    async def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        return await self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )

    async def accessibility_faults(self) -> list[str]:
        """What axe-core finds; evaluated by the debugger, which no content security policy binds."""
        if not _AXE.is_file():
            pytest.fail("The journeys need axe-core. Type: make web")
        await self.page.evaluate(_AXE.read_text())
        found: list[dict[str, Any]] = await self.page.evaluate(
            "axe.run().then((report) => report.violations)"
        )
        return [f"{fault['id']}: {node['html']}" for fault in found for node in fault["nodes"]]


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.fail(_MISSING)
    async with (
        async_playwright() as playwright,
        await playwright.chromium.launch(executable_path=program, args=_FLAGS) as browser,
    ):
        yield browser


@asynccontextmanager
async def visit(
    browser: Browser,
    base_url: str,
    *,
    viewport: ViewportSize = DESKTOP,
    scheme: Literal["light", "dark"] = "light",
) -> AsyncIterator[Visit]:
    """A fresh profile; motion is reduced, so that a page stands still when it is measured."""
    context = await browser.new_context(
        base_url=base_url, viewport=viewport, color_scheme=scheme, reduced_motion="reduce"
    )
    async with context:
        await context.add_init_script(_NOTE_VIOLATIONS)
        page = await context.new_page()
        looking = Visit(page, base_url)
        page.on("request", lambda request: looking.requested.append(request.url))
        page.on("pageerror", lambda error: looking.complaints.append(str(error)))
        page.on("console", lambda message: _note(looking, message.type, message.text))
        yield looking


def _note(looking: Visit, kind: str, text: str) -> None:
    if kind in {"error", "warning"}:
        looking.complaints.append(text)
