"""What was there before a restore: kept beside it as a whole installation, never deleted."""

from datetime import datetime
from pathlib import Path

from backend.backups.house import House
from backend.kit.folders import keep_also, make_names_last


def make_aside(house: House, moment: datetime) -> Path:
    """A folder with all attachments and the secret; second names, so it costs no room."""
    aside = house.folder / f"before-restore-{moment:%Y%m%dT%H%M%S%fZ}"
    aside.mkdir(mode=0o700)
    for path in sorted(house.attachments.rglob("*")) if house.attachments.is_dir() else []:
        if path.is_file() and not path.is_symlink():
            place = aside / path.relative_to(house.folder)
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            keep_also(path, place)
    if house.secret_file.is_file():
        keep_also(house.secret_file, aside / house.secret_file.name)
    make_names_last(aside)
    make_names_last(house.folder)
    return aside
