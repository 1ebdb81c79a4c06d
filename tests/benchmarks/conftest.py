"""What benchmarks keep for their next run goes elsewhere in tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks.harness import throwaway


@pytest.fixture
def kept() -> Iterator[Path]:
    with kept_elsewhere() as folder:
        yield folder


@pytest.fixture(scope="module")
def kept_for_all() -> Iterator[Path]:
    """As in runs that come one after another."""
    with kept_elsewhere() as folder:
        yield folder


@contextmanager
def kept_elsewhere() -> Iterator[Path]:
    """Where PostgreSQL can enter, which pytest's own folders do not let it."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        Path(folder).chmod(0o755)
        patch.setattr(throwaway, "FOLDER", Path(folder) / "kept")
        yield Path(folder) / "kept"
