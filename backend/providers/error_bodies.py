"""The JSON in which vendors say what went wrong: nearly the same everywhere, also in mid-stream."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from backend.kit import clock
from backend.providers.failures import UNREADABLE, ProviderError, kind_of, parameter_named_in, shortened
from backend.providers.retry_after import retry_after

_SHOWN = 300
# Looking for words in megabytes would stop everybody else for seconds.
_LOOKED_AT: Final = 10_000

_STATUS: Final = re.compile(r"[1-5]\d\d", re.ASCII)


class SaidError(msgspec.Struct):
    message: str | None = None
    type: str | None = None
    code: str | int | float | None = None
    param: str | None = None


_decode = msgspec.json.Decoder(SaidError | str)


def error_in_stream(raw: bytes) -> ProviderError:
    """Nothing is tried again after a piece of the answer has come, and before that only what may pass."""
    try:
        said = _decode.decode(raw)
    except UNREADABLE:
        said = raw[:_SHOWN].decode("utf-8", "backslashreplace")
    error = SaidError(said) if isinstance(said, str) else said
    # OpenRouter and vLLM put an HTTP status where OpenAI has a word.
    code = str(error.code or "")
    status = int(code) if _STATUS.fullmatch(code) else None
    message = _readable(error.message) or "The provider broke off with an error and gave no reason."
    return ProviderError(kind_of(status, (code, error.type), message), message, status=status)


def error_in_response(status: int, headers: Mapping[str, str], body: object) -> ProviderError:
    """`body` is what a SDK made of it: the error object, the whole document, text, or nothing."""
    said = _said(body)
    nothing = f"The provider answered with HTTP status {status} and gave no reason."
    message = _readable(said.message) or nothing
    kind = kind_of(status, (str(said.code), said.type), message)
    asked = headers.get("x-should-retry")
    may_pass = kind != "credentials" and (status in {408, 409, 429} or status >= 500)
    return ProviderError(
        kind,
        message,
        status=status,
        request_id=headers.get("x-request-id") or headers.get("request-id"),
        retry_after=retry_after(headers, clock.now()),
        retryable=may_pass if asked is None else asked == "true",
        parameter=said.param or (parameter_named_in(message) if kind == "refused" else None),
    )


def _said(body: object) -> SaidError:
    # Google's compatible endpoint puts it into a list.
    document: Any = body[0] if isinstance(body, list) and body else body
    while isinstance(document, Mapping) and isinstance(document.get("error"), Mapping | str):
        document = document["error"]
    match document:
        # FastAPI and those who build on it, and Mistral, who wraps it once more
        case {"detail": str(text)}:
            document = text
        case {"detail": [{"loc": [*_, str(field)], "msg": str(problem)}, *_]} | {
            "message": {"detail": [{"loc": [*_, str(field)], "msg": str(problem)}, *_]}
        }:
            return SaidError(f"{field}: {problem}", param=field)
    if isinstance(document, str):
        return SaidError(shortened(document, _SHOWN))
    try:
        return msgspec.convert(document, SaidError)
    except msgspec.ValidationError:
        return SaidError(shortened(str(body), _SHOWN)) if body else SaidError()


def _readable(message: str | None) -> str:
    """Half a character, as JSON can hold it, could be passed on to nobody."""
    return shortened(message or "", _LOOKED_AT).encode("utf-8", "replace").decode()
