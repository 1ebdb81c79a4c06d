from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace
from sqlalchemy import select

from backend.comparisons.copying import Copy, branch_of, copy_of, store_copy
from backend.comparisons.export.archive import Archive, archived, read
from backend.comparisons.importing import checked
from backend.comparisons.tables import ChunkRow, ComparisonRow, ResponseRow, SearchTextRow, TurnRow
from backend.kit.db import Database
from backend.kit.errors import AppError, Invalid
from backend.kit.ids import new_id
from tests.accounts.people import somebody
from tests.comparisons.export.example import EXAMPLE, FIRST, NOW, SECOND
from tests.support.archives import archives, content, document_of

a_few = settings(
    deadline=None,
    max_examples=8,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture
async def owner_id(database: Database) -> UUID:
    return (await somebody(database)).id


def imported(archive: Archive, owner_id: UUID) -> Copy:
    return copy_of(checked(document_of(archive, NOW)), owner_id, NOW, imported=True)


async def stored(database: Database, copy: Copy) -> Archive:
    async with database.transaction() as db:
        key = await store_copy(db, copy)
    async with database.reading() as db:
        return archived(await read(db, key))


async def row_of(database: Database, key: UUID) -> ComparisonRow:
    async with database.reading() as db:
        return (await db.execute(select(ComparisonRow.__table__).where(ComparisonRow.id == key))).one()


@a_few
@given(archive=archives())
async def test_what_was_exported_comes_back_with_the_same_content(
    database: Database, owner_id: UUID, archive: Archive
) -> None:
    back = await stored(database, imported(archive, owner_id))
    assert content(back) == content(archive)
    assert back.owner_id == owner_id
    assert {lane.id for lane in back.lanes}.isdisjoint(lane.id for lane in archive.lanes)
    assert content(await stored(database, imported(back, owner_id))) == content(archive)


async def test_an_import_shows_what_was_paid_elsewhere_and_says_that_it_came_as_a_file(
    database: Database, owner_id: UUID
) -> None:
    lying = replace(EXAMPLE, total_cost=9.0, total_tokens=9, response_count=99, status="failed")
    back = await stored(database, imported(lying, owner_id))
    assert (back.total_cost, back.total_tokens, back.unknown_costs) == (0.019393, 2244, 3)
    assert (back.response_count, back.completed_count, back.status) == (6, 4, "completed")
    row = await row_of(database, back.session_id)
    assert (row.imported_at, row.created_at, row.branched_from) == (NOW, NOW, None)
    assert row.total_cost == Decimal("0.019393")


async def test_a_branch_ends_at_its_turn_and_begins_at_no_cost(database: Database, owner_id: UUID) -> None:
    source = await stored(database, imported(EXAMPLE, owner_id))
    other = (await somebody(database, "bob@example.org")).id
    branch = await stored(database, branch_of(source, source.turns[0].id, other, NOW))
    assert len(branch.turns) == 1
    assert content(branch)["turns"] == content(source)["turns"][:1]
    assert content(branch)["lanes"] == content(source)["lanes"]
    assert (branch.total_cost, branch.total_tokens, branch.response_count) == (0.0, 0, 0)
    assert (branch.average_response_time, branch.status) == (None, "completed")
    row = await row_of(database, branch.session_id)
    assert (row.owner_id, row.branched_from, row.imported_at) == (other, source.session_id, None)


def test_a_branch_needs_a_turn_of_its_comparison() -> None:
    with pytest.raises(Invalid) as caught:
        branch_of(EXAMPLE, EXAMPLE.lanes[0].id, new_id(), NOW)
    assert [problem.field for problem in caught.value.details] == ["turnId"]


def test_a_branch_waits_for_answers_but_not_for_later_ones() -> None:
    streaming = replace(SECOND.responses[1], status="streaming", ended_at=None)
    running = replace(EXAMPLE, turns=(FIRST, replace(SECOND, responses=(streaming,))))
    with pytest.raises(AppError) as caught:
        branch_of(running, SECOND.id, new_id(), NOW)
    assert (caught.value.status, caught.value.code) == (409, "still_running")
    assert branch_of(running, FIRST.id, new_id(), NOW).id


async def test_what_was_running_in_a_file_is_running_nowhere(database: Database, owner_id: UUID) -> None:
    streaming = replace(SECOND.responses[1], status="streaming", ended_at=None)
    pending = replace(SECOND.responses[0], status="pending", text="", started_at=None, ended_at=None)
    running = replace(SECOND, responses=(pending, streaming), ended_at=None)
    back = await stored(database, imported(replace(EXAMPLE, turns=(FIRST, running)), owner_id))
    assert content(back)["turns"][0] == content(EXAMPLE)["turns"][0]
    for was, now in zip(running.responses, back.turns[1].responses, strict=True):
        assert (now.status, now.error_kind, now.ended_at) == ("interrupted", "stream_cut", NOW)
        assert now.text == was.text
    assert back.status == "failed"


async def test_what_waits_in_a_file_will_be_asked_by_its_new_owner(
    database: Database, owner_id: UUID
) -> None:
    pending = replace(SECOND.responses[0], status="pending", text="", started_at=None, ended_at=None)
    waiting = replace(SECOND, started=False, started_at=None, ended_at=None, responses=(pending,))
    back = await stored(database, imported(replace(EXAMPLE, turns=(FIRST, waiting)), owner_id))
    assert back.status == "pending"
    async with database.reading() as db:
        rows = await db.execute(
            select(TurnRow.asked_by, TurnRow.started_at)
            .where(TurnRow.comparison_id == back.session_id)
            .order_by(TurnRow.number)
        )
        assert [tuple(row) for row in rows] == [(None, FIRST.started_at), (owner_id, None)]


async def test_text_that_is_still_coming_is_in_the_archive(database: Database, owner_id: UUID) -> None:
    source = await stored(database, imported(EXAMPLE, owner_id))
    running = source.turns[1].responses[1]
    async with database.transaction() as db:
        row = await db.get_one(ResponseRow, running.id)
        row.status, row.text = "streaming", ""
        for number, text in enumerate(("Push to one, ", "then"), 1):
            db.add(ChunkRow(response_id=running.id, number=number, text=text, reasoning="r"))
    async with database.reading() as db:
        seen = archived(await read(db, source.session_id)).turns[1].responses[1]
    assert (seen.text, seen.reasoning) == ("Push to one, then", "rr")


async def test_a_timeline_that_cannot_be_read_costs_no_answer(database: Database, owner_id: UUID) -> None:
    source = await stored(database, imported(EXAMPLE, owner_id))
    first = source.turns[0].responses[0]
    async with database.transaction() as db:
        (await db.get_one(ResponseRow, first.id)).timeline = b"\x01rubbish"
    async with database.reading() as db:
        seen = archived(await read(db, source.session_id)).turns[0].responses[0]
    assert (seen.text, seen.timeline) == (first.text, ())


async def test_what_came_in_can_be_searched_for(database: Database, owner_id: UUID) -> None:
    back = await stored(database, imported(EXAMPLE, owner_id))
    texts = [each.id for turn in back.turns for each in turn.responses if each.text]
    async with database.reading() as db:
        known = await db.execute(select(SearchTextRow.kind, SearchTextRow.ref))
    assert sorted((kind, ref) for kind, ref in known) == sorted(
        [
            ("title", back.session_id),
            *(("prompt", turn.id) for turn in back.turns),
            *(("answer", ref) for ref in texts),
        ]
    )
