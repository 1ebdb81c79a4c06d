"""`python -m tests.journeys.pictures FOLDER`: every page in light, in dark and on a phone, for eyes."""

import asyncio
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

import httpx2
from playwright.async_api import Browser, Page, ViewportSize, expect

from benchmarks.pasts.million import fill
from tests.support.browser import DESKTOP, PHONE, open_browser, visit
from tests.support.household import OWNER, PASSWORD, come_in, household
from tests.support.playground import begun, until_all_ended, until_it_grows

Scheme = Literal["light", "dark"]

PAGES: Final = ("history", "costs", "models", "account", "admin", "status")
LOOKS: Final[Mapping[str, tuple[Scheme, ViewportSize]]] = {
    "light": ("light", DESKTOP),
    "dark": ("dark", DESKTOP),
    "phone": ("light", PHONE),
    "phone-dark": ("dark", PHONE),
}
PROMPT: Final = "Explain how a hash map works to somebody who knows arrays, with a short example in Python."
MODELS: Final = ["simulator/sage", "simulator/smith", "simulator/swift"]
EARLIER: Final = (
    ("Name three birds that sing at night.", ["simulator/swift", "simulator/polyglot"], ["birds"]),
    ("Summarise this contract in five sentences for a tenant.", MODELS, ["legal", "summary"]),
    ("Write a regular expression for dates like 2026-02-29.", ["simulator/smith"], ["code"]),
    ("Why is the sky blue, and why is it red in the evening?", MODELS, []),
    (
        "Translate into Portuguese: the train is late again.",
        ["simulator/swift@401", "simulator/polyglot"],
        [],
    ),
)
ASKED: Final = 6_000
"""Of other people, in the year before: what costs are made of."""


async def take(browser: Browser, base_url: str, look: str, folder: Path) -> None:
    scheme, viewport = LOOKS[look]
    async with visit(browser, base_url, viewport=viewport, scheme=scheme) as looking:
        page = looking.page

        async def picture(name: str) -> None:
            await page.screenshot(path=folder / f"{name}-{look}.png")

        await page.goto("/sign-in")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await picture("sign-in")
        await come_in(looking, OWNER)
        await page.goto("/")
        await expect(page.get_by_role("button", name="Explain it")).to_be_visible()
        await page.wait_for_load_state("networkidle")
        await picture("welcome")
        await page.goto(f"/c/{await begun(looking, MODELS, PROMPT)}")
        await until_it_grows(page, "B", 300)
        await picture("running")
        await until_all_ended(page)
        await picture("finished")
        for view in ("Focus", "Table", "Columns"):
            await page.get_by_role("button", name=view, exact=True).click()
            await picture(view.lower())
        for path in PAGES:
            await settled(page, f"/{path}")
            await picture(path)


async def settled(page: Page, path: str) -> None:
    await page.goto(path)
    await expect(page.get_by_role("heading", level=1)).to_be_attached()
    await page.wait_for_load_state("networkidle")


async def take_all(base_url: str, folder: Path) -> None:
    async with open_browser() as browser:
        for look in LOOKS:
            await take(browser, base_url, look, folder)


async def furnish(base_url: str, data: Path) -> None:
    """With a past."""
    await fill([f"sqlite:///{data / 'bakeoff.db'}"], ASKED, datetime.now(UTC))
    async with httpx2.AsyncClient(base_url=base_url, timeout=60) as owner:
        who = {"email": OWNER, "password": PASSWORD}
        token = (await owner.post("/auth/login", json=who)).raise_for_status().json()["accessToken"]
        for prompt, models, tags in EARLIER:
            said = {"prompt": prompt, "modelIds": models, "tags": tags}
            bearer = {"authorization": f"Bearer {token}"}
            (await owner.post("/api/comparisons/run", json=said, headers=bearer)).raise_for_status()


async def furnish_and_take(base_url: str, data: Path, folder: Path) -> None:
    await furnish(base_url, data)
    await take_all(base_url, folder)


def main() -> None:
    expect.set_options(timeout=60_000)
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "pictures")
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as data, household(Path(data)) as url:
        asyncio.run(furnish_and_take(url, Path(data) / "data", folder))
    print(f"{len(list(folder.glob('*.png')))} pictures are in {folder}")


if __name__ == "__main__":
    main()
