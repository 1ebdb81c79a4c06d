"""Fixtures for every test."""

import gc
import os

import pytest

from tests.support.loopback import only_loopback

only_loopback.install()

pytest_plugins = ["tests.support.databases", "tests.support.doors"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def pytest_xdist_auto_num_workers() -> int:
    """Twice as many as there are processors: tests mostly wait for servers."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection_finish() -> None:
    """Thousands of tests stay to the end: the collector need not go through them again and again."""
    gc.collect()
    gc.freeze()
