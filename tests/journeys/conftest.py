"""One server and one browser for all journeys; each journey is a visit of its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from backend.web.files import find_dist
from tests.support.bakeoff import running_bakeoff
from tests.support.browser import open_browser

expect.set_options(
    timeout=20_000
)  # of a machine that does other things as well; what is there at once costs none of it


@pytest.fixture(scope="session")
def built_page() -> Path:
    dist = find_dist()
    if not (dist / "index.html").is_file():
        pytest.fail("The journeys need the built page. Type: make web")
    return dist


@pytest.fixture(scope="session")
def base_url(built_page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_bakeoff(tmp_path_factory.mktemp("journeys")) as bakeoff:
        yield bakeoff.url


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened
