"""Whether readers of events may stay: who may, and that many are asked about as if they were one."""

import asyncio

import pytest

from backend.accounts import users
from backend.accounts.callers import Caller, ShareGrant
from backend.accounts.door import Door
from backend.comparisons.readers import Readers
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.ids import new_id
from backend.rooms.identity import Identity
from tests.comparisons.history.making import compared, person, shared
from tests.support.asked import asked, reads


@pytest.fixture
def readers(database: Database, door: Door) -> Readers:
    return Readers(database, door)


def reading(caller: Caller) -> Identity:
    return Identity(caller, caller.user_id, "")


async def test_the_owner_stays_and_whoever_it_is_shared_with_and_nobody_else(
    database: Database, readers: Readers
) -> None:
    ada, bob, eve, gone = [await person(database, name) for name in ("ada", "bob", "eve", "gone")]
    comparison, deleted = await compared(database, ada), await compared(database, ada, deleted_at=clock.now())
    await shared(database, comparison, bob)
    await shared(database, comparison, gone)
    async with database.transaction() as db:
        await users.change(db, gone.user_id, disabled_at=clock.now())
    link = Caller.guest(ShareGrant(new_id(), comparison))
    those = {
        "owner": (ada, comparison),
        "shared with": (bob, comparison),
        "stranger": (eve, comparison),
        "disabled": (gone, comparison),
        "of what is deleted": (ada, deleted),
        "of what is not there": (ada, new_id()),
        "by a link that is none": (link, comparison),
    }
    answers = await asyncio.gather(
        *(readers.may_stay(reading(caller), key) for caller, key in those.values())
    )
    assert {who for who, stays in zip(those, answers, strict=True) if stays} == {"owner", "shared with"}


async def test_many_who_are_asked_about_at_once_are_two_queries(database: Database, readers: Readers) -> None:
    ada = await person(database, "ada")
    comparisons = [await compared(database, ada) for _ in range(20)]
    with asked() as statements:
        answers = await asyncio.gather(*(readers.may_stay(reading(ada), key) for key in comparisons))
    assert answers == [True] * 20
    assert len(reads(statements)) == 2
