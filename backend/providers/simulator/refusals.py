"""Why a request is refused, and how each vendor says so: status, error type, message, parameter, code."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any, Final


class Reason(StrEnum):
    BAD_JSON = auto()
    WRONG_TYPE = auto()
    MISSING = auto()
    UNKNOWN_FIELD = auto()
    INVALID_VALUE = auto()
    EMPTY = auto()
    UNSUPPORTED = auto()
    TOO_LARGE = auto()
    TOO_LONG = auto()
    TOO_MANY_TOKENS = auto()
    NO_IMAGES = auto()
    UNKNOWN_MODEL = auto()
    UNKNOWN_PATH = auto()
    WRONG_METHOD = auto()
    UNKNOWN_FAULT = auto()
    NO_KEY = auto()
    BAD_KEY = auto()
    LIMITED = auto()
    FAILED = auto()
    UNAVAILABLE = auto()
    OVERLOADED = auto()


class Refused(Exception):  # noqa: N818 - it is the answer, not a failure of the simulator
    def __init__(
        self, reason: Reason, *, headers: Mapping[str, str] | None = None, **details: object
    ) -> None:
        self.reason = reason
        self.headers = dict(headers or {})
        self.details = details
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One vendor's words; the braces are filled from the details of the refusal."""

    status: int
    type: str
    message: str
    param: str | None = None
    code: str | None = None

    def filled(self, details: Mapping[str, object]) -> "Complaint":
        param = self.param and self.param.format_map(details)
        return Complaint(self.status, self.type, self.message.format_map(details), param, self.code)


_INVALID: Final = "invalid_request_error"

OPENAI: Final[Mapping[Reason, Complaint]] = {
    Reason.BAD_JSON: Complaint(
        400, _INVALID, "We could not parse the JSON body of your request. The server expected valid JSON."
    ),
    Reason.WRONG_TYPE: Complaint(
        400,
        _INVALID,
        "Invalid type for '{dotted}': expected {expected}, but got {got} instead.",
        "{dotted}",
        "invalid_type",
    ),
    Reason.MISSING: Complaint(
        400,
        _INVALID,
        "Missing required parameter: '{dotted}'.",
        "{dotted}",
        "missing_required_parameter",
    ),
    Reason.UNKNOWN_FIELD: Complaint(
        400, _INVALID, "Unknown parameter: '{dotted}'.", "{dotted}", "unknown_parameter"
    ),
    Reason.INVALID_VALUE: Complaint(
        400, _INVALID, "Invalid value for '{dotted}': {problem}.", "{dotted}", "invalid_value"
    ),
    Reason.EMPTY: Complaint(
        400,
        _INVALID,
        "Invalid '{dotted}': empty array. Expected an array with minimum length 1, but got an empty array"
        " instead.",
        "{dotted}",
        "empty_array",
    ),
    Reason.UNSUPPORTED: Complaint(
        400,
        _INVALID,
        "Unsupported parameter: '{dotted}' is not supported with this model.{instead}",
        "{dotted}",
        "unsupported_parameter",
    ),
    Reason.TOO_LARGE: Complaint(413, _INVALID, "Maximum content size limit ({limit}) exceeded."),
    Reason.TOO_LONG: Complaint(
        400,
        _INVALID,
        "This model's maximum context length is {limit} tokens. However, your messages resulted in {tokens}"
        " tokens. Please reduce the length of the messages.",
        "{dotted}",
        "context_length_exceeded",
    ),
    Reason.TOO_MANY_TOKENS: Complaint(
        400,
        _INVALID,
        "{dotted} is too large: {tokens}. This model supports at most {limit} completion tokens, whereas you"
        " provided {tokens}.",
        "{dotted}",
        "invalid_value",
    ),
    Reason.NO_IMAGES: Complaint(
        400, _INVALID, "Invalid content type. image_url is only supported by certain models.", "{dotted}"
    ),
    Reason.UNKNOWN_MODEL: Complaint(
        404,
        _INVALID,
        "The model `{model}` does not exist or you do not have access to it.",
        None,
        "model_not_found",
    ),
    Reason.UNKNOWN_PATH: Complaint(404, _INVALID, "Invalid URL ({method} {path})", None, "unknown_url"),
    Reason.WRONG_METHOD: Complaint(
        405,
        _INVALID,
        "Not allowed to {method} on {path}.",
        None,
        "method_not_supported",
    ),
    Reason.UNKNOWN_FAULT: Complaint(
        400,
        _INVALID,
        "The simulator knows no control '{fault}'. It knows: {known}.",
        "model",
        "unknown_control",
    ),
    Reason.NO_KEY: Complaint(
        401,
        _INVALID,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using"
        " Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
    ),
    Reason.BAD_KEY: Complaint(
        401, _INVALID, "Incorrect API key provided: {masked}.", None, "invalid_api_key"
    ),
    Reason.LIMITED: Complaint(
        429,
        "requests",
        "Rate limit reached for {model} on requests per min (RPM): Limit 3, Used 3, Requested 1.",
        None,
        "rate_limit_exceeded",
    ),
    Reason.FAILED: Complaint(
        500,
        "server_error",
        "The server had an error while processing your request. Sorry about that!",
    ),
    Reason.UNAVAILABLE: Complaint(
        503,
        "service_unavailable_error",
        "The engine is currently overloaded, please try again later.",
    ),
    Reason.OVERLOADED: Complaint(
        529,
        "overloaded_error",
        "That model is currently overloaded with other requests.",
        None,
        "overloaded",
    ),
}

ANTHROPIC: Final[Mapping[Reason, Complaint]] = {
    Reason.BAD_JSON: Complaint(400, _INVALID, "The request body is not valid JSON: {problem}"),
    Reason.WRONG_TYPE: Complaint(400, _INVALID, "{path}: Input should be {expected}"),
    Reason.MISSING: Complaint(400, _INVALID, "{path}: Field required"),
    Reason.UNKNOWN_FIELD: Complaint(400, _INVALID, "{path}: Extra inputs are not permitted"),
    Reason.INVALID_VALUE: Complaint(400, _INVALID, "{path}: {problem}"),
    Reason.EMPTY: Complaint(400, _INVALID, "{path}: at least one message is required"),
    Reason.UNSUPPORTED: Complaint(400, _INVALID, "`{path}` is not supported on this model.{instead}"),
    Reason.TOO_LARGE: Complaint(413, "request_too_large", "Request exceeds the maximum size"),
    Reason.TOO_LONG: Complaint(400, _INVALID, "prompt is too long: {tokens} tokens > {limit} maximum"),
    Reason.TOO_MANY_TOKENS: Complaint(
        400,
        _INVALID,
        "{path}: {tokens} > {limit}, which is the maximum allowed number of output tokens for {model}",
    ),
    Reason.NO_IMAGES: Complaint(400, _INVALID, "{path}: this model does not support image input"),
    Reason.UNKNOWN_MODEL: Complaint(404, "not_found_error", "model: {model}"),
    Reason.UNKNOWN_PATH: Complaint(404, "not_found_error", "Not Found"),
    Reason.WRONG_METHOD: Complaint(405, _INVALID, "Method Not Allowed"),
    Reason.UNKNOWN_FAULT: Complaint(
        400, _INVALID, "model: the simulator knows no control '{fault}'. It knows: {known}."
    ),
    Reason.NO_KEY: Complaint(401, "authentication_error", "x-api-key header is required"),
    Reason.BAD_KEY: Complaint(401, "authentication_error", "invalid x-api-key"),
    Reason.LIMITED: Complaint(
        429,
        "rate_limit_error",
        "This request would exceed your organization's rate limit of 3 requests per minute.",
    ),
    Reason.FAILED: Complaint(500, "api_error", "Internal server error"),
    Reason.UNAVAILABLE: Complaint(503, "api_error", "Service unavailable"),
    Reason.OVERLOADED: Complaint(529, "overloaded_error", "Overloaded"),
}


def openai_body(complaint: Complaint) -> dict[str, Any]:
    said = {
        "message": complaint.message,
        "type": complaint.type,
        "param": complaint.param,
        "code": complaint.code,
    }
    return {"error": said}


def anthropic_body(complaint: Complaint, request_id: str) -> dict[str, Any]:
    said = {"type": complaint.type, "message": complaint.message}
    return {"type": "error", "error": said, "request_id": request_id}
