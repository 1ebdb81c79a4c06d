"""A shelf of its own for a test."""

from pathlib import Path

from backend.attachments.shelf import Shelf
from backend.kit.blobs import Blobs
from backend.kit.db import Database


def shelf_of(database: Database, folder: Path, *, largest: int = 1_000_000, unused: int = 3_000_000) -> Shelf:
    return Shelf(database, Blobs(folder / "attachments"), largest=largest, most_unused=unused)


def on_disk(folder: Path) -> list[str]:
    """Everything that is there, half written or whole."""
    return sorted(path.name for path in (folder / "attachments").rglob("*") if path.is_file())
