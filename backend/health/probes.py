"""Measurements of the process and of the database, none of which can keep anyone waiting."""

import asyncio
import math
import shutil
import time
from pathlib import Path

import psutil
import structlog
from sqlalchemy.exc import SQLAlchemyError

from backend.kit.db import Database
from backend.kit.metrics import MachineMetrics
from backend.kit.unavailable import DatabaseUnavailable

log = structlog.get_logger()


class DatabaseProbe:
    """One ping at a time, shared by all who ask: a database that hangs collects no more of them."""

    def __init__(self, database: Database, patience: float = 1.5) -> None:
        self._database = database
        self._patience = patience
        self._ping: asyncio.Task[float | None] | None = None

    @property
    def kind(self) -> str:
        return self._database.name

    async def round_trip(self) -> float | None:
        """Milliseconds, or None when there is no answer in time."""
        if self._ping is None or self._ping.done():
            self._ping = asyncio.create_task(self._measure())
        ping = self._ping
        done, _ = await asyncio.wait({ping}, timeout=self._patience)
        if not done:
            # Not awaited: what hangs may hang in being cancelled too. The next to ask waits for it again.
            ping.cancel()
        return ping.result() if done and not ping.cancelled() else None

    async def _measure(self) -> float | None:
        try:
            return await self._database.ping()
        except (DatabaseUnavailable, SQLAlchemyError, OSError) as error:
            log.warning("database.unavailable", reason=str(error))
            return None


class ProcessProbe:
    def __init__(self) -> None:
        self._process = psutil.Process()
        self._process.cpu_percent()  # the first call only sets the mark that later ones measure from
        self._started = time.monotonic()

    def resident_bytes(self) -> int:
        return int(self._process.memory_info().rss)

    def cpu_percent(self) -> float:
        """Of one core, since this was last asked."""
        return float(self._process.cpu_percent())

    def uptime_seconds(self) -> float:
        return time.monotonic() - self._started


def measure_disk(metrics: MachineMetrics, folder: Path) -> None:
    """When somebody looks. A folder that is gone makes no other figure disappear."""

    def usage(part: str) -> float:
        try:
            return float(getattr(shutil.disk_usage(folder), part))
        except OSError:
            return math.nan

    metrics.disk_free_bytes.set_function(lambda: usage("free"))
    metrics.disk_size_bytes.set_function(lambda: usage("total"))
