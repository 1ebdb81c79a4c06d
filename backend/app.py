"""The one composition root: everything is built here, from top to bottom, and handed to who needs it.

Next: backend/health/routes.py
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, cast
from urllib.parse import urlsplit

from litestar import Litestar, Request, Response, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec

from backend.catalogue import routes as catalogue
from backend.catalogue.answer import ModelsAnswer
from backend.equipment import Plan, equipped, plan_of
from backend.health import routes as health
from backend.health.probes import DatabaseProbe, ProcessProbe
from backend.health.providers import ProviderStates
from backend.health.report import SERVICE, Vitals
from backend.health.schemas import ServiceStatus
from backend.installation.actions import remember_start
from backend.kit import clock
from backend.kit.application import Application, AsgiApp
from backend.kit.database_url import InvalidDatabaseUrl
from backend.kit.db import Database
from backend.kit.http.cors import Cors
from backend.kit.http.failures import exception_handlers, require_json
from backend.kit.http.forwarding import Forwarding
from backend.kit.http.head import HeadAsGet
from backend.kit.http.hosts import AllowedHosts, HostPolicy
from backend.kit.http.negotiation import prefers_html
from backend.kit.http.openapi import DOCUMENT_PATH, SCHEMA_PATH, ApiDocument, document_of, openapi_config
from backend.kit.http.request_log import RequestLog
from backend.kit.http.security_headers import SecurityHeaders
from backend.kit.metrics import Metrics
from backend.kit.proxies import TrustedProxies
from backend.kit.sockets import SocketTransport
from backend.kit.version import version
from backend.providers.admission import Outcome
from backend.providers.target import Target
from backend.settings import Settings, SettingsError
from backend.web.files import find_dist
from backend.web.pages import WebPages

AnyRequest = Request[Any, Any, Any]

_STATE = ResponseSpec(ServiceStatus, description="For API clients.", generate_examples=False)


def create_app(settings: Settings, transport: SocketTransport, metrics: Metrics | None = None) -> Application:
    """`metrics` when the server that carries the application counts into the same ones."""
    metrics = metrics or Metrics.declare(version())
    litestar = compose(settings, metrics, transport.open_sockets)
    return Application(
        asgi=guard(litestar, settings, metrics), sockets={}, socket_closed=metrics.socket_closed
    )


def schema_document(settings: Settings) -> bytes:
    """The OpenAPI document as a file. Nothing is opened for it, and no setting changes it."""
    return ApiDocument(compose(settings, Metrics.declare(version()), lambda: 0)).pretty


def compose(settings: Settings, metrics: Metrics, open_sockets: Callable[[], int]) -> Litestar:
    metrics.count_open_sockets(open_sockets)
    database = _open_database(settings, metrics)
    pages = WebPages.load(find_dist())
    plan = plan_of(settings)
    states = ProviderStates(plan.configured())
    vitals = Vitals(
        version=version(),
        database=DatabaseProbe(database),
        process=ProcessProbe(),
        providers=states,
        open_sockets=open_sockets,
        live_rooms=lambda: 0,
    )
    return Litestar(
        [_front_door(pages), *health.HANDLERS, *catalogue.HANDLERS, *pages.handlers()],
        lifespan=[_lifespan(database), _equip(plan, states, metrics)],
        dependencies={
            "api_document": Provide(_api_document, sync_to_thread=False),
            "database": Provide(lambda: database, sync_to_thread=False),
            "models_answer": Provide(_models_answer, sync_to_thread=False),
            "metrics": Provide(lambda: metrics, sync_to_thread=False),
            "vitals": Provide(lambda: vitals, sync_to_thread=False),
        },
        before_request=require_json,
        exception_handlers=exception_handlers(),
        openapi_config=openapi_config("Bakeoff", version(), _reference_for_browsers(pages)),
        request_max_body_size=settings.max_body_bytes,
        logging_config=None,
    )


def guard(litestar: Litestar, settings: Settings, metrics: Metrics) -> AsgiApp:
    """The first to see a request comes last."""
    public = urlsplit(settings.public_url).hostname if settings.public_url else None
    bound = "localhost" if settings.unix_socket else settings.host
    app: AsgiApp = HeadAsGet(cast("AsgiApp", litestar))
    app = Cors(app, frozenset(settings.cors_origins))
    app = AllowedHosts(app, HostPolicy.of(settings.allowed_hosts, bound=bound, public=public))
    app = RequestLog(app, metrics)
    app = SecurityHeaders(app)
    return Forwarding(app, TrustedProxies.parse(settings.trusted_proxies))


def _open_database(settings: Settings, metrics: Metrics) -> Database:
    try:
        return Database.open(settings.database_url.reveal(), metrics.transaction_seconds.observe)
    except InvalidDatabaseUrl as error:
        raise SettingsError([f"database_url: {error}"]) from None


def _equip(
    plan: Plan, states: ProviderStates, metrics: Metrics
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    def tried(target: Target, outcome: Outcome) -> None:
        metrics.provider_tries.labels(target.endpoint.name, outcome).inc()
        states.record(target.endpoint.name, outcome)

    @asynccontextmanager
    async def run(app: Litestar) -> AsyncIterator[None]:
        async with equipped(plan, tried) as equipment:
            app.state.equipment = equipment
            yield

    return run


def _models_answer(state: State) -> ModelsAnswer:
    answer: ModelsAnswer = state.equipment.models_answer
    return answer


def _lifespan(database: Database) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def run(_app: Litestar) -> AsyncIterator[None]:
        try:
            async with database.transaction() as db:
                await remember_start(db, version())
            yield
        finally:
            await database.close()

    return run


def _front_door(pages: WebPages) -> HTTPRouteHandler:
    @get("/", tags=["info"], responses={200: _STATE}, sync_to_thread=False)
    def front_door(request: AnyRequest) -> Response[Any]:
        """The state of the server, or the web page for a browser."""
        if prefers_html(request.headers.get("accept", "")):
            return pages.index(request)
        status = ServiceStatus(status="ok", timestamp=clock.now(), service=SERVICE, version=version())
        return Response(status, headers={"vary": "Accept"})

    return front_door


def _reference_for_browsers(pages: WebPages) -> Callable[[AnyRequest], Awaitable[Response[bytes] | None]]:
    async def before_schema(request: AnyRequest) -> Response[bytes] | None:
        path = request.scope["path"]
        if path == SCHEMA_PATH and prefers_html(request.headers.get("accept", "")):
            return pages.reference(request)
        if path not in {SCHEMA_PATH, DOCUMENT_PATH}:
            raise NotFoundException  # otherwise Litestar answers with a page of its own
        return None

    return before_schema


def _api_document(request: AnyRequest) -> ApiDocument:
    return document_of(request.app)
