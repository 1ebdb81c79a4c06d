"""What the server says about itself, on the wire."""

from datetime import datetime
from typing import Literal

from backend.kit.wire import Answer

Condition = Literal["ok", "degraded", "unavailable"]
DatabaseKind = Literal["sqlite", "postgresql"]
Outcome = Literal["ok", "error"]


class Health(Answer, frozen=True):
    status: Literal["ok"]


class ServiceStatus(Answer, frozen=True):
    status: Literal["ok"]
    timestamp: datetime
    service: str
    version: str


class Database(Answer, frozen=True):
    status: Condition
    kind: DatabaseKind
    round_trip_ms: float | None


class Provider(Answer, frozen=True):
    name: str
    configured: bool
    last_outcome: Outcome | None  # nothing was asked of it yet


class Memory(Answer, frozen=True):
    resident_bytes: int


class DetailedHealth(Answer, frozen=True):
    status: Condition
    timestamp: datetime
    service: str
    version: str
    uptime_seconds: float
    database: Database
    providers: tuple[Provider, ...]
    memory: Memory
    cpu_percent: float
    open_sockets: int
    live_rooms: int


class Endpoint(Answer, frozen=True):
    method: str
    path: str
    summary: str


class ApiInfo(Answer, frozen=True):
    name: str
    version: str
    features: dict[str, bool]
    endpoints: tuple[Endpoint, ...]
