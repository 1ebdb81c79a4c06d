"""What is sent: the bodies of each wire format as they leave, field by field."""

import base64
import dataclasses
import json
from typing import Any

import msgspec
import pytest

from backend.providers.calling import Providers
from backend.providers.capabilities import Capabilities
from backend.providers.chat import (
    Call,
    FilePart,
    ImagePart,
    Message,
    Parameters,
    ResponseFormat,
    TextPart,
    Tool,
    ToolCallPart,
    ToolResultPart,
    assistant,
    user,
)
from backend.providers.dialects import WIRE_FORMATS
from backend.providers.endpoints import ENDPOINTS, Dialect, Endpoint
from backend.providers.fitting import fit
from backend.providers.simulator.server import Simulator
from backend.providers.target import Target
from tests.support.wires import CHAT, COMPATIBLE, MESSAGES, RESPONSES, Wire, ask, quick, sent_bodies

MODEL = quick("polyglot")
PNG = b"\x89PNG\r\n\x1a\n\x00\xff"
PDF = b"%PDF-1.7\n\x00\xfe"
PNG_64 = base64.b64encode(PNG).decode()
PDF_64 = base64.b64encode(PDF).decode()
SCHEMA = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}
WEATHER = Tool("weather", "The weather at a place.", SCHEMA)
SHAPED = ResponseFormat("place", SCHEMA)
BY_NAME = {endpoint.name: endpoint for endpoint in ENDPOINTS}

HISTORY = Call(
    "", (user("Who are you?"), assistant("A model."), user("Which?")), system="Be brief.\n\u201eReally.\u201c"
)
ATTACHED = Call(
    "",
    (
        Message(
            "user",
            (
                TextPart("Look:"),
                ImagePart("image/png", PNG),
                FilePart("terms.pdf", "application/pdf", PDF),
                FilePart("notes.md", "text/markdown", "né\n".encode()),
            ),
        ),
    ),
)
CALLED = Call(
    "",
    (
        user("Weather?"),
        Message("assistant", (TextPart("Wait."), ToolCallPart("call_1", "weather", '{"place": "Wien"}'))),
        Message("user", (ToolResultPart("call_1", "7 °C"), TextPart("And tomorrow?"))),
    ),
)


def built(
    endpoint: Endpoint, dialect: Dialect, call: Call, parameters: Parameters | None = None, **takes: Any
) -> dict[str, Any]:
    """The body as it would be sent, for what the simulator refuses as its models would."""
    target = Target(endpoint, "some-model", dialect, Capabilities(**takes))
    if parameters is not None:
        call = dataclasses.replace(call, parameters=parameters)
    fitted = fit(call, target).call
    body: dict[str, Any] = json.loads(msgspec.json.encode(WIRE_FORMATS[dialect].body(fitted, target)))
    return body


async def sent(
    simulator: Simulator, providers: Providers, wire: Wire, call: Call, parameters: Parameters | None = None
) -> dict[str, Any]:
    """The body that came in at a server which takes no unknown field."""
    target = wire.target(simulator, MODEL, inputs=frozenset({"image", "pdf"}))
    told = await ask(providers, target, call=call, parameters=parameters)
    assert (told.error, told.heard.retries, told.answer.dropped) == (None, [], ())
    (body,) = sent_bodies(simulator)
    said: dict[str, Any] = json.loads(body)
    return said


@pytest.mark.parametrize(
    ("wire", "body"),
    [
        (
            CHAT,
            (
                '{"model":"swift@ttft:0@pace:0","messages":[{"role":"user","content":"é?"}],"stream":true,'
                '"stream_options":{"include_usage":true}}'
            ),
        ),
        (
            COMPATIBLE,
            '{"model":"swift@ttft:0@pace:0","messages":[{"role":"user","content":"é?"}],"stream":true}',
        ),
        (
            RESPONSES,
            (
                '{"model":"swift@ttft:0@pace:0","input":[{"role":"user","content":'
                '[{"type":"input_text","text":"é?"}]}],"stream":true,"store":false}'
            ),
        ),
        (
            MESSAGES,
            (
                '{"model":"swift@ttft:0@pace:0","max_tokens":4096,"messages":[{"role":"user","content":'
                '[{"type":"text","text":"é?"}]}],"stream":true}'
            ),
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Wire) else "",
)
async def test_a_plain_question_is_these_bytes_and_no_others(
    wire: Wire, body: str, simulator: Simulator, providers: Providers
) -> None:
    await ask(providers, wire.target(simulator, quick("swift")), call=Call("", (user("é?"),)))

    assert sent_bodies(simulator) == [body.encode()]
    (request,) = simulator.requests
    assert (request.method, request.path) == ("POST", wire.path)


async def test_a_history_with_a_system_prompt_in_chat(simulator: Simulator, providers: Providers) -> None:
    body = await sent(simulator, providers, CHAT, HISTORY)
    assert body["messages"] == [
        {"role": "system", "content": "Be brief.\n\u201eReally.\u201c"},
        {"role": "user", "content": "Who are you?"},
        {"role": "assistant", "content": "A model."},
        {"role": "user", "content": "Which?"},
    ]


async def test_a_history_with_a_system_prompt_in_responses(
    simulator: Simulator, providers: Providers
) -> None:
    body = await sent(simulator, providers, RESPONSES, HISTORY)
    assert body["instructions"] == "Be brief.\n\u201eReally.\u201c"
    assert body["input"] == [
        {"role": "user", "content": [{"type": "input_text", "text": "Who are you?"}]},
        {"role": "assistant", "content": [{"type": "output_text", "text": "A model."}]},
        {"role": "user", "content": [{"type": "input_text", "text": "Which?"}]},
    ]


async def test_a_history_with_a_system_prompt_in_messages(simulator: Simulator, providers: Providers) -> None:
    body = await sent(simulator, providers, MESSAGES, HISTORY)
    assert body["system"] == "Be brief.\n\u201eReally.\u201c"
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "Who are you?"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "A model."}]},
        {"role": "user", "content": [{"type": "text", "text": "Which?"}]},
    ]


async def test_attachments_in_chat_are_data_urls_and_a_text_file_is_text(
    simulator: Simulator, providers: Providers
) -> None:
    body = await sent(simulator, providers, CHAT, ATTACHED)
    file = {"filename": "terms.pdf", "file_data": f"data:application/pdf;base64,{PDF_64}"}
    assert body["messages"][0]["content"] == [
        {"type": "text", "text": "Look:"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG_64}"}},
        {"type": "file", "file": file},
        {"type": "text", "text": "notes.md:\nné\n"},
    ]


async def test_attachments_in_responses_are_data_urls_and_a_text_file_is_text(
    simulator: Simulator, providers: Providers
) -> None:
    body = await sent(simulator, providers, RESPONSES, ATTACHED)
    assert body["input"][0]["content"] == [
        {"type": "input_text", "text": "Look:"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PNG_64}"},
        {
            "type": "input_file",
            "filename": "terms.pdf",
            "file_data": f"data:application/pdf;base64,{PDF_64}",
        },
        {"type": "input_text", "text": "notes.md:\nné\n"},
    ]


async def test_attachments_in_messages_are_base64_sources_and_a_text_file_is_text(
    simulator: Simulator, providers: Providers
) -> None:
    body = await sent(simulator, providers, MESSAGES, ATTACHED)
    pdf = {"type": "base64", "media_type": "application/pdf", "data": PDF_64}
    assert body["messages"][0]["content"] == [
        {"type": "text", "text": "Look:"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG_64}},
        {"type": "document", "title": "terms.pdf", "source": pdf},
        {"type": "text", "text": "notes.md:\nné\n"},
    ]


async def test_calls_and_results_in_the_history_of_chat(simulator: Simulator, providers: Providers) -> None:
    body = await sent(simulator, providers, CHAT, CALLED)
    function = {"name": "weather", "arguments": '{"place": "Wien"}'}
    assert body["messages"][1:] == [
        {
            "role": "assistant",
            "content": "Wait.",
            "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "7 °C"},
        {"role": "user", "content": "And tomorrow?"},
    ]


async def test_calls_and_results_in_the_history_of_responses(
    simulator: Simulator, providers: Providers
) -> None:
    body = await sent(simulator, providers, RESPONSES, CALLED)
    assert body["input"][1:] == [
        {"role": "assistant", "content": [{"type": "output_text", "text": "Wait."}]},
        {
            "type": "function_call",
            "call_id": "call_1",
            "name": "weather",
            "arguments": '{"place": "Wien"}',
        },
        {"type": "function_call_output", "call_id": "call_1", "output": "7 °C"},
        {"role": "user", "content": [{"type": "input_text", "text": "And tomorrow?"}]},
    ]


async def test_calls_and_results_in_the_history_of_messages(
    simulator: Simulator, providers: Providers
) -> None:
    body = await sent(simulator, providers, MESSAGES, CALLED)
    assert body["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Wait."},
                {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"place": "Wien"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "call_1", "content": "7 °C"},
                {"type": "text", "text": "And tomorrow?"},
            ],
        },
    ]


async def test_a_call_without_arguments_is_an_empty_object_for_messages(
    simulator: Simulator, providers: Providers
) -> None:
    parts = (TextPart(""), ToolCallPart("call_1", "clock", ""))
    call = Call("", (user("Time?"), Message("assistant", parts), user("Well?")))
    body = await sent(simulator, providers, MESSAGES, call)
    assert body["messages"][1]["content"] == [
        {"type": "tool_use", "id": "call_1", "name": "clock", "input": {}}
    ]


FEW = Parameters(temperature=0.25, top_p=0.5, max_output_tokens=256, tools=(WEATHER,))


async def test_every_parameter_has_its_field_in_chat(simulator: Simulator, providers: Providers) -> None:
    given = dataclasses.replace(FEW, stop=("END", "\n\n"), seed=7)
    body = await sent(simulator, providers, CHAT, HISTORY, given)
    offered = {"name": "weather", "description": "The weather at a place.", "parameters": SCHEMA}
    assert {name: body[name] for name in body.keys() - {"messages", "model", "stream", "stream_options"}} == {
        "temperature": 0.25,
        "top_p": 0.5,
        "max_completion_tokens": 256,
        "stop": ["END", "\n\n"],
        "seed": 7,
        "tools": [{"type": "function", "function": offered}],
    }


async def test_every_parameter_has_its_field_in_responses(simulator: Simulator, providers: Providers) -> None:
    body = await sent(simulator, providers, RESPONSES, HISTORY, FEW)
    offered = {"name": "weather", "description": "The weather at a place.", "parameters": SCHEMA}
    assert {name: body[name] for name in body.keys() - {"input", "instructions", "model", "stream"}} == {
        "store": False,
        "temperature": 0.25,
        "top_p": 0.5,
        "max_output_tokens": 256,
        "tools": [{"type": "function", **offered, "strict": False}],
    }


async def test_every_parameter_has_its_field_in_messages(simulator: Simulator, providers: Providers) -> None:
    given = dataclasses.replace(FEW, stop=("END", "\n\n"))
    body = await sent(simulator, providers, MESSAGES, HISTORY, given)
    offered = {"name": "weather", "description": "The weather at a place.", "input_schema": SCHEMA}
    assert {name: body[name] for name in body.keys() - {"messages", "system", "model", "stream"}} == {
        "max_tokens": 256,
        "temperature": 0.25,
        "top_p": 0.5,
        "stop_sequences": ["END", "\n\n"],
        "tools": [offered],
    }


@pytest.mark.parametrize("dialect", list(WIRE_FORMATS))
def test_zero_is_something_to_say(dialect: Dialect) -> None:
    body = built(BY_NAME["openai"], dialect, HISTORY, Parameters(temperature=0.0, top_p=0.0))
    assert (body["temperature"], body["top_p"]) == (0, 0)


@pytest.mark.parametrize(
    ("wire", "field", "any_json", "shaped"),
    [
        (
            CHAT,
            "response_format",
            {"type": "json_object"},
            {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA, "strict": True}},
        ),
        (
            RESPONSES,
            "text",
            {"format": {"type": "json_object"}},
            {"format": {"type": "json_schema", "name": "place", "schema": SCHEMA, "strict": True}},
        ),
        (MESSAGES, "output_config", None, {"format": {"type": "json_schema", "schema": SCHEMA}}),
    ],
    ids=["chat", "responses", "messages"],
)
async def test_json_is_asked_for_in_each_formats_words(
    wire: Wire,
    field: str,
    any_json: dict[str, Any] | None,
    shaped: dict[str, Any],
    simulator: Simulator,
    providers: Providers,
) -> None:
    body = await sent(simulator, providers, wire, HISTORY, Parameters(response_format=SHAPED))
    assert body[field] == shaped
    free = built(BY_NAME["openai"], wire.dialect, HISTORY, Parameters(response_format=ResponseFormat()))
    assert free.get(field) == any_json


# --- what differs between endpoints is data


@pytest.mark.parametrize("name", [each.name for each in ENDPOINTS if each.sdk == "openai"])
def test_limits_and_seeds_have_the_name_that_an_endpoint_knows(name: str) -> None:
    body = built(BY_NAME[name], "chat", HISTORY, Parameters(max_output_tokens=9, seed=5))
    modern = name in {"openai", "azure", "groq", "xai"}
    assert body.get("max_completion_tokens") == (9 if modern else None)
    assert body.get("max_tokens") == (None if modern else 9)
    assert body.get("random_seed") == (5 if name == "mistral" else None)
    assert body.get("seed") == (None if name in {"mistral", "google", "deepseek"} else 5)


@pytest.mark.parametrize("name", [each.name for each in ENDPOINTS if each.sdk == "openai"])
def test_usage_is_asked_for_only_where_the_question_is_understood(name: str) -> None:
    body = built(BY_NAME[name], "chat", HISTORY)
    assert body.get("stream_options") == (None if name == "mistral" else {"include_usage": True})


def test_openrouter_is_asked_in_its_own_words() -> None:
    body = built(BY_NAME["openrouter"], "chat", HISTORY, Parameters(reasoning_effort="high"), reasoning=True)
    assert body["usage"] == {"include": True}
    assert body["reasoning"] == {"effort": "high"}
    assert "reasoning_effort" not in body
    assert "reasoning" not in built(BY_NAME["openrouter"], "chat", HISTORY)


@pytest.mark.parametrize("dialect", list(WIRE_FORMATS))
def test_what_an_endpoint_wants_besides_has_the_last_word(dialect: Dialect) -> None:
    """So that a server of one's own can be told whatever it needs."""
    endpoint = Endpoint("own", "Own", extra_body={"keep_alive": "5m", "temperature": 0.5})
    body = built(endpoint, dialect, HISTORY, Parameters(temperature=1.0, top_p=0.9))
    assert (body["keep_alive"], body["temperature"], body["top_p"]) == ("5m", 0.5, 0.9)


def test_responses_tell_a_summary_of_thoughts_only_if_the_model_has_any() -> None:
    openai = BY_NAME["openai"]
    assert "reasoning" not in built(openai, "responses", HISTORY, Parameters(reasoning_effort="low"))
    assert built(openai, "responses", HISTORY, reasoning=True)["reasoning"] == {"summary": "auto"}
    asked = built(openai, "responses", HISTORY, Parameters(reasoning_effort="low"), reasoning=True)
    assert asked["reasoning"] == {"summary": "auto", "effort": "low"}
