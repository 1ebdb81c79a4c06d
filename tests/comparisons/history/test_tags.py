from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.comparisons import tags
from backend.comparisons.history_items import items
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.errors import Invalid
from tests.comparisons.history.making import compared, person, shared
from tests.support.laws import law


@pytest.fixture
async def ada(database: Database) -> Caller:
    return await person(database, "ada")


def test_a_tag_is_in_lower_case_with_single_blanks() -> None:
    assert tags.normalised(["  Big\t Work ", "ÄPFEL", "big work", "A\u0308pfel"]) == ("big work", "äpfel")


@pytest.mark.parametrize("tag", ["", "   ", "x" * 51, "a\0b", "a\u0007", "\u202e", "\ud800"], ids=ascii)
def test_what_is_no_tag_is_named(tag: str) -> None:
    with pytest.raises(Invalid) as refused:
        tags.normalised(["fine", tag])
    assert [problem.field for problem in refused.value.details] == ["tags.1"]


def test_there_are_twenty_at_most_each_counted_once() -> None:
    assert len(tags.normalised([f"tag {number % 20}" for number in range(40)])) == 20
    with pytest.raises(Invalid):
        tags.normalised([f"tag {number}" for number in range(21)])


@law
@given(st.lists(st.text(max_size=60), max_size=25))
def test_tags_stay_as_they_are_once_they_are_normal(given_: list[str]) -> None:
    try:
        normal = tags.normalised(given_)
    except Invalid:
        return
    assert tags.normalised(normal) == normal


async def tags_of(db: AsyncSession, caller: Caller, *ids: UUID) -> list[tuple[str, ...]]:
    return [item.tags for item in await items(db, caller, ids)]


async def test_tags_take_the_place_of_those_before(database: Database, ada: Caller) -> None:
    key, other = await compared(database, ada, tagged=["a", "b"]), await compared(database, ada, tagged=["c"])
    for new, expected in ((("b", "z"), ("b", "z")), (("b", "z"), ("b", "z")), ((), ())):
        async with database.transaction() as db:
            await tags.put(db, key, new)
            assert await tags_of(db, ada, key, other) == [expected, ("c",)]


async def test_tags_are_counted_over_what_somebody_sees(database: Database, ada: Caller) -> None:
    bob = await person(database, "bob")
    await compared(database, ada, tagged=["work", "100% sure"])
    await compared(database, ada, tagged=["work", "war"])
    await compared(database, ada, tagged=["gone"], deleted_at=clock.now())
    seen = await compared(database, bob, tagged=["his"])
    await compared(database, bob, tagged=["secret"])
    await shared(database, seen, ada)
    async with database.reading() as db:
        assert await tags.counted(db, ada) == [("work", 2), ("100% sure", 1), ("his", 1), ("war", 1)]
        assert await tags.counted(db, ada, " W") == [("work", 2), ("war", 1)]
        assert await tags.counted(db, ada, "100%") == [("100% sure", 1)]
        assert await tags.counted(db, ada, "%") == []
