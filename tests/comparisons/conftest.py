"""Rehearsals: comparisons made in this process, on both databases."""

from collections.abc import AsyncIterator

import pytest

from tests.comparisons.rehearsal import Rehearsal, rehearsing


@pytest.fixture
async def rehearsal(database_url: str) -> AsyncIterator[Rehearsal]:
    async with rehearsing(database_url) as opened:
        yield opened


@pytest.fixture
async def on_sqlite(sqlite_url: str) -> AsyncIterator[Rehearsal]:
    """Where the database makes no difference."""
    async with rehearsing(sqlite_url) as opened:
        yield opened
