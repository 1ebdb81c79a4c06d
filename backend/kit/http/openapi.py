"""The OpenAPI document: what Litestar knows of the routes, made true about how this application fails."""

from functools import cached_property
from typing import Any, Final

import msgspec
from litestar import Litestar, Request
from litestar.enums import OpenAPIMediaType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.router import Router
from litestar.types import BeforeRequestHookHandler, Method

from backend.kit.errors import ErrorBody
from backend.kit.wire import require_all_that_is_said

SCHEMA_PATH: Final = "/schema"
DOCUMENT_PATH: Final = "/schema/openapi.json"

_ALSO: Final = "also_answers"
_TAKES_BYTES: Final = "takes_bytes"
_ERROR: Final = {"$ref": "#/components/responses/Error"}
_ANY_BYTES: Final = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_ANSWER_HEADERS: Final = {
    "X-Request-ID": {"description": "Names the request in the server's log.", "schema": {"type": "string"}}
}


class ApiDocument:
    """Built when it is first asked for: it costs more than the rest of the start."""

    def __init__(self, app: Litestar) -> None:
        self._app = app

    @cached_property
    def value(self) -> dict[str, Any]:
        document = self._app.openapi_schema.to_schema()
        schemas, components = _error_components()
        document.setdefault("components", {}).setdefault("schemas", {}).update(schemas)
        document["components"]["responses"] = components
        for item in document.get("paths", {}).values():
            for operation in item.values():
                _correct(operation)
        require_all_that_is_said(document["components"]["schemas"])
        _name_what_items_are(document)
        _name_other_answers(self._app, document)
        return document

    @cached_property
    def compact(self) -> bytes:
        return msgspec.json.encode(self.value, order="deterministic")

    @property
    def pretty(self) -> bytes:
        """For a file under version control: the same bytes for the same API."""
        return msgspec.json.format(self.compact, indent=2) + b"\n"


def document_of(app: Litestar) -> ApiDocument:
    """One for each application."""
    if "api_document" not in app.state:
        app.state.api_document = ApiDocument(app)
    document: ApiDocument = app.state.api_document
    return document


def openapi_config(title: str, version: str, before_schema: BeforeRequestHookHandler) -> OpenAPIConfig:
    """`before_schema` sees every request below /schema first and may answer it."""
    return OpenAPIConfig(
        title=title,
        version=version,
        use_handler_docstrings=True,
        operation_id_creator=_operation_id,
        render_plugins=[_DocumentPlugin()],
        openapi_router=Router(
            SCHEMA_PATH, route_handlers=[], include_in_schema=False, before_request=before_schema
        ),
    )


class _DocumentPlugin(OpenAPIRenderPlugin):
    """In place of the pages that Litestar would fetch from other people's servers."""

    def __init__(self) -> None:
        super().__init__(
            path=DOCUMENT_PATH.removeprefix(SCHEMA_PATH), media_type=OpenAPIMediaType.OPENAPI_JSON
        )

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002
        return document_of(request.app).compact


def _operation_id(handler: HTTPRouteHandler, _method: Method, _path: list[Any]) -> str:
    first, *rest = handler.handler_name.split("_")
    return first + "".join(word.title() for word in rest)


def _correct(operation: dict[str, Any]) -> None:
    """The handler's sentence is the summary. Validation answers 422, and whatever fails has one shape."""
    if sentence := operation.pop("description", None):
        operation["summary"] = sentence.split("\n\n")[0].replace("\n", " ").removesuffix(".")
    responses = operation.setdefault("responses", {})
    responses.pop("400", None)
    for response in responses.values():
        response.setdefault("headers", {}).update(_ANSWER_HEADERS)
    if operation.get("parameters") or operation.get("requestBody"):
        responses["422"] = _ERROR
    responses["default"] = _ERROR


def _name_what_items_are(part: Any) -> None:
    """Litestar takes the dots of `tuple[str, ...]` for a second type, which may be anything."""
    if isinstance(part, dict):
        choices = part.get("oneOf", ())
        if {} in choices:
            del part["oneOf"]
            part.update(next(choice for choice in choices if choice))
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            _name_what_items_are(each)


def also_answers(*media_types: str) -> dict[str, Any]:
    """For the `opt` of a route that answers in other formats too."""
    return {_ALSO: media_types}


def takes_bytes() -> dict[str, Any]:
    """For the `opt` of a route whose body is the bytes of a file."""
    return {_TAKES_BYTES: True}


def _name_other_answers(app: Litestar, document: dict[str, Any]) -> None:
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            for method in handler.http_methods:
                operation = document["paths"].get(route.path_format, {}).get(method.lower(), {})
                for media_type in handler.opt.get(_ALSO, ()):
                    operation["responses"]["200"]["content"][media_type] = {"schema": {"type": "string"}}
                if handler.opt.get(_TAKES_BYTES):
                    operation["requestBody"] = {"required": True, "content": _ANY_BYTES}


def _error_components() -> tuple[dict[str, Any], dict[str, Any]]:
    _, schemas = msgspec.json.schema_components([ErrorBody], ref_template="#/components/schemas/{name}")
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}}
    return schemas, {"Error": {"description": "Why not.", "headers": _ANSWER_HEADERS, "content": content}}
