"""Ada's house, in a place that is served once for a module and each database."""

import asyncio
import shutil
from collections.abc import Iterator

import pytest

from tests.comparisons.shares.house import House, Place, furnished
from tests.comparisons.shares.serving import Told, asking
from tests.support.databases import BOTH
from tests.support.postgres import Postgres


@pytest.fixture(scope="module", params=BOTH)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    if request.param == "sqlite":
        url = (
            f"sqlite:///{shutil.copyfile(request.getfixturevalue('migrated_sqlite'), folder / 'bakeoff.db')}"
        )
    else:
        server: Postgres = request.getfixturevalue("postgres")
        url = server.url(server.create(request.getfixturevalue("migrated_postgres")))
    told = Told()
    with asking(url, folder, told) as client:
        yield Place(client, told, url)


@pytest.fixture
def house(place: Place) -> House:
    place.told.clear()
    return asyncio.run(furnished(place))
