"""One application for all tests that only ask it something."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from backend.settings import Settings
from tests.support.asgi_server import served
from tests.support.trial import trial_app


@pytest.fixture(scope="session")
def trial_environ(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings of an application with a database of its own."""
    folder = tmp_path_factory.mktemp("trial")
    shutil.copyfile(migrated_sqlite, folder / "bakeoff.db")
    return {"BAKEOFF_DATA_DIR": str(folder), "BAKEOFF_MAX_BODY_BYTES": "1 KiB"}


@pytest.fixture(scope="session")
def client(trial_environ: dict[str, str]) -> Iterator[httpx2.Client]:
    with served(trial_app(Settings.load(trial_environ))) as asking:
        yield asking
