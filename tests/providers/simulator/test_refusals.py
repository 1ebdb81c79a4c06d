"""What is refused, with each vendor's status, body and headers; and that nothing hostile gets further."""

import io
import json
from typing import Any

import aiohttp
import anthropic as anthropic_sdk
import openai as openai_sdk
import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from backend.providers.simulator.refusals import ANTHROPIC, OPENAI, Reason
from backend.providers.simulator.server import MAX_BODY, Simulator
from tests.providers.simulator.wire import CHAT, MESSAGES, PATHS, RESPONSES, body

FAST = "@pace:0@ttft:0"
HELLO = [{"role": "user", "content": "Hi"}]
EVERY_FORMAT = pytest.mark.parametrize("path", PATHS)
IMAGE = "data:image/png;base64,iVBORw0KGgo="


async def refused(http: aiohttp.ClientSession, path: str, raw: Any, **headers: str) -> tuple[int, Any, Any]:
    data = io.BytesIO(raw if isinstance(raw, bytes) else json.dumps(raw).encode())
    async with http.post(path, data=data, headers=headers) as response:
        answer = await response.json()
        return response.status, answer["error"], response.headers


def test_every_reason_has_its_words_at_both_vendors() -> None:
    assert set(OPENAI) == set(ANTHROPIC) == set(Reason)


@pytest.mark.parametrize(
    ("control", "status", "openai_type", "anthropic_type"),
    [
        ("401", 401, "invalid_request_error", "authentication_error"),
        ("429", 429, "requests", "rate_limit_error"),
        ("500", 500, "server_error", "api_error"),
        ("503", 503, "service_unavailable_error", "api_error"),
        ("529", 529, "overloaded_error", "overloaded_error"),
    ],
)
@EVERY_FORMAT
async def test_a_status_on_demand_has_the_vendors_body(
    http: aiohttp.ClientSession,
    path: str,
    control: str,
    status: int,
    openai_type: str,
    anthropic_type: str,
) -> None:
    found, error, headers = await refused(http, path, body(path, "swift@" + control))
    assert found == status
    assert error["type"] == (anthropic_type if path == MESSAGES else openai_type)
    assert headers["request-id" if path == MESSAGES else "x-request-id"].startswith("req_")
    assert "retry-after" not in headers


@pytest.mark.parametrize(
    ("control", "header", "value"),
    [("429:2", "retry-after", "2"), ("429-ms:1500", "retry-after-ms", "1500"), ("503:7", "retry-after", "7")],
)
async def test_when_to_retry_is_in_the_headers(
    http: aiohttp.ClientSession, control: str, header: str, value: str
) -> None:
    _, _, headers = await refused(http, CHAT, body(CHAT, "swift"), **{"x-simulate": control})
    assert headers[header] == value


async def test_only_the_first_requests_of_a_key_meet_the_fault(http: aiohttp.ClientSession) -> None:
    async def status(key: str) -> int:
        asked = body(CHAT, "swift@503@first:2" + FAST)
        async with http.post(CHAT, json=asked, headers={"authorization": f"Bearer {key}"}) as response:
            return response.status

    assert [await status("one") for _ in range(4)] == [503, 503, 200, 200]
    assert [await status("two") for _ in range(3)] == [503, 503, 200]


async def test_the_sdks_understand_every_refusal(openai: AsyncOpenAI, anthropic: AsyncAnthropic) -> None:
    with pytest.raises(openai_sdk.RateLimitError) as limited:
        await openai.chat.completions.create(model="swift@429:3", messages=HELLO)
    assert limited.value.code == "rate_limit_exceeded"
    assert limited.value.request_id
    with pytest.raises(openai_sdk.NotFoundError) as missing:
        await openai.responses.create(model="gpt-nothing", input="Hi")
    assert missing.value.code == "model_not_found"
    with pytest.raises(anthropic_sdk.NotFoundError) as unknown:
        await anthropic.messages.create(model="claude-nothing", max_tokens=9, messages=HELLO)
    assert "model: claude-nothing" in str(unknown.value)
    assert unknown.value.request_id
    with pytest.raises(anthropic_sdk.APIStatusError) as overloaded:
        await anthropic.messages.create(model="swift@529", max_tokens=9, messages=HELLO)
    assert overloaded.value.status_code == 529


@pytest.mark.parametrize(
    "more",
    [{"temperature": 0.5}, {"top_p": 0.5}, {"presence_penalty": 1}, {"max_tokens": 9}],
)
async def test_a_reasoning_model_names_the_parameter_that_it_refuses(
    openai: AsyncOpenAI, more: dict[str, Any]
) -> None:
    with pytest.raises(openai_sdk.BadRequestError) as error:
        await openai.chat.completions.create(model="sage" + FAST, messages=HELLO, **more)
    assert error.value.code == "unsupported_parameter"
    assert error.value.param == next(iter(more))
    answer = await openai.chat.completions.create(model="swift" + FAST, messages=HELLO, **more)
    assert answer.choices


async def test_a_model_that_does_not_reason_refuses_to(
    openai: AsyncOpenAI, anthropic: AsyncAnthropic
) -> None:
    with pytest.raises(openai_sdk.BadRequestError) as error:
        await openai.chat.completions.create(model="swift", messages=HELLO, reasoning_effort="low")
    assert error.value.param == "reasoning_effort"
    with pytest.raises(anthropic_sdk.BadRequestError, match="thinking"):
        await anthropic.messages.create(
            model="swift", max_tokens=9, messages=HELLO, thinking={"type": "adaptive"}
        )


@pytest.mark.parametrize("name", ["swift", "sage", "polyglot"])
async def test_images_go_only_where_they_are_taken(http: aiohttp.ClientSession, name: str) -> None:
    source = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    contents = {
        CHAT: ("messages", {"type": "image_url", "image_url": {"url": IMAGE}}),
        RESPONSES: ("input", {"type": "input_image", "image_url": IMAGE}),
        MESSAGES: ("messages", {"type": "image", "source": source}),
    }
    for path, (parameter, part) in contents.items():
        said = [{"role": "user", "content": [part]}]
        asked = body(path, name + FAST, **{parameter: said})
        async with http.post(path, json=asked) as response:
            assert response.status == (400 if name == "swift" else 200)


async def test_what_is_too_long_is_refused_as_each_vendor_does(http: aiohttp.ClientSession) -> None:
    text = "word " * 40_000
    status, error, _ = await refused(http, CHAT, body(CHAT, "swift", text))
    assert (status, error["code"]) == (400, "context_length_exceeded")
    status, error, _ = await refused(http, RESPONSES, body(RESPONSES, "swift", text))
    assert (status, error["code"], error["param"]) == (400, "context_length_exceeded", "input")
    status, error, _ = await refused(http, MESSAGES, body(MESSAGES, "swift", text))
    assert status == 400
    assert "prompt is too long: " in error["message"]
    status, error, _ = await refused(http, MESSAGES, body(MESSAGES, "swift", max_tokens=99_999))
    assert error["message"] == (
        "max_tokens: 99999 > 4096, which is the maximum allowed number of output tokens for swift"
    )


@pytest.mark.parametrize(
    ("more", "param", "code"),
    [
        ({"messages": []}, "messages", "empty_array"),
        ({"messages": "hello"}, "messages", "invalid_type"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content", "invalid_type"),
        ({"messages": [{"role": "king", "content": "x"}]}, "messages[0].role", "invalid_value"),
        ({"messages": [{"content": "x"}]}, "messages[0].role", "missing_required_parameter"),
        ({"temperature": 3}, "temperature", "invalid_value"),
        ({"stop": ["1", "2", "3", "4", "5"]}, "stop", "invalid_value"),
        ({"colour": "red"}, "colour", "unknown_parameter"),
        ({"model": "swift@nonsense"}, "model", "unknown_control"),
        ({"stream": False, "stream_options": {}}, "stream_options", "invalid_value"),
    ],
)
async def test_what_is_wrong_is_named(
    http: aiohttp.ClientSession, more: dict[str, Any], param: str, code: str
) -> None:
    status, error, _ = await refused(http, CHAT, body(CHAT, "swift") | more)
    assert (status, error["param"], error["code"]) == (400, param, code)


async def test_the_other_vendor_names_it_in_its_own_way(http: aiohttp.ClientSession) -> None:
    said = body(MESSAGES, "swift")
    missing = {key: value for key, value in said.items() if key != "max_tokens"}
    assert (await refused(http, MESSAGES, missing))[1]["message"] == "max_tokens: Field required"
    extra = await refused(http, MESSAGES, said | {"colour": 1})
    assert extra[1]["message"] == "colour: Extra inputs are not permitted"
    wrong = await refused(http, MESSAGES, said | {"messages": [{"role": "user", "content": 5}]})
    assert wrong[1]["message"].startswith("messages.0.content: Input should be ")
    _, error, _ = await refused(http, MESSAGES, said, **{"anthropic-version": ""})
    assert error["message"] == "anthropic-version: header is required"


def _nested(depth: int) -> bytes:
    return b'{"model":"swift","metadata":' + b"[" * depth + b"]" * depth + b"}"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"model":"\\ud800","messages":[]}',
        b'{"model":5}',
        b'{"model":null,"messages":null,"input":null}',
        _nested(900),
        _nested(100_000),
        b'{"model":"swift","messages":[{"role":"user","content":[{"type":{}}]}]}',
        b'{"model":"swift","stream":"yes"}',
    ],
    ids=range(13),
)
@EVERY_FORMAT
async def test_hostile_bodies_are_bad_requests(
    http: aiohttp.ClientSession, path: str, raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    status, error, _ = await refused(http, path, raw)
    assert status == 400
    assert error["type"] == "invalid_request_error"
    assert caplog.records == []


@EVERY_FORMAT
async def test_a_body_that_is_too_large_is_not_read_to_its_end(
    http: aiohttp.ClientSession, simulator: Simulator, path: str
) -> None:
    status, error, _ = await refused(http, path, b" " * (MAX_BODY + 1))
    assert status == 413
    assert error["message"]
    assert not simulator.requests


async def test_what_is_not_there_and_what_is_not_allowed(http: aiohttp.ClientSession) -> None:
    async with http.get("/openai/v1/nothing") as response:
        assert response.status == 404
        assert (await response.json())["error"]["code"] == "unknown_url"
    async with http.get(CHAT) as response:
        assert response.status == 405
        assert response.headers["allow"] == "POST"
    async with http.get("/anthropic/v1/models/nobody") as response:
        assert (await response.json())["error"]["type"] == "not_found_error"
