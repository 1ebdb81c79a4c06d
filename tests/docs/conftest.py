"""Fixtures: a server that the tests of the pages ask."""

from collections.abc import Iterator

import pytest

from tests.docs.house import House, house


@pytest.fixture(scope="package")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """For who only asks it."""
    with house(tmp_path_factory.mktemp("house")) as found:
        yield found
