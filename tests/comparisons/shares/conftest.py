"""Ada's house, in a place that is served once for a module and each database."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.comparisons.shares.house import House, Place, furnished
from tests.comparisons.shares.serving import Told, asking
from tests.support.databases import BOTH
from tests.support.postgres import Postgres


@pytest.fixture(scope="module", params=BOTH)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    told = Told()
    with _lent(request, folder) as url, asking(url, folder, told) as client:
        yield Place(client, told, url)


@contextmanager
def _lent(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param == "sqlite":
        template = request.getfixturevalue("migrated_sqlite")
        yield f"sqlite:///{shutil.copyfile(template, folder / 'bakeoff.db')}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.lent(request.getfixturevalue("migrated_postgres")) as url:
        yield url


@pytest.fixture
def house(place: Place) -> House:
    place.told.clear()
    return asyncio.run(furnished(place))
