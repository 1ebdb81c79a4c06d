"""The smallest application around web pages made by hand; the journeys look at the real one."""

from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.router import Router

from backend.kit.http.negotiation import prefers_html
from backend.web.pages import WebPages


def create_app(dist: Path) -> Litestar:
    pages = WebPages.load(dist)

    @get("/", sync_to_thread=False)
    def root(request: Request[Any, Any, Any]) -> Response[Any]:
        if prefers_html(request.headers.get("accept", "")):
            return pages.index(request)
        return Response({"status": "ok", "service": "bakeoff"}, headers={"vary": "Accept"})

    def reference_for_browsers(request: Request[Any, Any, Any]) -> Response[bytes] | None:
        if request.scope["path"] == "/schema" and prefers_html(request.headers.get("accept", "")):
            return pages.reference(request)
        return None

    return Litestar(
        [root, *pages.handlers()],
        openapi_config=OpenAPIConfig(
            title="Bakeoff",
            version="0",
            render_plugins=[JsonRenderPlugin()],
            openapi_router=Router(
                "/schema", route_handlers=[], include_in_schema=False, before_request=reference_for_browsers
            ),
        ),
    )
