"""The one composition root: everything is built here, from top to bottom, and handed to who needs it.

Next: backend/health/routes.py
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any, Final, cast
from urllib.parse import urlsplit

from litestar import Litestar, Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec

from backend.accounts import admin_routes, key_routes
from backend.accounts import routes as accounts
from backend.accounts.actions import forget_expired
from backend.accounts.credentials import Credentials
from backend.accounts.guards import needs, require_right
from backend.accounts.oidc import routes as oidc
from backend.attachments import routes as attachments
from backend.catalogue import routes as catalogue
from backend.comparisons import (
    estimate_routes,
    export_routes,
    history_routes,
    own_model_routes,
    run_routes,
    share_routes,
)
from backend.comparisons import routes as comparisons
from backend.dependencies import dependencies
from backend.entrance import cookies_of, entrance, first_owner_path, master_key
from backend.equipment import Plan, equipped, plan_of
from backend.health import routes as health
from backend.health.probes import DatabaseProbe, ProcessProbe, measure_disk
from backend.health.providers import ProviderStates
from backend.health.report import SERVICE, Vitals
from backend.health.schemas import ServiceStatus
from backend.health.watchers import Watchers, may_watch
from backend.installation.actions import remember_start
from backend.keyring import routes as keyring
from backend.kit import clock
from backend.kit.application import Application, AsgiApp, Scope
from backend.kit.database_url import InvalidDatabaseUrl
from backend.kit.db import Database
from backend.kit.http.cors import Cors
from backend.kit.http.failures import exception_handlers, require_json
from backend.kit.http.forwarding import Forwarding
from backend.kit.http.head import HeadAsGet
from backend.kit.http.hosts import AllowedHosts, HostPolicy
from backend.kit.http.litestar_app import MsgspecLitestar
from backend.kit.http.methods import methods_of
from backend.kit.http.negotiation import prefers_html
from backend.kit.http.openapi import DOCUMENT_PATH, SCHEMA_PATH, ApiDocument, openapi_config
from backend.kit.http.request_log import RequestLog
from backend.kit.http.security_headers import SecurityHeaders
from backend.kit.metrics import Metrics
from backend.kit.proxies import TrustedProxies
from backend.kit.sockets import Nowhere, SocketTransport
from backend.kit.version import version
from backend.limits.askers import Asker
from backend.limits.http import AddressLimit, hold_to
from backend.limits.memory import memory_buckets
from backend.limits.rules import KEY_REQUESTS, REQUESTS, Rule
from backend.providers.admission import Outcome
from backend.providers.target import Target
from backend.rooms.sockets import RoomSockets
from backend.settings import Settings, SettingsError
from backend.usage import budget_routes
from backend.usage import routes as reports
from backend.web.files import find_dist
from backend.web.pages import WebPages
from backend.workshop import Surroundings, workshop

AnyRequest = Request[Any, Any, Any]

_ASKED_BY_MONITORS: Final = frozenset({"/health", "/health/detailed", "/metrics"})

_FEATURES: Final = (
    *health.HANDLERS,
    *catalogue.HANDLERS,
    *accounts.HANDLERS,
    *oidc.HANDLERS,
    *key_routes.HANDLERS,
    *admin_routes.HANDLERS,
    *keyring.HANDLERS,
    *comparisons.HANDLERS,
    *run_routes.HANDLERS,
    *estimate_routes.HANDLERS,
    *export_routes.HANDLERS,
    *history_routes.HANDLERS,
    *own_model_routes.HANDLERS,
    *share_routes.HANDLERS,
    *reports.HANDLERS,
    *budget_routes.HANDLERS,
)

_STATE = ResponseSpec(ServiceStatus, description="For API clients.", generate_examples=False)


def create_app(settings: Settings, transport: SocketTransport, metrics: Metrics | None = None) -> Application:
    """`metrics` when the server that carries the application counts into the same ones."""
    metrics = metrics or Metrics.declare(version())
    litestar = compose(settings, metrics, transport)

    def welcome(url: str) -> tuple[str, ...]:
        path = litestar.state.first_owner_path
        return (
            (f"Nobody has an account yet. This link signs the owner in, once: {url}{path}",) if path else ()
        )

    def ending() -> None:
        litestar.state.workshop.studio.hub.dismiss_followers()

    def busy() -> bool:
        return bool(litestar.state.workshop.studio.conductor.running)

    return Application(
        asgi=guard(litestar, settings, metrics),
        sockets={"/ws": litestar.state.room_sockets},
        socket_closed=metrics.socket_closed,
        welcome=welcome,
        ending=ending,
        busy=busy,
    )


def schema_document(settings: Settings) -> bytes:
    """The OpenAPI document as a file. Nothing is opened for it, and no setting changes it."""
    return ApiDocument(compose(settings, Metrics.declare(version()), Nowhere())).pretty


def compose(settings: Settings, metrics: Metrics, transport: SocketTransport) -> Litestar:
    metrics.count_open_sockets(transport.open_sockets)
    database = _open_database(settings, metrics)
    pages = WebPages.load(find_dist())
    plan = plan_of(settings)
    states = ProviderStates(plan.configured())
    metrics.providers.know(plan.configured())
    measure_disk(metrics.machine, settings.data_dir)
    vitals = Vitals(
        version=version(),
        database=DatabaseProbe(database),
        process=ProcessProbe(),
        providers=states,
        open_sockets=transport.open_sockets,
        live_rooms=lambda: (
            litestar.state.workshop.house.hub.live_rooms if "workshop" in litestar.state else 0
        ),
    )
    litestar = MsgspecLitestar(
        [
            _front_door(pages),
            *_FEATURES,
            Router(
                "/", route_handlers=attachments.HANDLERS, request_max_body_size=settings.max_attachment_bytes
            ),
            *pages.handlers(),
        ],
        lifespan=[_lifespan(database), _furnish(settings, plan, database, states, metrics, transport)],
        dependencies=dependencies(database, metrics, vitals),
        before_request=_admission(settings.metrics, _key_rules(settings)),
        exception_handlers=exception_handlers(),
        openapi_config=openapi_config("Bakeoff", version(), _reference_for_browsers(pages)),
        request_max_body_size=settings.max_body_bytes,
        logging_config=None,
    )
    litestar.state.room_sockets = RoomSockets(
        lambda: litestar.state.workshop.house,
        hosts=_hosts(settings),
        proxies=TrustedProxies.parse(settings.trusted_proxies),
        scheme="https" if settings.tls_certificate else "http",
    )
    return litestar


def guard(litestar: Litestar, settings: Settings, metrics: Metrics) -> AsgiApp:
    """The first to see a request comes last."""
    app: AsgiApp = Credentials(
        cast("AsgiApp", litestar),
        cookies_of(settings),
        lambda: litestar.state.door,
        frozenset(settings.cors_origins),
    )
    app = HeadAsGet(app)
    if settings.requests_a_minute:
        rule = replace(REQUESTS, amount=settings.requests_a_minute)
        app = AddressLimit(app, memory_buckets(), rule, _ASKED_BY_MONITORS)
    app = Cors(app, frozenset(settings.cors_origins))
    app = AllowedHosts(app, _hosts(settings))
    app = RequestLog(app, metrics)
    app = SecurityHeaders(app)
    return Forwarding(app, TrustedProxies.parse(settings.trusted_proxies))


def _hosts(settings: Settings) -> HostPolicy:
    public = urlsplit(settings.public_url).hostname if settings.public_url else None
    bound = "localhost" if settings.unix_socket else settings.host
    return HostPolicy.of(settings.allowed_hosts, bound=bound, public=public)


def _open_database(settings: Settings, metrics: Metrics) -> Database:
    try:
        told = (metrics.database.transaction_seconds.observe, metrics.database.refused)
        return Database.open(settings.database_url.reveal(), *told)
    except InvalidDatabaseUrl as error:
        raise SettingsError([f"database_url: {error}"]) from None


def _furnish(
    settings: Settings,
    plan: Plan,
    database: Database,
    states: ProviderStates,
    metrics: Metrics,
    transport: SocketTransport,
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """What needs a running loop or the data folder: who may come in, and who can be asked."""

    def tried(target: Target, outcome: Outcome) -> None:
        metrics.providers.tries.labels(metrics.providers.label(target.endpoint.name), outcome).inc()
        states.record(target.endpoint.name, outcome)

    @asynccontextmanager
    async def run(app: Litestar) -> AsyncIterator[None]:
        master = master_key(settings)
        async with (
            entrance(settings, database, master, app.state.room_sockets.ended) as (door, relying_party),
            equipped(plan, tried, master) as equipment,
            workshop(
                settings,
                Surroundings(
                    database=database,
                    transport=transport,
                    door=door,
                    equipment=equipment,
                    master=master,
                    metrics=metrics,
                    tell=app.state.room_sockets.tell,
                ),
            ) as built,
        ):
            app.state.workshop = built
            app.state.door, app.state.relying_party = door, relying_party
            app.state.equipment = equipment
            app.state.first_owner_path = await first_owner_path(settings, database)
            yield

    return run


def _key_rules(settings: Settings) -> tuple[Rule, ...]:
    amount = settings.key_requests_a_minute
    return (replace(KEY_REQUESTS, amount=amount),) if amount else ()


def _admission(
    watchers: Watchers, key_rules: tuple[Rule, ...]
) -> Callable[[AnyRequest], Awaitable[Response[None] | None]]:
    buckets = memory_buckets()

    async def admit(request: AnyRequest) -> Response[None] | None:
        caller, scope = request.scope["state"].get("caller"), cast("Scope", request.scope)
        if caller is not None and caller.api_key_id:
            await hold_to(key_rules, Asker.of(None, caller), buckets, scope)
        if request.method == "OPTIONS":
            return methods_of(request)
        if not may_watch(watchers, request.route_handler.opt, scope):
            require_right(request)
        await require_json(request)
        return None

    return admit


def _lifespan(database: Database) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def run(_app: Litestar) -> AsyncIterator[None]:
        try:
            async with database.transaction() as db:
                await remember_start(db, version())
                await forget_expired(db, clock.now())
            yield
        finally:
            await database.close()

    return run


def _front_door(pages: WebPages) -> HTTPRouteHandler:
    @get("/", tags=["info"], opt=needs("anyone"), responses={200: _STATE}, sync_to_thread=False)
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
