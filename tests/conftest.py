"""Fixtures for every test."""

import pytest

pytest_plugins = ["tests.support.databases"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
