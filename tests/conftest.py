"""Fixtures for every test."""

import gc
import os
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.support.loopback import only_loopback
from tests.support.scheduling import ByModule

only_loopback.install()

pytest_plugins = ["tests.support.databases", "tests.support.doors"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def pytest_xdist_auto_num_workers() -> int:
    """Twice as many as there are processors: tests mostly wait for servers."""
    return 2 * (os.cpu_count() or 1)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    return ByModule(config, log) if config.getoption("dist") == "loadscope" else None


def pytest_collection_finish() -> None:
    """Thousands of tests stay to the end: the collector need not go through them again and again."""
    gc.collect()
    gc.freeze()
