"""What vendors say when they refuse, as their servers send it, and what is made of it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer
from hypothesis import given
from hypothesis import strategies as st

from backend.providers.calling import Providers
from backend.providers.capabilities import Capabilities
from backend.providers.chat import Reasoning
from backend.providers.decoding import ChunkReader
from backend.providers.dialects import WIRE_FORMATS
from backend.providers.endpoints import Dialect, Endpoint, SdkName
from backend.providers.error_bodies import error_in_response, error_in_stream
from backend.providers.failures import FailureKind, ProviderError
from backend.providers.target import Target
from tests.support.laws import law
from tests.support.wires import KEY, ask

DIALECTS: Mapping[SdkName, Dialect] = {"openai": "chat", "anthropic": "messages"}


async def refused(
    providers: Providers, status: int, body: Any, sdk: SdkName = "openai", **headers: str
) -> ProviderError:
    """What a vendor's own SDK and we make of an answer that a real socket brought."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(
            status=status, body=content, headers={"content-type": "application/json", **named}
        )

    async with RawTestServer(answer) as server:
        endpoint = Endpoint("vendor", "Vendor", str(server.make_url("/")), sdk)
        with pytest.raises(ProviderError) as raised:
            await (await providers.sdks.get(sdk)).post(endpoint, KEY, "/somewhere", {})
    return raised.value


def said(message: str, **words: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": INVALID, "param": None, "code": None} | words}


INVALID = "invalid_request_error"


def typed(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


Case = tuple[int, Any, FailureKind | tuple[FailureKind, str]]
"""Status and body; then the kind, with the parameter if one was named."""

CASES: dict[str, Case] = {
    "openai-key": (401, said("Wrong key.", code="invalid_api_key"), "credentials"),
    "openai-quota": (429, said("Pay.", code="insufficient_quota"), "credentials"),
    "openai-limit": (429, said("Slower.", type="tokens", code="rate_limit_exceeded"), "rate_limited"),
    "openai-model": (404, said("No such model.", code="model_not_found"), "not_found"),
    "openai-parameter": (
        400,
        said("Unsupported.", param="temperature", code="unsupported_parameter"),
        ("refused", "temperature"),
    ),
    "openai-too-long": (
        400,
        said("Too long.", param="messages", code="context_length_exceeded"),
        ("context_too_long", "messages"),
    ),
    "openai-policy": (400, said("Not that.", code="content_policy_violation"), "content_filter"),
    "openai-country": (403, said("Not there.", code="unsupported_country_region_territory"), "credentials"),
    "openai-broken": (500, said("Sorry.", type="server_error"), "provider_error"),
    "openai-busy": (503, said("Later.", type="service_unavailable"), "overloaded"),
    "azure-deployment": (404, {"error": {"code": "DeploymentNotFound", "message": "None."}}, "not_found"),
    "azure-key": (401, {"error": {"code": "401", "message": "Wrong subscription key."}}, "credentials"),
    "azure-filter": (
        400,
        {
            "error": {
                "message": "Filtered.",
                "type": None,
                "param": "prompt",
                "code": "content_filter",
                "status": 400,
                "innererror": {"code": "ResponsibleAIPolicyViolation"},
            }
        },
        ("content_filter", "prompt"),
    ),
    "groq-size": (413, said("Too large.", type="tokens", code="rate_limit_exceeded"), "rate_limited"),
    "deepseek-balance": (402, said("Insufficient balance", type="unknown_error"), "credentials"),
    "openrouter-credits": (
        402,
        {"error": {"code": 402, "message": "More credits."}, "user_id": "u"},
        "credentials",
    ),
    "openrouter-upstream": (
        429,
        {"error": {"code": 429, "message": "Provider returned error", "metadata": {"raw": "busy"}}},
        "rate_limited",
    ),
    "xai-argument": (
        400,
        {"code": "Client specified an invalid argument", "error": "Argument not supported: stop"},
        "refused",
    ),
    "vllm-flat": (
        400,
        {
            "object": "error",
            "message": "Maximum context length is 4096.",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
        "context_too_long",
    ),
    "llamacpp-long": (
        400,
        {
            "error": {
                "code": 400,
                "message": "the request exceeds the available context size",
                "type": "exceed_context_size_error",
                "n_ctx": 4096,
            }
        },
        "context_too_long",
    ),
    "ollama-missing": (404, said('model "x" not found', type="api_error"), "not_found"),
    "lmstudio-text": (400, {"error": "Unrecognized argument: 'top_p'"}, ("refused", "top_p")),
    "gateway-page": (502, b"<html><h1>502 Bad Gateway</h1></html>", "provider_error"),
    "timeout": (408, said("Too slow."), "timeout"),
    "moved": (307, b"", "provider_error"),
    "anthropic-key": (401, typed("authentication_error", "Wrong key."), "credentials"),
    "anthropic-model": (404, typed("not_found_error", "model: x"), "not_found"),
    "anthropic-limit": (429, typed("rate_limit_error", "Slower."), "rate_limited"),
    "anthropic-too-long": (
        400,
        typed(INVALID, "prompt is too long: 9 tokens > 8 maximum"),
        "context_too_long",
    ),
    "anthropic-too-large": (413, typed("request_too_large", "Too large."), "context_too_long"),
    "anthropic-busy": (529, typed("overloaded_error", "Overloaded"), "overloaded"),
    "anthropic-broken": (500, typed("api_error", "Internal"), "provider_error"),
    "anthropic-slow": (504, typed("timeout_error", "Slow."), "timeout"),
}


# Who asks again gets the same answer from all others.
PASSING = {
    "openai-limit",
    "openai-broken",
    "openai-busy",
    "openrouter-upstream",
    "gateway-page",
    "timeout",
    "anthropic-limit",
    "anthropic-busy",
    "anthropic-broken",
    "anthropic-slow",
}


@pytest.mark.parametrize("name", CASES)
async def test_each_vendors_words_are_understood(name: str, providers: Providers) -> None:
    await understood(name, CASES[name], providers)


async def understood(name: str, case: Case, providers: Providers) -> None:
    status, body, kind = case
    error = await refused(providers, status, body, "anthropic" if name.startswith("anthropic") else "openai")
    assert (error.kind, error.parameter) == (kind if isinstance(kind, tuple) else (kind, None))
    assert error.retryable == (name in PASSING)
    assert error.status == status
    assert error.message
    assert "gave no reason" not in error.message or body == b""
    assert "{" not in error.message, "a message is prose, not a document"


@pytest.mark.parametrize(("sdk", "header"), [("openai", "x_request_id"), ("anthropic", "request_id")])
async def test_a_refusal_carries_what_support_asks_for(
    sdk: SdkName, header: str, providers: Providers
) -> None:
    error = await refused(providers, 500, b"", sdk, **{header: "req_7"})
    assert error.request_id == "req_7"
    assert error.message == "The provider answered with HTTP status 500 and gave no reason."


async def test_a_wait_that_is_asked_for_comes_along(providers: Providers) -> None:
    assert (await refused(providers, 429, b"", retry_after="7")).retry_after == 7
    assert (await refused(providers, 503, b"", retry_after_ms="250")).retry_after == 0.25
    assert (await refused(providers, 429, b"", retry_after="soon")).retry_after is None


@pytest.mark.parametrize(("status", "said", "retryable"), [(400, "true", True), (500, "false", False)])
async def test_a_server_that_says_whether_to_try_again_is_believed(
    status: int, said: str, retryable: bool, providers: Providers
) -> None:
    assert (await refused(providers, status, b"", x_should_retry=said)).retryable == retryable


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"5", b'""', b"{}", b'{"error":null}', b'{"error":[]}', b"\xff\xfe", b"[" * 50_000],
    ids=lambda body: repr(body[:12]),
)
@pytest.mark.parametrize("sdk", DIALECTS)
async def test_no_body_is_too_odd_to_be_told(sdk: SdkName, body: bytes, providers: Providers) -> None:
    error = await refused(providers, 418, body, sdk)
    assert (error.kind, error.status) == ("provider_error", 418)
    assert 0 < len(error.message) <= 300


@pytest.mark.parametrize("sdk", DIALECTS)
async def test_a_message_is_shown_in_part_when_it_is_a_page(sdk: SdkName, providers: Providers) -> None:
    async def answer(_request: web.BaseRequest) -> web.StreamResponse:
        message = f"{KEY.secret} was\n\n  refused: {'x' * 100_000}"
        return web.json_response(said(message), status=400)

    async with RawTestServer(answer) as server:
        endpoint = Endpoint("vendor", "Vendor", str(server.make_url("/")), sdk)
        told = await ask(providers, Target(endpoint, "some-model", DIALECTS[sdk], Capabilities()))

    assert told.error is not None
    assert told.error.message.startswith("*** was refused: xxx")
    assert len(told.error.message) == 500


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "type", "code", "param", "detail", "loc", "msg"]), inner
        )
    ),
    max_leaves=8,
)


@law
@given(st.integers(300, 599), st.dictionaries(st.text(), st.text(), max_size=2), JSON)
def test_any_document_is_a_refusal(status: int, headers: dict[str, str], body: Any) -> None:
    error = error_in_response(status, headers, body)
    assert error.status == status
    assert isinstance(error.message, str)
    assert error.message


@pytest.mark.parametrize(
    ("document", "kind", "status"),
    [
        ({"message": "Busy.", "type": "overloaded_error"}, "overloaded", None),
        ({"message": "Slow down.", "code": "rate_limit_exceeded"}, "rate_limited", None),
        ({"message": "Slow down.", "code": 429}, "rate_limited", 429),
        ({"message": "Gone.", "code": "502"}, "provider_error", 502),
        ({"message": "The context length is over.", "code": 400}, "context_too_long", 400),
        ("Something happened.", "provider_error", None),
        ({"message": None}, "provider_error", None),
        (["odd"], "provider_error", None),
    ],
)
def test_an_error_in_a_stream_is_sorted_by_word_and_number(
    document: Any, kind: FailureKind, status: int | None
) -> None:
    error = error_in_stream(json.dumps(document).encode())
    assert (error.kind, error.status) == (kind, status)
    assert error.message


# --- what no vendor should send

MORE: dict[str, Case] = {
    "fastapi-text": (401, {"detail": "Unauthorized"}, "credentials"),
    "fastapi-fields": (
        422,
        {
            "detail": [
                {"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}
            ]
        },
        ("refused", "seed"),
    ),
    "mistral-fields": (
        422,
        {
            "object": "error",
            "message": {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]},
            "type": "invalid_request_error",
        },
        ("refused", "seed"),
    ),
    "google-list": (
        404,
        [{"error": {"code": 404, "message": "No such model.", "status": "NOT_FOUND"}}],
        "not_found",
    ),
    "anthropic-extra": (400, typed(INVALID, "top_k: Extra inputs are not permitted"), ("refused", "top_k")),
    "anthropic-unsupported": (
        400,
        typed(INVALID, "`temperature` is not supported on this model."),
        ("refused", "temperature"),
    ),
    "anthropic-deprecated": (
        400,
        typed(INVALID, "`temperature` is deprecated for this model."),
        ("refused", "temperature"),
    ),
}


@pytest.mark.parametrize("name", MORE)
async def test_words_in_other_places_are_found(name: str, providers: Providers) -> None:
    await understood(name, MORE[name], providers)


async def test_half_a_character_in_a_message_can_still_be_passed_on(providers: Providers) -> None:
    error = await refused(providers, 400, b'{"error":{"message":"half: \\ud83d"}}')
    assert error.message.encode().decode().startswith("half: ")


@law
@given(st.binary() | JSON.map(lambda document: json.dumps(document).encode()))
def test_any_bytes_in_a_stream_are_an_error_of_ours(raw: bytes) -> None:
    assert error_in_stream(raw).message


@pytest.mark.parametrize(
    "raw",
    [b'"\xff"', b'{"message":"\xff"}', b'{"code":"\xc2\xb2"}', b'{"code":"%b"}' % (b"9" * 5000)],
    ids=["text", "message", "superscript", "digits"],
)
def test_the_oddest_bytes_in_a_stream_are_an_error_of_ours(raw: bytes) -> None:
    error = error_in_stream(raw)
    assert (error.kind, error.status) == ("provider_error", None)


@pytest.mark.parametrize("dialect", WIRE_FORMATS)
def test_an_event_that_is_nested_too_deeply_is_a_bad_stream(dialect: Dialect) -> None:
    reader = ChunkReader(WIRE_FORMATS[dialect].stream())
    assert reader.feed(b'data: {"type":"x","more":%b%b}\n\n' % (b"[" * 9000, b"]" * 9000), 1.0) == []
    assert reader.failure is not None
    assert reader.failure.kind == "bad_stream"


def test_a_message_of_megabytes_is_not_searched_to_its_end() -> None:
    """Searching it would stop everybody else for seconds."""
    error = error_in_response(400, {}, said("invalid " * 1_000_000))
    assert len(error.message) <= 10_000
    assert len(error_in_stream(json.dumps({"message": "x" * 5_000_000}).encode()).message) <= 10_000


def test_a_thought_that_is_none_is_passed_over() -> None:
    """Mistral's thoughts are parts of parts."""
    odd = b'["a",{"type":"text"},{"text":5},{"text":""},{"type":"text","text":"b"}]'
    event = b'{"choices":[{"delta":{"content":[{"type":"thinking","thinking":%b}]}}]}' % odd
    reader = ChunkReader(WIRE_FORMATS["chat"].stream())
    assert reader.feed(b"data: %b\n\n" % event, 1.0) == [Reasoning("b", 1.0)]
