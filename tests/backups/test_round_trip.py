"""What went into a backup comes out of it: taken while answers stream, restored elsewhere, served again."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.kit.db import Database
from backend.usage.tables import LedgerRow
from tests.backups.archives import contents_of
from tests.backups.lived_in import lived_in
from tests.support.commands import bakeoff
from tests.support.databases import BOTH
from tests.support.postgres import Postgres
from tests.support.statements import rows
from tests.usage.test_counters import counted, rows_added_up

STILL = ("users", "comparisons", "turns", "lanes", "responses", "ledger", "attachments", "shares", "audit")


@pytest.fixture(params=BOTH)
def environs(request: pytest.FixtureRequest) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Of the installation that is backed up, and of the one that it is restored into."""
    if request.param == "sqlite":
        yield {}, {}
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.lent() as first, server.lent() as second:
        yield {"DATABASE_URL": first}, {"DATABASE_URL": second}


def url_of(environ: dict[str, str], folder: Path) -> str:
    return environ.get("DATABASE_URL", f"sqlite:///{folder / 'data' / 'bakeoff.db'}")


def row_counts(url: str) -> dict[str, int]:
    return {table: rows(url, f"SELECT count(*) FROM {table}")[0][0] for table in STILL}  # noqa: S608 - names of ours


async def entries_that_add_up(url: str) -> int:
    """Of the ledger; the counters are their sums."""
    database = Database.open(url)
    async with database.reading() as db:
        entries = (await db.scalars(select(LedgerRow))).all()
    assert await counted(database) == rows_added_up(entries)
    await database.close()
    return len(entries)


def test_everything_comes_back_as_it_was_while_answers_streamed(
    environs: tuple[dict[str, str], dict[str, str]], tmp_path: Path
) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    here.mkdir()
    file = tmp_path / "backup.tar"
    with lived_in(there, environs[0]) as lived:
        lived.fill()
        lived.stream()
        told, counts = lived.told(), row_counts(url_of(environs[0], there))
        seen = lived.answers(lived.slow)
        done = bakeoff(there, "backup", file, "--with-secret", environ=environs[0])
        assert (done.status, done.complained) == (0, ""), done
        after = lived.answers(lived.slow)
        assert lived.told() == told

    manifest = json.loads(contents_of(file)["manifest.json"])  # anybody can look into it
    done = bakeoff(here, "restore", file, environ=environs[1])
    assert (done.status, done.complained) == (0, ""), done
    assert "kept in" not in done.said
    assert row_counts(url_of(environs[1], here)) == counts
    assert {table: manifest["counts"][table] for table in STILL} == counts

    with lived_in(here, environs[1]) as restored:
        restored.sessions, restored.attachment = lived.sessions, lived.attachment
        restored.link, restored.slow = lived.link, lived.slow
        assert restored.told() == told
        kept = restored.answers(lived.slow)
    assert set(kept) == set(seen)
    for key, answer in kept.items():
        assert answer["status"] == "interrupted"
        assert answer["text"].startswith(seen[key]["text"])
        assert after[key]["text"].startswith(answer["text"])
        assert answer["cost"] > 0

    assert asyncio.run(entries_that_add_up(url_of(environs[1], here))) == counts["ledger"] + len(kept)
