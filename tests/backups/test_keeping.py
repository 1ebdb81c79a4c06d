"""A folder of backups: the newest of this installation stay, what others put there is never touched."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from backend.backups.keeping import name_at, remove_all_but
from tests.backups.archives import backup_of

OURS, THEIRS = UUID(int=1), UUID(int=2)


def named(hour: int) -> str:
    return name_at(datetime(2026, 11, 21, hour, tzinfo=UTC))


def test_the_newest_stay(tmp_path: Path) -> None:
    for hour in (9, 10, 11, 8):
        backup_of(tmp_path / named(hour), installation=str(OURS))
    gone = remove_all_but(2, tmp_path, OURS)
    assert [path.name for path in gone] == [named(8), named(9)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [named(10), named(11)]
    assert remove_all_but(2, tmp_path, OURS) == []


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    backup_of(tmp_path / named(1), installation=str(THEIRS))
    backup_of(tmp_path / "before the upgrade.tar", installation=str(OURS))
    backup_of(tmp_path / "elsewhere.tar", installation=str(OURS))
    (tmp_path / named(2)).write_bytes(b"somebody else's file of that name")
    (tmp_path / named(3)).symlink_to(tmp_path / "elsewhere.tar")
    (tmp_path / named(4)).mkdir()
    before = sorted(tmp_path.iterdir())
    for hour in (10, 11):
        backup_of(tmp_path / named(hour), installation=str(OURS))
    assert [path.name for path in remove_all_but(1, tmp_path, OURS)] == [named(10)]
    assert sorted(tmp_path.iterdir()) == sorted([*before, tmp_path / named(11)])
