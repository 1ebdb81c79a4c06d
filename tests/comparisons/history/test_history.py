from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, text

from backend.accounts.callers import Caller
from backend.comparisons import history
from backend.comparisons.history_items import items
from backend.comparisons.tables import ComparisonRow
from backend.kit import clock
from backend.kit.db import Database
from tests.comparisons.history.looking import Filters, pages
from tests.comparisons.history.making import compared, person, shared

law = settings(
    deadline=None,
    max_examples=15,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture
async def ada(database: Database) -> Caller:
    return await person(database, "ada")


@pytest.fixture
async def bob(database: Database) -> Caller:
    return await person(database, "bob")


async def test_the_newest_comes_first_page_after_page(database: Database, ada: Caller) -> None:
    keys = [await compared(database, ada) for _ in range(7)]
    for limit in (1, 2, 7, 100):
        assert await pages(database, ada, limit=limit) == keys[::-1]


async def test_what_was_shared_stands_among_ones_own(database: Database, ada: Caller, bob: Caller) -> None:
    keys = []
    for number in range(6):
        keys.append(await compared(database, ada if number % 2 else bob))
        if number % 2:
            await shared(database, keys[-1], bob, "editor")
    assert await pages(database, bob, limit=2) == keys[::-1]
    assert await pages(database, ada, limit=2) == [keys[5], keys[3], keys[1]]
    async with database.reading() as db:
        shown = await items(db, bob, keys[:2])
    assert [(item.access, item.owner) for item in shown] == [("owner", None), ("editor", "ada@example.org")]


async def test_an_item_says_what_there_is(database: Database, ada: Caller) -> None:
    key = await compared(database, ada, "p" * 400, title="Title", tagged=["b", "a"])
    async with database.reading() as db:
        (item,) = await items(db, ada, [key])
    assert (item.title, item.prompt) == ("Title", "p" * 299 + "…")
    assert (item.models, item.lane_count, item.turn_count) == (("lab/one", "lab/two"), 2, 1)
    assert (item.tags, item.status, item.access) == (("a", "b"), "completed", "owner")
    assert (item.total_tokens, item.total_cost, item.average_response_time) == (14, 0.25, 100.0)


async def test_a_list_can_be_narrowed(database: Database, ada: Caller) -> None:
    plain = await compared(database, ada)
    failed = await compared(database, ada, status="failed", tagged=["work"])
    other = await compared(database, ada, answers={"lab/three": ""}, tagged=["work", "play"])
    gone = await compared(database, ada, deleted_at=clock.now())
    for filters, keys in (
        (Filters(), [other, failed, plain]),
        (Filters(status="failed"), [failed]),
        (Filters(tag="work"), [other, failed]),
        (Filters(tag="work", status="completed"), [other]),
        (Filters(model="lab/one"), [failed, plain]),
        (Filters(model="lab/nothing"), []),
        (Filters(since=failed), [other, failed]),
        (Filters(until=failed), [plain]),
        (Filters(since=failed, until=failed), []),
        (Filters(deleted=True), [gone]),
        (Filters(deleted=True, tag="work"), []),
    ):
        assert await pages(database, ada, filters, limit=1) == keys, filters


async def test_a_page_of_what_is_rare_ends_in_time_and_the_next_goes_on(
    database: Database, ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_FIRST_LOOK", 2)
    monkeypatch.setattr(history, "_STEP", 2)
    rare = [await compared(database, ada, tagged=["rare"] if number == 1 else []) for number in range(9)][1]
    async with database.reading() as db:
        page = await history.listed(db, ada, Filters(tag="rare"), None, 1, patience=0)
    assert (list(page.ids), page.next is None) == ([], False)
    assert await pages(database, ada, Filters(tag="rare"), limit=1) == [rare]
    assert await pages(database, ada, Filters(tag="rare"), limit=1, patience=60) == [rare]


@pytest.mark.parametrize("narrow", [Filters(tag="rare"), Filters(model="lab/rare"), Filters(status="failed")])
async def test_what_is_rare_is_found_among_ones_own_and_what_was_shared_alone(
    database: Database, ada: Caller, bob: Caller, monkeypatch: pytest.MonkeyPatch, narrow: Filters
) -> None:
    monkeypatch.setattr(history, "_FIRST_LOOK", 2)
    monkeypatch.setattr(history, "_STEP", 2)

    async def made(owner: Caller, *, rare: bool) -> UUID:
        answers = {"lab/rare": "", "lab/one": ""} if rare else {"lab/one": ""}
        status, tagged = ("failed", ["rare"]) if rare else ("completed", [])
        return await compared(database, owner, answers=answers, status=status, tagged=tagged)

    hers = await made(ada, rare=True)
    theirs = await made(bob, rare=True)
    await shared(database, theirs, ada)
    for _ in range(3):
        await made(bob, rare=True)
        await made(ada, rare=False)
    for patience in (0, 60):
        assert await pages(database, ada, narrow, limit=1, patience=patience) == [theirs, hers]


async def test_an_offset_skips_what_would_be_shown(database: Database, ada: Caller) -> None:
    keys = [await compared(database, ada, tagged=["even"] if number % 2 == 0 else []) for number in range(8)]
    async with database.reading() as db:
        second = await history.listed(db, ada, Filters(), None, 2, offset=2)
        tagged = await history.listed(db, ada, Filters(tag="even"), None, 2, offset=1)
        last = await history.listed(db, ada, Filters(), None, 2, offset=7)
        beyond = await history.listed(db, ada, Filters(), None, 2, offset=9)
    assert list(second.ids) == [keys[5], keys[4]]
    assert list(tagged.ids) == [keys[4], keys[2]]
    assert (list(last.ids), last.next) == ([keys[0]], None)
    assert (list(beyond.ids), beyond.next) == ([], None)


async def test_few_are_counted_and_many_are_not(
    database: Database, ada: Caller, bob: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await compared(database, ada)
    await compared(database, bob)
    async with database.reading() as db:
        assert await history.count(db, ada) == 3
        monkeypatch.setattr(history, "COUNTED", 2)
        assert await history.count(db, ada) is None


@law
@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()), max_size=12),
    st.integers(1, 4),
)
async def test_pages_hold_exactly_what_may_be_seen_and_is_wanted(
    database: Database, made: list[tuple[bool, bool, bool, bool]], limit: int
) -> None:
    async with database.transaction() as db:
        await db.execute(delete(ComparisonRow))
        await db.execute(text("DELETE FROM users"))
    ada, bob = await person(database, "ada"), await person(database, "bob")
    keys = []
    for hers, is_shared, deleted, tagged in made:
        owner, other = (ada, bob) if hers else (bob, ada)
        at = clock.now() if deleted else None
        key = await compared(database, owner, answers={}, tagged=["mine"] if tagged else (), deleted_at=at)
        if is_shared:
            await shared(database, key, other)
        keys.append(key)
    seen = [(key, each) for key, each in zip(keys, made, strict=True) if (each[0] or each[1]) and not each[2]]
    assert await pages(database, ada, limit=limit) == [key for key, _ in seen][::-1]
    tagged_only = [key for key, each in seen if each[3]][::-1]
    assert await pages(database, ada, Filters(tag="mine"), limit=limit) == tagged_only


async def test_keys_carry_the_moment_by_which_a_list_is_narrowed(database: Database, ada: Caller) -> None:
    await compared(database, ada)
    hour = timedelta(hours=1)
    now = datetime.now(UTC)
    for since, shown in ((now - hour, 1), (now + hour, 0)):
        milliseconds = int(since.timestamp() * 1000)
        found = await pages(database, ada, Filters(since=UUID(int=milliseconds << 80)))
        assert len(found) == shown
