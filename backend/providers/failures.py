"""How a provider can fail: a closed list of kinds, and the tables that sort vendors' words into it."""

import re
from typing import Final, Literal, TypeAlias

import msgspec

from backend.kit.redaction import Redactor

FailureKind: TypeAlias = Literal[
    "rate_limited",
    "credentials",
    "not_found",
    "refused",
    "context_too_long",
    "content_filter",
    "overloaded",
    "timeout",
    "unreachable",
    "bad_stream",
    "provider_error",
]

# What decoding raises for bytes that are no JSON, no UTF-8, or nested too deeply.
UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

_LONGEST_MESSAGE: Final = 500


class ProviderError(Exception):
    """A call that came to nothing, or broke off; `message` is the provider's, fit to be shown."""

    def __init__(
        self,
        kind: FailureKind,
        message: str,
        *,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        retryable: bool | None = None,
        parameter: str | None = None,
    ) -> None:
        super().__init__(kind)
        self.kind: FailureKind = kind
        self.message = message
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after
        """Seconds that the provider asks to wait."""
        self.retryable = kind in _WORTH_ANOTHER_TRY if retryable is None else retryable
        self.parameter = parameter
        """The name of the one parameter that was refused, in the provider's words."""

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"


_WORTH_ANOTHER_TRY: Final[frozenset[FailureKind]] = frozenset(
    {"rate_limited", "overloaded", "unreachable", "provider_error"}
)

_BY_WORD: Final[dict[str, FailureKind]] = {
    # OpenAI and those who speak its API: `code`, then `type`
    "context_length_exceeded": "context_too_long",
    "string_above_max_length": "context_too_long",
    "content_filter": "content_filter",
    "content_policy_violation": "content_filter",
    "invalid_prompt": "content_filter",
    "invalid_api_key": "credentials",
    "insufficient_quota": "credentials",
    "billing_hard_limit_reached": "credentials",
    "model_not_found": "not_found",
    "rate_limit_exceeded": "rate_limited",
    "tokens": "rate_limited",
    "requests": "rate_limited",
    "engine_overloaded": "overloaded",
    # Anthropic: `type`
    "authentication_error": "credentials",
    "permission_error": "credentials",
    "billing_error": "credentials",
    "not_found_error": "not_found",
    "request_too_large": "context_too_long",
    "rate_limit_error": "rate_limited",
    "overloaded_error": "overloaded",
    "timeout_error": "timeout",
}

_BY_STATUS: Final[dict[int, FailureKind]] = {
    400: "refused",
    401: "credentials",
    402: "credentials",
    403: "credentials",
    404: "not_found",
    405: "not_found",
    408: "timeout",
    409: "refused",
    410: "not_found",
    413: "context_too_long",
    422: "refused",
    429: "rate_limited",
    503: "overloaded",
    504: "timeout",
    529: "overloaded",
}

# Servers that refuse a long prompt with no word of their own for it say it in prose.
_TOO_LONG: Final = re.compile(
    r"maximum context length|context (?:length|window|size)|prompt is too long|too many (?:input )?tokens"
    r"|exceeds? the (?:available )?context|input is too long|reduce the length",
    re.IGNORECASE,
)

_NAMED_PARAMETER: Final = re.compile(
    r"(?:unsupported|unrecognized|unknown|unexpected|extra|invalid)[^:'\"`]{0,40}?(?:parameter|argument|field|value|keyword)s?"
    r"[^'\"`\w]{0,30}['\"`]?(?P<name>[A-Za-z_][\w.]*)['\"`]?",
    re.IGNORECASE,
)
# Anthropic names it first: `temperature` is not supported, top_k: Extra inputs are not permitted
_NAMED_FIRST: Final = re.compile(r"\s*['\"`]?(?P<name>[A-Za-z_][\w.]*)(?:['\"`]|:\s)")


def kind_of(status: int | None, words: tuple[str | None, ...], message: str) -> FailureKind:
    """The most exact word first; the status decides where no word does."""
    for word in words:
        if word and (kind := _BY_WORD.get(word)):
            return kind
    kind = _BY_STATUS.get(status or 0, "provider_error")
    if kind == "refused" and _TOO_LONG.search(message):
        return "context_too_long"
    return kind


def parameter_named_in(message: str) -> str | None:
    match = _NAMED_PARAMETER.search(message) or _NAMED_FIRST.match(message)
    return match["name"] if match else None


def cleaned(message: str, key: str | None) -> str:
    """Providers repeat the key they were given; some answer with a page of HTML."""
    text = Redactor([key] if key else []).text(" ".join(message.split()))
    return shortened(text, _LONGEST_MESSAGE)


def shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
