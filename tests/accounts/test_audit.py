"""The audit log: written with the deed, read in pages, exported without formulas."""

import csv
import io
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.accounts import audit
from backend.accounts.audit import Actor, Entry
from backend.accounts.callers import Caller
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.ids import new_id
from tests.accounts.people import NOW
from tests.support.laws import law

ADA = Actor(new_id(), "ada@example.org", "203.0.113.7", "request-1")


async def test_a_note_says_who_did_what_to_whom_from_where(database: Database) -> None:
    before = clock.now()
    async with database.transaction() as db:
        await audit.note(db, ADA, "user.role_changed", "bob@example.org", before="member", after="admin")
    async with database.reading() as db:
        (entry,) = await audit.page(db)
    assert entry == Entry(
        entry.id,
        entry.at,
        ADA.user_id,
        "ada@example.org",
        "user.role_changed",
        "bob@example.org",
        "203.0.113.7",
        "request-1",
        {"before": "member", "after": "admin"},
    )
    assert before <= entry.at <= clock.now()


async def test_a_deed_that_does_not_come_about_leaves_no_note(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as db:
            await audit.note(db, ADA, "user.disabled", "bob@example.org")
            _ = 1 / 0
    async with database.reading() as db:
        assert await audit.page(db) == []


async def test_pages_follow_one_another_from_the_newest_on_while_more_is_written(database: Database) -> None:
    async with database.transaction() as db:
        for number in range(25):
            await audit.note(db, ADA, "key.saved", str(number))
    seen: list[str] = []
    before: UUID | None = None
    while True:
        async with database.reading() as db:
            entries = await audit.page(db, before=before, limit=10)
        if not entries:
            break
        seen += [entry.subject for entry in entries]
        before = entries[-1].id
        async with database.transaction() as db:
            await audit.note(db, ADA, "key.removed", "later")
    assert seen == [str(number) for number in reversed(range(25))]


async def test_a_page_can_be_of_one_person_or_one_action(database: Database) -> None:
    bob = Actor(new_id(), "bob@example.org")
    async with database.transaction() as db:
        await audit.note(db, ADA, "key.saved", "1")
        await audit.note(db, bob, "key.saved", "2")
        await audit.note(db, bob, "key.removed", "3")
    async with database.reading() as db:
        of_bob = await audit.page(db, user_id=bob.user_id)
        saved = await audit.page(db, action="key.saved")
    assert [entry.subject for entry in of_bob] == ["3", "2"]
    assert [entry.subject for entry in saved] == ["2", "1"]


async def test_what_a_client_says_of_itself_does_not_fill_the_disk(database: Database) -> None:
    async with database.transaction() as db:
        await audit.note(db, Actor(None, "x" * 10_000, "a\0b", "y" * 10_000), "key.saved", "z" * 10_000)
    async with database.reading() as db:
        (entry,) = await audit.page(db)
    assert {len(entry.email), len(entry.subject), len(entry.request_id)} == {500}
    assert entry.address == "a�b"


def test_a_caller_is_an_actor() -> None:
    caller = Caller(new_id(), "ada@example.org", "admin", "cookie")
    assert Actor.of(caller, "203.0.113.7", "r") == Actor(caller.user_id, caller.email, "203.0.113.7", "r")


def entry(subject: str) -> Entry:
    return Entry(new_id(), NOW, None, "ada@example.org", "key.saved", subject, "", "", {"a": "ä"})


def cells(subject: str) -> list[str]:
    text = "".join(audit.csv_lines([entry(subject)]))
    header, row = csv.reader(io.StringIO(text, newline=""))
    assert header[0] == "at"
    return row


@pytest.mark.parametrize(
    "subject",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\0=1",
        "  =1",
        "\uff1d1",
        '=HYPERLINK("http://x","y")',
    ],
)
def test_no_cell_is_a_formula(subject: str) -> None:
    assert cells(subject)[3] == f"'{subject}"


@law
@given(st.text())
def test_any_text_survives_an_export_or_gets_an_apostrophe(subject: str) -> None:
    cell = cells(subject)[3]
    assert cell in {subject, f"'{subject}"}
    assert cell.lstrip(" ")[:1] not in {*"=+-@\t\r\n\0"}


def test_an_export_has_one_line_for_each_entry() -> None:
    lines = list(audit.csv_lines([entry("a"), entry("b,c"), entry('d"e')]))
    assert len(lines) == 4
    assert all(line.endswith("\r\n") for line in lines)
    assert cells("b,c")[6] == '{"a": "ä"}'
