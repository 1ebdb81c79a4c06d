"""Every metric there is, declared in one place on a registry of its own.

What each frame counts is kept as a plain number by who counts it, and asked for when somebody looks.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from backend.kit.unavailable import REASONS

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
USERS_ENDPOINTS: Final = "(users)"
"""As which provider all endpoints of users are counted: no endpoint of the server can have this name."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_UNMATCHED: Final = "unmatched"
_REQUEST_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
_TRANSACTION_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30)
_FIRST_TOKEN_SECONDS: Final = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30, 60, 120)
_LAG_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
_GROUP_ROWS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000)

# What alerts ask for is there from the start: an increase from nothing to one is none for Prometheus.
_REFUSALS_FROM_THE_START: Final = ("rate_limited", "queue_full", "budget_exceeded", "invalid_credentials")
_CODES_FROM_THE_START: Final = (1000, 1001, 1006, 1012, 4401, 4408)


class AskedCounter(Collector):
    """Kept elsewhere, by its label's values, or by () where there is no label."""

    def __init__(self, name: str, documentation: str, *labels: str, registry: CollectorRegistry) -> None:
        self._name, self._documentation, self._labels = name, documentation, labels
        self._ask: Callable[[], Mapping[tuple[str, ...], float]] = dict
        registry.register(self)

    def set_function(self, ask: Callable[[], Mapping[tuple[str, ...], float]]) -> None:
        self._ask = ask

    def collect(self) -> Iterable[Metric]:
        family = CounterMetricFamily(self._name, self._documentation, labels=self._labels)
        for values, count in self._ask().items():
            family.add_metric(values, count)
        yield family


@dataclass(frozen=True, slots=True)
class ProviderMetrics:
    """Of who answers; an end is counted once, whatever becomes of writing it down."""

    known: set[str]
    tries: Counter
    responses: Counter
    first_token_seconds: Histogram
    retries: Counter
    tokens: Counter
    cost: Counter
    unknown_costs: Counter
    waiting: Gauge

    @classmethod
    def declare(cls, registry: CollectorRegistry) -> Self:
        def counter(name: str, documentation: str, *labels: str) -> Counter:
            return Counter(f"bakeoff_{name}", documentation, labels, registry=registry)

        return cls(
            known=set(),
            tries=counter("provider_tries", "Tries to get an answer", "provider", "outcome"),
            responses=counter("responses", "Answers that have ended, and how", "provider", "outcome"),
            first_token_seconds=Histogram(
                "bakeoff_first_token_seconds",
                "Time from a request to a provider to the first piece of its answer",
                ("provider",),
                buckets=_FIRST_TOKEN_SECONDS,
                registry=registry,
            ),
            retries=counter("retries", "Tries that followed another, by why that had failed", "reason"),
            tokens=counter("tokens", "Tokens in questions and answers", "provider", "direction"),
            cost=counter("cost_dollars", "What answers have cost", "provider"),
            unknown_costs=counter("unknown_costs", "Answers of which nobody knows the cost", "provider"),
            waiting=Gauge(
                "bakeoff_calls_waiting", "Calls that wait for a place under their key", registry=registry
            ),
        )

    def know(self, configured: Mapping[str, bool]) -> None:
        """The server's own endpoints. There are only so many; those of users are counted as one."""
        self.known.update(configured)
        for name in [*(name for name, can_be_asked in configured.items() if can_be_asked), USERS_ENDPOINTS]:
            self.cost.labels(name)
            self.unknown_costs.labels(name)

    def label(self, name: str) -> str:
        return name if name in self.known else USERS_ENDPOINTS


@dataclass(frozen=True, slots=True)
class TurnMetrics:
    running: Gauge
    waiting: Gauge
    streams: Gauge

    @classmethod
    def declare(cls, registry: CollectorRegistry) -> Self:
        return cls(
            running=Gauge("bakeoff_turns_running", "Turns that are being answered", registry=registry),
            waiting=Gauge(
                "bakeoff_turns_waiting",
                "Turns in a line: for a place of their user's, or of the server's",
                ("place",),
                registry=registry,
            ),
            streams=Gauge("bakeoff_streams_running", "Answers that are being given", registry=registry),
        )


@dataclass(frozen=True, slots=True)
class RoomMetrics:
    open: Gauge
    members: Gauge
    events: AskedCounter
    deliveries: AskedCounter
    joins: AskedCounter

    @classmethod
    def declare(cls, registry: CollectorRegistry) -> Self:
        def asked(name: str, documentation: str, *labels: str) -> AskedCounter:
            return AskedCounter(f"bakeoff_room_{name}", documentation, *labels, registry=registry)

        return cls(
            open=Gauge("bakeoff_rooms_open", "Rooms that are open", registry=registry),
            members=Gauge("bakeoff_room_members", "Sockets in rooms, each once a room", registry=registry),
            events=asked("events", "Events of all rooms"),
            deliveries=asked("deliveries", "Events times those who were there to hear them"),
            joins=asked("joins", "Joins, by what who came was given", "given"),
        )


@dataclass(frozen=True, slots=True)
class DatabaseMetrics:
    transaction_seconds: Histogram
    unavailable: Counter
    group_rows: Histogram
    unwritten_rows: Gauge
    unwritten_age_seconds: Gauge

    @classmethod
    def declare(cls, registry: CollectorRegistry) -> Self:
        unavailable = Counter(
            "bakeoff_database_unavailable",
            "Readings and transactions that the database refused",
            ("reason",),
            registry=registry,
        )
        for reason in REASONS:
            unavailable.labels(reason)
        return cls(
            transaction_seconds=Histogram(
                "bakeoff_transaction_seconds",
                "Seconds of a committed transaction, waiting for its turn included",
                buckets=_TRANSACTION_SECONDS,
                registry=registry,
            ),
            unavailable=unavailable,
            group_rows=Histogram(
                "bakeoff_group_rows",
                "What one commit of running turns wrote: starts, pieces of text, ends",
                buckets=_GROUP_ROWS,
                registry=registry,
            ),
            unwritten_rows=Gauge(
                "bakeoff_unwritten_rows", "What has happened and is not on the record yet", registry=registry
            ),
            unwritten_age_seconds=Gauge(
                "bakeoff_unwritten_age_seconds", "How long the oldest of that waits", registry=registry
            ),
        )

    def refused(self, reason: str) -> None:
        self.unavailable.labels(reason).inc()


@dataclass(frozen=True, slots=True)
class HttpMetrics:
    requests: Counter
    seconds: Histogram
    live: Gauge
    refusals: Counter
    sockets_open: Gauge
    sockets_closed: Counter

    @classmethod
    def declare(cls, registry: CollectorRegistry) -> Self:
        refusals = Counter(
            "bakeoff_refusals",
            "Requests and commands that were refused, by the code in the answer",
            ("code",),
            registry=registry,
        )
        closed = Counter("bakeoff_sockets_closed", "Closed WebSockets", ("code",), registry=registry)
        for code in _REFUSALS_FROM_THE_START:
            refusals.labels(code)
        for number in _CODES_FROM_THE_START:
            closed.labels(number)
        return cls(
            requests=Counter(
                "bakeoff_requests", "Answered requests", ("method", "route", "status"), registry=registry
            ),
            seconds=Histogram(
                "bakeoff_request_seconds",
                "Time from a request to the end of its answer",
                ("method", "route"),
                buckets=_REQUEST_SECONDS,
                registry=registry,
            ),
            live=Gauge("bakeoff_live_exchanges", "Requests being answered now", registry=registry),
            refusals=refusals,
            sockets_open=Gauge("bakeoff_sockets_open", "WebSockets open now", registry=registry),
            sockets_closed=closed,
        )


@dataclass(frozen=True, slots=True)
class MachineMetrics:
    """The process itself is counted by the library."""

    loop_lag_seconds: Histogram
    disk_free_bytes: Gauge
    disk_size_bytes: Gauge

    @classmethod
    def declare(cls, registry: CollectorRegistry) -> Self:
        return cls(
            loop_lag_seconds=Histogram(
                "bakeoff_loop_lag_seconds",
                "How late the event loop was for something that was due, seen while turns run",
                buckets=_LAG_SECONDS,
                registry=registry,
            ),
            disk_free_bytes=Gauge(
                "bakeoff_disk_free_bytes", "Free where the data folder is", registry=registry
            ),
            disk_size_bytes=Gauge(
                "bakeoff_disk_size_bytes", "Size of the disk with the data folder", registry=registry
            ),
        )


@dataclass(frozen=True, slots=True)
class Metrics:
    registry: CollectorRegistry
    http: HttpMetrics
    turns: TurnMetrics
    providers: ProviderMetrics
    rooms: RoomMetrics
    database: DatabaseMetrics
    machine: MachineMetrics

    @classmethod
    def declare(cls, version: str) -> Self:
        registry = CollectorRegistry(auto_describe=True)
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)
        Info("bakeoff_build", "What runs here", registry=registry).info({"version": version})
        return cls(
            registry,
            HttpMetrics.declare(registry),
            TurnMetrics.declare(registry),
            ProviderMetrics.declare(registry),
            RoomMetrics.declare(registry),
            DatabaseMetrics.declare(registry),
            MachineMetrics.declare(registry),
        )

    def request_done(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """`route` is the pattern of the path, never the path: the number of series stays bounded."""
        known = method if method in _METHODS else "other"
        self.http.requests.labels(known, route or _UNMATCHED, status).inc()
        self.http.seconds.labels(known, route or _UNMATCHED).observe(seconds)

    def refused(self, code: str) -> None:
        """`code` is one of ours: it stands in the code of the program, never in what a client sends."""
        self.http.refusals.labels(code).inc()

    def socket_closed(self, code: int) -> None:
        self.http.sockets_closed.labels(code if 1000 <= code <= 4999 else "other").inc()

    def count_open_sockets(self, count: Callable[[], int]) -> None:
        self.http.sockets_open.set_function(count)

    def text(self) -> bytes:
        return generate_latest(self.registry)
