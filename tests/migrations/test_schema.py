"""The migrations themselves, and the commands around them."""

import ast
import shutil
from pathlib import Path
from uuid import uuid4

from backend.kit import revisions, schema
from backend.kit.migrating import migrate
from tests.support.statements import rows, run

VERSIONS = revisions.FOLDER / "versions"


def _tables(url: str) -> set[str]:
    listing = "SELECT name FROM sqlite_master WHERE type = 'table'"
    if url.startswith("postgres"):
        listing = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    return {str(name) for (name,) in rows(url, listing)}


def _insert_installation(url: str) -> None:
    columns = "id, singleton, created_at, last_started_at, version"
    moment = "'2026-11-21 12:00:00+00'"
    run(url, f"INSERT INTO installation ({columns}) VALUES ('{uuid4()}', 1, {moment}, {moment}, '0.1.0')")  # noqa: S608 - ours


def test_up_down_up_with_rows(empty_url: str) -> None:
    for _ in range(2):
        migrate(empty_url)
        _insert_installation(empty_url)
        assert rows(empty_url, "SELECT version FROM installation") == [("0.1.0",)]
        schema.downgrade(empty_url, "base")
        assert _tables(empty_url) == {"alembic_version"}
    assert migrate(empty_url).changed


def test_every_step_goes_down_and_up_again(empty_url: str) -> None:
    migrate(empty_url)
    for step in reversed(["base", *revisions.known()[:-1]]):
        schema.downgrade(empty_url, step)
    for step in revisions.known():
        schema.upgrade(schema.parse(empty_url), step)
    assert schema.drift(empty_url) == []


def test_the_migrations_build_what_the_tables_say(empty_url: str) -> None:
    migrate(empty_url)
    assert schema.drift(empty_url) == []


def test_drift_is_found(empty_url: str) -> None:
    migrate(empty_url)
    run(empty_url, "ALTER TABLE installation ADD COLUMN extra INTEGER")
    assert ["extra" in difference for difference in schema.drift(empty_url)] == [True]


def test_revisions_are_numbered_in_a_straight_line() -> None:
    """The code trusts file names when it asks which revision is the newest."""
    previous = None
    for number, path in enumerate(sorted(VERSIONS.glob("[0-9]*.py")), start=1):
        assigned = {
            node.targets[0].id: ast.literal_eval(node.value)
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        assert path.name.partition("_")[0] == assigned["revision"] == f"{number:04}"
        assert assigned["down_revision"] == previous
        previous = assigned["revision"]
    assert previous == revisions.newest()


def test_a_new_revision_has_the_next_number_and_nothing_in_it_without_a_change(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(revisions.FOLDER, folder)
    written = schema.revise("Nothing at all", folder)
    assert written == folder / "versions" / f"{int(revisions.newest()) + 1:04}_nothing_at_all.py"
    body = written.read_text()
    assert "op." not in body
    assert f"down_revision = {revisions.newest()!r}" in body
