"""The soak itself works: a small one, with a kill and a pause of the database, over real sockets."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from soak.__main__ import concluded
from soak.evidence import Evidence
from soak.facts import facts_of
from soak.report import Report
from tests.soak.conftest import SMALL


def test_everything_holds_although_the_server_was_killed_and_the_database_locked(evidence: Evidence) -> None:
    assert [verdict for verdict in evidence.verdicts() if verdict.broken] == []
    assert [evidence.weather.count(kind) for kind in ("kill", "pause", "end")] == [1, 1, 1]
    assert sum(line["event"] == "server.started" for line in evidence.lines) == 2


def test_people_did_what_people_do(evidence: Evidence) -> None:
    done = evidence.tally.done
    for what in (
        "comparisons",
        "turns",
        "frames",
        "sockets",
        "requests",
        "disturbances",
        "exports",
        "refreshes",
    ):
        assert done[what] > 0, what
    assert done["joins for the first time"] > 0
    assert evidence.delivered.ended
    assert len(evidence.facts.ledger) > 0
    assert {row["status"] for row in evidence.facts.responses.values()} & {"completed"}


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE payer_counters SET requests = requests + 1", "payer counters = ledger"),
        ("DELETE FROM ledger WHERE rowid IN (SELECT max(rowid) FROM ledger)", "reports = ledger"),
        (
            "UPDATE comparisons SET total_cost = total_cost + 1 WHERE response_count > 0",
            "totals of comparisons",
        ),
        ("UPDATE responses SET text = text || '.'", "delivered = stored"),
        ("UPDATE responses SET status = 'streaming'", "every response has ended"),
        ("DELETE FROM lanes", "no row refers to nothing"),
        ("DELETE FROM search_texts", "all that was said is in the index"),
    ],
)
async def test_a_database_that_was_changed_behind_the_back_is_found_out(
    evidence: Evidence, folder: Path, tmp_path: Path, statement: str, name: str
) -> None:
    copy = tmp_path / "bakeoff.db"
    with closing(sqlite3.connect(folder / "bakeoff.db")) as file, closing(sqlite3.connect(copy)) as other:
        file.backup(other)
        other.execute(statement)
        other.commit()
    broken = replace(evidence, facts=await facts_of(f"sqlite:///{copy}"))
    assert [verdict.name for verdict in broken.verdicts() if verdict.broken and verdict.name.startswith(name)]


def test_what_held_leaves_its_table_and_nothing_else(
    evidence: Evidence, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "left").mkdir()
    report = Report.of("native, SQLite", SMALL, evidence)
    assert concluded(report, tmp_path / "left", tmp_path / "results") == 0
    assert not (tmp_path / "left").exists()
    assert (tmp_path / "results" / "soak.md").read_text() in capsys.readouterr().out
    written = json.loads((tmp_path / "results" / "soak.json").read_text())
    assert written["done"]["faults: kill"] == 1
    assert {each["verdict"] for each in written["verdicts"]} == {"holds", "not judged"}


def test_what_is_broken_is_kept_and_the_exit_status_says_so(
    evidence: Evidence, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = replace(evidence, facts=replace(evidence.facts, chunks=7))
    report = Report.of("native, SQLite", SMALL, broken)
    assert concluded(report, tmp_path, tmp_path / "results") == 1
    said = capsys.readouterr().out
    assert f"kept in {tmp_path}." in said
    assert "7 chunks of responses that have ended" in said
    assert "BROKEN" in (tmp_path / "results" / "soak.md").read_text()
