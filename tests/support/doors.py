"""A fixture: the door of a house that nobody has moved into."""

from collections.abc import AsyncIterator

import pytest

from backend.accounts.door import Door
from backend.entrance import entrance
from backend.kit.db import Database
from backend.kit.master_key import MasterKey
from backend.settings import Settings


@pytest.fixture
async def door(database: Database) -> AsyncIterator[Door]:
    master = MasterKey(b"a secret of this installation alone")
    async with entrance(Settings.load({}), database, master, lambda _id: None) as (opened, _):
        yield opened
