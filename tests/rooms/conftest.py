"""Stages: rooms of their own on a server that is there for the whole run."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import structlog

from tests.rooms.stage import ServerThread, Stage, open_stage

KINDS = ("native", "portable")


@pytest.fixture(scope="package", autouse=True)
def _quiet_logs() -> Iterator[None]:
    """Thousands of sockets come and go, and a pretty traceback costs 50 ms of everybody's time."""
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session", params=KINDS)
def server(request: pytest.FixtureRequest) -> Iterator[ServerThread]:
    with ServerThread(request.param) as running:
        yield running


@pytest.fixture
def stage(server: ServerThread, sqlite_url: str) -> Iterator[Stage]:
    with open_stage(server, sqlite_url) as opened:
        yield opened


@pytest.fixture
def stage_with(server: ServerThread, sqlite_url: str) -> Iterator[Callable[..., Stage]]:
    """With limits or proxies of the test's own."""
    with ExitStack() as stack:

        def furnish(**options: Any) -> Stage:
            return stack.enter_context(open_stage(server, sqlite_url, **options))

        yield furnish
