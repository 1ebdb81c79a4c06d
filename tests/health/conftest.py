"""One server on which everything has happened, for all who only look at it."""

from collections.abc import Iterator

import pytest

from tests.health.story import Story, story


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with story(tmp_path_factory.mktemp("story")) as scene:
        scene.everything()
        yield scene
