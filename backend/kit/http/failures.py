"""Every exception of a route as the one error body. Litestar's own are translated here and nowhere else."""

import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar, cast

import msgspec
import structlog
from litestar import Request, Response
from litestar.enums import RequestEncodingType
from litestar.exceptions import HTTPException, SerializationException, ValidationException
from litestar.params import BodyKwarg, ParameterKwarg
from litestar.serialization import msgspec_hooks
from litestar.types import ExceptionHandlersMap

from backend.kit.application import ClientGoneError
from backend.kit.errors import (
    AppError,
    ErrorBody,
    FieldProblem,
    Invalid,
    NotFound,
    body_of,
    code_of,
    unexpected,
)
from backend.kit.field_problems import problem_at, problem_in
from backend.kit.http.answers import REFUSED
from backend.kit.http.request_ids import current_request_id
from backend.kit.unavailable import DatabaseUnavailable

log = structlog.get_logger()

AnyRequest = Request[Any, Any, Any]
E = TypeVar("E", bound=Exception)

_WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_CLIENT_LEFT: Final = "client disconnected prematurely"
_MISSING_PARAMETER: Final = re.compile(r"Missing required \w+ parameter '([^']+)'")

# Litestar's words for these name its own inner life.
_MESSAGES: Final[Mapping[int, str]] = {
    400: "The request cannot be understood.",
    405: "This address does not know that method.",
    413: "The body is larger than this server accepts.",
}


def exception_handlers() -> ExceptionHandlersMap:
    return {
        AppError: _noted(lambda _request, error: answer(error)),
        DatabaseUnavailable: _noted(_database_unavailable),
        HTTPException: _noted(_from_litestar),
        RecursionError: _noted(_perhaps_malformed),
        UnicodeDecodeError: _noted(_perhaps_malformed),
        Exception: _noted(_unexpected),
    }


def _noted(
    handler: Callable[[AnyRequest, E], Response[ErrorBody]],
) -> Callable[[AnyRequest, E], Response[ErrorBody]]:
    """Leaves the code where the log of requests finds it."""

    def handle(request: AnyRequest, error: E) -> Response[ErrorBody]:
        answered = handler(request, error)
        cast("dict[str, Any]", request.scope)[REFUSED] = answered.content.code
        return answered

    return handle


async def require_json(request: AnyRequest) -> None:
    """Before each request: Litestar takes any body for JSON whatever it says, and a form can be text/plain.

    A browser sends such a form to any site without asking; application/json it sends only after a preflight.
    It is no guard, because Litestar copies the whole handler for each call of one.
    """
    if request.method in _WITHOUT_BODY:
        return
    field = request.route_handler.parsed_fn_signature.parameters.get("data")
    body = field.kwarg_definition if field else None
    if field is None or not isinstance(body, BodyKwarg) or body.media_type != RequestEncodingType.JSON:
        return
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not re.fullmatch(r"application/[a-z0-9.-]+\+json", media_type):
        raise AppError("The body has to be application/json.", status=415, code="unsupported_media_type")
    _require_types(await request.body(), field.annotation)


def _require_types(body: bytes, wanted: Any) -> None:
    """To the letter: Litestar takes "1" for a number and 0 for false. What is no JSON it reports itself."""
    try:
        msgspec.json.decode(body, type=wanted)
    except msgspec.ValidationError as error:
        if _is_json(body):
            raise Invalid([problem_in(str(error))]) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def answer(error: AppError) -> Response[ErrorBody]:
    return Response(
        body_of(error, current_request_id()),
        status_code=error.status,
        headers=error.headers,
        media_type="application/json",
    )


def _database_unavailable(_request: AnyRequest, error: DatabaseUnavailable) -> Response[ErrorBody]:
    log.error("database.unavailable", reason=error.reason)
    message = "The database cannot answer at the moment. Please try again."
    return answer(AppError(message, status=503, code="database_unavailable", headers={"retry-after": "1"}))


def _unexpected(_request: AnyRequest, error: Exception) -> Response[ErrorBody]:
    if not isinstance(error, ClientGoneError):
        log.error("request.failed", exc_info=error)
    return answer(unexpected())


def _perhaps_malformed(request: AnyRequest, error: Exception) -> Response[ErrorBody]:
    """A body nested a thousand deep, or not UTF-8, raises these in the decoder; elsewhere they are bugs."""
    frames = [frame.f_globals.get("__name__") for frame, _ in traceback.walk_tb(error.__traceback__)]
    if frames and frames[-1] == msgspec_hooks.__name__:
        return answer(_malformed())
    return _unexpected(request, error)


def _malformed() -> AppError:
    return AppError("The body is not well-formed JSON.", code="body_malformed")


def _from_litestar(request: AnyRequest, error: HTTPException) -> Response[ErrorBody]:
    if error.detail == _CLIENT_LEFT:
        return answer(AppError("The client left before its request was complete.", code="client_left"))
    if error.status_code >= 500:
        return _unexpected(request, error)
    if isinstance(error, ValidationException):
        return answer(Invalid(list(_problems(request, error))))
    if isinstance(error.__cause__, SerializationException):
        return answer(_malformed())
    if error.status_code == 404:
        return answer(NotFound())
    return answer(
        AppError(
            _MESSAGES.get(error.status_code, error.detail),
            status=error.status_code,
            code=code_of(error.status_code),
            headers=error.headers,
        )
    )


def _problems(request: AnyRequest, error: ValidationException) -> Iterator[FieldProblem]:
    if missing := _MISSING_PARAMETER.match(error.detail):
        yield FieldProblem(field=missing[1], message="It is required.")
    for entry in error.extra if isinstance(error.extra, list) else ():
        key, message = entry.get("key", ""), entry["message"]
        if entry.get("source") == "body":
            yield _body_problem("" if key == "data" else key, message)
        else:
            yield FieldProblem(field=_wire_name(request, key), message=message)


def _body_problem(key: str, message: str) -> FieldProblem:
    if message == "'data'":  # the KeyError of a body that is not there
        return FieldProblem(field="", message="A body is required.")
    return problem_at(key, message)


def _wire_name(request: AnyRequest, key: str) -> str:
    field = request.route_handler.parsed_fn_signature.parameters.get(key)
    definition = field.kwarg_definition if field else None
    if not isinstance(definition, ParameterKwarg):
        return key
    return definition.name or definition.query or definition.header or key
