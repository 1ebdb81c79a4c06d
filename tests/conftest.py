"""Fixtures for every test."""

import pytest

from tests.support.loopback import only_loopback

only_loopback.install()

pytest_plugins = ["tests.support.databases"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
