import asyncio
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import cast

import httpx2
import pytest

from backend.app import create_app
from backend.health.probes import DatabaseProbe, measure_disk
from backend.health.providers import ProviderStates
from backend.health.report import database_health, overall
from backend.kit.db import Database
from backend.kit.metrics import Metrics
from backend.kit.version import version
from backend.settings import Settings
from tests.support.asgi_server import served
from tests.support.trial import NoSockets

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def folder(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    result = tmp_path_factory.mktemp("health")
    shutil.copyfile(migrated_sqlite, result / "bakeoff.db")
    return result


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[httpx2.Client]:
    settings = Settings.load({"BAKEOFF_DATA_DIR": str(folder), "OPENAI_API_KEY": "k"})
    with served(create_app(settings, NoSockets()).asgi) as asking:
        yield asking


def test_health_is_one_word(client: httpx2.Client) -> None:
    response = client.get("/health")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_detailed_health_measures_the_parts(client: httpx2.Client) -> None:
    response = client.get("/health/detailed")
    body = response.json()

    assert response.status_code == 200
    assert body["status"] == "ok"
    assert body["database"]["kind"] == "sqlite"
    assert body["database"]["status"] == "ok"
    assert 0 < body["database"]["roundTripMs"] < 500
    assert body["providers"][:2] == [
        {"name": "openai", "configured": True, "lastOutcome": None},
        {"name": "anthropic", "configured": False, "lastOutcome": None},
    ]
    assert body["providers"][-1] == {"name": "simulator", "configured": False, "lastOutcome": None}
    assert body["memory"]["residentBytes"] > 10_000_000
    assert body["cpuPercent"] >= 0
    assert (body["openSockets"], body["liveRooms"]) == (3, 0)
    assert (body["service"], body["version"]) == ("bakeoff", version())
    assert body["uptimeSeconds"] >= 0
    assert datetime.fromisoformat(body["timestamp"]).tzinfo is not None


def test_the_front_door_tells_api_clients_the_state(client: httpx2.Client) -> None:
    response = client.get("/")
    body = response.json()

    assert set(body) == {"status", "timestamp", "service", "version"}
    assert (body["status"], body["service"], body["version"]) == ("ok", "bakeoff", version())
    assert "Accept" in response.headers["vary"]


def test_the_front_door_shows_browsers_a_page(client: httpx2.Client) -> None:
    assert client.get("/", headers=BROWSER).headers["content-type"].startswith(("text/html", "text/plain"))


def test_info_lists_the_endpoints_of_the_document(client: httpx2.Client) -> None:
    body = client.get("/api/info").json()
    paths = client.get("/schema/openapi.json").json()["paths"]

    assert (body["name"], body["version"]) == ("bakeoff", version())
    assert body["features"]["openai"] is True
    assert body["features"]["anthropic"] is body["features"]["simulator"] is False
    assert {endpoint["path"] for endpoint in body["endpoints"]} == set(paths)
    assert all(endpoint["summary"] for endpoint in body["endpoints"])


def test_metrics_are_prometheus_text(client: httpx2.Client) -> None:
    response = client.get("/metrics")

    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert f'bakeoff_build_info{{version="{version()}"}} 1.0' in response.text


def test_the_start_is_on_the_record_of_the_installation(client: httpx2.Client, folder: Path) -> None:
    with sqlite3.connect(folder / "bakeoff.db") as connection:
        rows = connection.execute("SELECT * FROM installation").fetchall()
    connection.close()

    assert version() in str(rows)


def test_a_database_that_is_gone_is_a_503_with_the_whole_report(folder: Path, tmp_path: Path) -> None:
    shutil.copyfile(folder / "bakeoff.db", tmp_path / "bakeoff.db")
    settings = Settings.load({"BAKEOFF_DATA_DIR": str(tmp_path)})
    with served(create_app(settings, NoSockets()).asgi) as client:
        for file in tmp_path.glob("bakeoff.db*"):
            file.write_bytes(b"this is no database" * 1000)
        response = client.get("/health/detailed")

        assert response.status_code == 503
        assert response.json()["status"] == "unavailable"
        assert response.json()["database"] == {"status": "unavailable", "kind": "sqlite", "roundTripMs": None}
        assert response.json()["memory"]["residentBytes"] > 0
        assert client.get("/health").status_code == 200


class HangingDatabase:
    """A database that takes a ping and never answers; not even when it is told to stop."""

    name = "postgresql"

    def __init__(self) -> None:
        self.pings = 0
        self.released = asyncio.Event()

    async def ping(self) -> float:
        self.pings += 1
        while not self.released.is_set():
            try:
                await self.released.wait()
            except asyncio.CancelledError:
                continue
        return 1.0


@asynccontextmanager
async def hanging() -> AsyncIterator[tuple[HangingDatabase, DatabaseProbe]]:
    database = HangingDatabase()
    yield database, DatabaseProbe(cast("Database", database), patience=0.05)
    database.released.set()
    await asyncio.sleep(0)


@pytest.mark.anyio
async def test_a_database_that_hangs_does_not_hang_the_report() -> None:
    async with hanging() as (database, probe), asyncio.timeout(1):
        answers = await asyncio.gather(*(probe.round_trip() for _ in range(20)))

        assert answers == [None] * 20
        assert database.pings == 1


@pytest.mark.anyio
async def test_a_database_that_answers_again_is_well_again() -> None:
    async with hanging() as (database, probe):
        assert await probe.round_trip() is None
        database.released.set()
        await probe.round_trip()

        assert await probe.round_trip() == 1.0


@pytest.mark.parametrize(
    ("milliseconds", "status"), [(0.2, "ok"), (900.0, "degraded"), (None, "unavailable")]
)
def test_a_slow_database_is_degraded_and_a_silent_one_is_gone(
    milliseconds: float | None, status: str
) -> None:
    assert database_health("sqlite", milliseconds).status == status


@pytest.mark.parametrize(
    ("calls", "status"),
    [
        ([], "ok"),
        ([("openai", "overloaded")], "degraded"),
        ([("openai", "credentials")], "degraded"),
        ([("anthropic", "timeout")], "ok"),
        ([("openai", "unreachable"), ("openai", "ok")], "ok"),
        ([("openai", "timeout"), ("openai", "cancelled"), ("openai", "refused")], "degraded"),
        ([("openai", "ok"), ("openai", "rate_limited"), ("openai", "content_filter")], "ok"),
    ],
)
def test_a_configured_provider_whose_last_call_failed_degrades(
    calls: list[tuple[str, str]], status: str
) -> None:
    states = ProviderStates({"openai": True, "anthropic": False})
    for name, came_to in calls:
        states.record(name, came_to)

    assert overall(database_health("sqlite", 1.0), states.all()) == status
    assert overall(database_health("sqlite", None), states.all()) == "unavailable"


def test_a_try_at_an_endpoint_of_a_user_leaves_nothing_behind() -> None:
    states = ProviderStates({"openai": True})
    for number in range(100):
        states.record(f"mine-{number}", "timeout")

    assert overall(database_health("sqlite", 1.0), states.all()) == "ok"
    assert states._outcomes == {}


def test_a_data_folder_that_is_gone_takes_no_other_figure_along(tmp_path: Path) -> None:
    metrics = Metrics.declare("1")
    folder = tmp_path / "data"
    folder.mkdir()
    measure_disk(metrics.machine, folder)
    there = metrics.text().decode()
    folder.rmdir()
    gone = metrics.text().decode()

    free = re.search(r"^bakeoff_disk_free_bytes (\S+)$", there, re.MULTILINE)
    size = re.search(r"^bakeoff_disk_size_bytes (\S+)$", there, re.MULTILINE)
    assert free
    assert size
    assert 0 < float(free[1]) < float(size[1])
    assert "bakeoff_disk_free_bytes NaN" in gone
    assert "bakeoff_build_info" in gone
