"""Every metric there is, declared in one place on a registry of its own."""

from collections.abc import Callable
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

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_UNMATCHED: Final = "unmatched"
_REQUEST_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
_TRANSACTION_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30)


@dataclass(frozen=True, slots=True)
class Metrics:
    registry: CollectorRegistry
    requests: Counter
    request_seconds: Histogram
    live_exchanges: Gauge
    sockets_open: Gauge
    sockets_closed: Counter
    transaction_seconds: Histogram
    provider_tries: Counter

    @classmethod
    def declare(cls, version: str) -> Self:
        registry = CollectorRegistry(auto_describe=True)
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)
        Info("bakeoff_build", "What runs here", registry=registry).info({"version": version})
        return cls(
            registry=registry,
            requests=Counter(
                "bakeoff_requests", "Answered requests", ("method", "route", "status"), registry=registry
            ),
            request_seconds=Histogram(
                "bakeoff_request_seconds",
                "Time from a request to the end of its answer",
                ("method", "route"),
                buckets=_REQUEST_SECONDS,
                registry=registry,
            ),
            live_exchanges=Gauge("bakeoff_live_exchanges", "Requests being answered now", registry=registry),
            sockets_open=Gauge("bakeoff_sockets_open", "WebSockets open now", registry=registry),
            sockets_closed=Counter(
                "bakeoff_sockets_closed", "Closed WebSockets", ("code",), registry=registry
            ),
            transaction_seconds=Histogram(
                "bakeoff_transaction_seconds",
                "Seconds of a committed transaction, waiting for its turn included",
                buckets=_TRANSACTION_SECONDS,
                registry=registry,
            ),
            provider_tries=Counter(
                "bakeoff_provider_tries", "Tries to get an answer", ("provider", "outcome"), registry=registry
            ),
        )

    def request_done(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """`route` is the pattern of the path, never the path: the number of series stays bounded."""
        known = method if method in _METHODS else "other"
        self.requests.labels(known, route or _UNMATCHED, status).inc()
        self.request_seconds.labels(known, route or _UNMATCHED).observe(seconds)

    def socket_closed(self, code: int) -> None:
        self.sockets_closed.labels(code if 1000 <= code <= 4999 else "other").inc()

    def count_open_sockets(self, count: Callable[[], int]) -> None:
        self.sockets_open.set_function(count)

    def text(self) -> bytes:
        return generate_latest(self.registry)
