"""From measurements to one word: well, degraded, or gone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from backend.health.probes import DatabaseProbe, ProcessProbe
from backend.health.providers import ProviderStates
from backend.health.schemas import Condition, Database, DatabaseKind, DetailedHealth, Memory, Provider
from backend.kit import clock

SERVICE: Final = "bakeoff"
_SLOW_MS: Final = 500


@dataclass(frozen=True, slots=True)
class Vitals:
    """Where the figures come from."""

    version: str
    database: DatabaseProbe
    process: ProcessProbe
    providers: ProviderStates
    open_sockets: Callable[[], int]
    live_rooms: Callable[[], int]


async def examine(vitals: Vitals) -> DetailedHealth:
    database = database_health(vitals.database.kind, await vitals.database.round_trip())
    providers = vitals.providers.all()
    return DetailedHealth(
        status=overall(database, providers),
        timestamp=clock.now(),
        service=SERVICE,
        version=vitals.version,
        uptime_seconds=round(vitals.process.uptime_seconds(), 1),
        database=database,
        providers=providers,
        memory=Memory(resident_bytes=vitals.process.resident_bytes()),
        cpu_percent=round(vitals.process.cpu_percent(), 1),
        open_sockets=vitals.open_sockets(),
        live_rooms=vitals.live_rooms(),
    )


def database_health(kind: str, round_trip_ms: float | None) -> Database:
    status: Condition = (
        "unavailable" if round_trip_ms is None else "degraded" if round_trip_ms > _SLOW_MS else "ok"
    )
    return Database(
        status=status,
        kind=msgspec.convert(kind, DatabaseKind),
        round_trip_ms=None if round_trip_ms is None else round(round_trip_ms, 3),
    )


def overall(database: Database, providers: tuple[Provider, ...]) -> Condition:
    """A provider that fails is a pity; without the database nothing works."""
    if database.status != "ok":
        return database.status
    failing = any(provider.configured and provider.last_outcome == "error" for provider in providers)
    return "degraded" if failing else "ok"
