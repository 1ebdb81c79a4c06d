"""What benchmarks keep for their next run goes elsewhere in tests."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks.harness import throwaway


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where PostgreSQL can enter, which pytest's own folders do not let it."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setattr(throwaway, "FOLDER", Path(folder) / "kept")
        yield Path(folder) / "kept"
