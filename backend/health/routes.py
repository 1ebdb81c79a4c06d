"""Questions that monitors, scrapers and the web page ask about the server."""

from collections.abc import Iterator
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec

from backend.accounts.guards import needs
from backend.health.report import SERVICE, Vitals, examine
from backend.health.schemas import ApiInfo, DetailedHealth, Endpoint, Health
from backend.health.watchers import watched
from backend.kit.http.openapi import ApiDocument
from backend.kit.metrics import CONTENT_TYPE, Metrics

_GONE = ResponseSpec(DetailedHealth, description="The database does not answer.", generate_examples=False)


@get("/health", tags=["health"], opt=needs("anyone"), sync_to_thread=False)
def health() -> Health:
    """Whether the process answers at all; asks nothing of anybody."""
    return Health(status="ok")


@get(
    "/health/detailed",
    tags=["health"],
    opt={**needs("status.read"), **watched()},
    responses={503: _GONE},
)
async def detailed_health(vitals: NamedDependency[Vitals]) -> Response[DetailedHealth]:
    """How the database, the providers and the process are doing."""
    report = await examine(vitals)
    return Response(report, status_code=503 if report.status == "unavailable" else 200)


@get(
    "/metrics",
    tags=["health"],
    opt={**needs("metrics.read"), **watched()},
    media_type=CONTENT_TYPE,
    sync_to_thread=False,
)
def metrics(metrics: NamedDependency[Metrics]) -> bytes:
    """Counters and gauges for Prometheus."""
    return metrics.text()


@get("/api/info", tags=["info"], opt=needs("anyone"), sync_to_thread=False)
def api_info(vitals: NamedDependency[Vitals], api_document: NamedDependency[ApiDocument]) -> ApiInfo:
    """Name, version, features and endpoints of this server."""
    return ApiInfo(
        name=SERVICE,
        version=vitals.version,
        features=dict(vitals.providers.configured()),
        endpoints=tuple(_endpoints(api_document.value)),
    )


def _endpoints(document: dict[str, Any]) -> Iterator[Endpoint]:
    for path, item in sorted(document["paths"].items()):
        for method, operation in sorted(item.items()):
            yield Endpoint(method=method.upper(), path=path, summary=operation["summary"])


HANDLERS = (health, detailed_health, metrics, api_info)
