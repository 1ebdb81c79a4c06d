"""Stages: rooms of their own on a server that is there for the whole run."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.rooms.stage import ServerThread, Stage, open_stage

KINDS = ("native", "portable")


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
