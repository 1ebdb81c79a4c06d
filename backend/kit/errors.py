"""How a failure is said to a client: one exception that carries its status, one body.

Knows no web framework.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Final

import msgspec

from backend.kit import clock
from backend.kit.wire import Answer


class FieldProblem(Answer, frozen=True):
    """`field` is the path as the client wrote it, such as `lanes.0.modelId`; empty for the whole body."""

    field: str
    message: str


class ErrorBody(Answer, frozen=True, omit_defaults=True):
    """The body of every error."""

    status_code: int
    message: str
    error: str
    code: str
    timestamp: datetime
    request_id: str
    details: tuple[FieldProblem, ...] | msgspec.UnsetType = msgspec.UNSET


class AppError(Exception):
    """A failure whose message may be shown to the client."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str = "bad_request",
        details: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.details = tuple(details)
        self.headers = dict(headers or {})


class NotFound(AppError):  # noqa: N818 - reads as what it is
    """Missing and forbidden look the same."""

    def __init__(self, what: str = "There is nothing at this address.") -> None:
        super().__init__(what, status=404, code="not_found")


class Invalid(AppError):  # noqa: N818 - reads as what it is
    """Understood, but some fields cannot be used."""

    def __init__(self, details: Sequence[FieldProblem]) -> None:
        fields = ", ".join(problem.field for problem in details if problem.field)
        message = f"These fields cannot be used: {fields}." if fields else "The request cannot be used."
        super().__init__(message, status=422, code="validation_failed", details=details)


def unexpected() -> AppError:
    """Our own fault: the client learns nothing but the request id, the log has the rest."""
    message = "Something went wrong on our side. The request id leads us to it."
    return AppError(message, status=500, code="internal_error")


def body_of(error: AppError, request_id: str) -> ErrorBody:
    return ErrorBody(
        status_code=error.status,
        message=error.message,
        error=reason_phrase(error.status),
        code=error.code,
        timestamp=clock.now(),
        request_id=request_id,
        details=error.details or msgspec.UNSET,
    )


# As RFC 9110 names them; Python does so only from 3.13 on, and the code of an error hangs on the name.
_PHRASES: Final = {413: "Content Too Large", 422: "Unprocessable Content"}


def reason_phrase(status: int) -> str:
    if phrase := _PHRASES.get(status):
        return phrase
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def code_of(status: int) -> str:
    """The machine code of a status nobody gave a better name, such as `method_not_allowed`."""
    return reason_phrase(status).lower().replace(" ", "_").replace("-", "_").replace("'", "")
