"""A keyring with a provider behind it, and three people."""

import pytest

from backend.accounts.callers import Caller
from backend.keyring.ring import Keyring
from backend.kit.db import Database
from tests.keyring.doors import Door, person, ring_of


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def ring(door: Door) -> Keyring:
    return ring_of(door)


@pytest.fixture
async def alice(database: Database) -> Caller:
    return await person(database, "alice")


@pytest.fixture
async def bob(database: Database) -> Caller:
    return await person(database, "bob")


@pytest.fixture
async def admin(database: Database) -> Caller:
    return await person(database, "admin", "admin")
