"""A call as the body of a Chat Completions request."""

import base64
from collections.abc import Iterator
from typing import Any, assert_never

from backend.providers.chat import (
    Call,
    FilePart,
    ImagePart,
    Message,
    Parameters,
    Part,
    ResponseFormat,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from backend.providers.endpoints import Endpoint
from backend.providers.target import Target


def chat_body(call: Call, target: Target) -> dict[str, Any]:
    endpoint = target.endpoint
    body: dict[str, Any] = {"model": call.model, "messages": list(_messages(call)), "stream": True}
    if endpoint.stream_options:
        body["stream_options"] = {"include_usage": True}
    return body | _parameters(call.parameters, endpoint) | dict(endpoint.extra_body)


def _parameters(given: Parameters, endpoint: Endpoint) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "temperature": given.temperature,
        "top_p": given.top_p,
        endpoint.max_tokens_field: given.max_output_tokens,
        "stop": list(given.stop) or None,
        endpoint.seed_field: given.seed,
        "response_format": _format(given.response_format),
        "tools": [
            {
                "type": "function",
                "function": {"name": tool.name, "description": tool.description, "parameters": tool.schema},
            }
            for tool in given.tools
        ]
        or None,
    }
    if endpoint.effort_field == "reasoning.effort":
        fields["reasoning"] = {"effort": given.reasoning_effort} if given.reasoning_effort else None
    else:
        fields[endpoint.effort_field] = given.reasoning_effort
    return {name: value for name, value in fields.items() if value is not None}


def _format(wanted: ResponseFormat | None) -> dict[str, Any] | None:
    if wanted is None:
        return None
    if wanted.schema is None:
        return {"type": "json_object"}
    return {
        "type": "json_schema",
        "json_schema": {"name": wanted.name, "schema": wanted.schema, "strict": True},
    }


def _messages(call: Call) -> Iterator[dict[str, Any]]:
    if call.system:
        yield {"role": "system", "content": call.system}
    for message in call.messages:
        if message.role == "assistant":
            yield _assistant(message)
        else:
            yield from _user(message)


def _user(message: Message) -> Iterator[dict[str, Any]]:
    content = []
    for part in message.parts:
        if isinstance(part, ToolResultPart):
            yield {"role": "tool", "tool_call_id": part.id, "content": part.text}
        else:
            content.append(_part(part))
    if content:
        # Many compatible servers know a plain string only.
        plain = len(content) == 1 and content[0]["type"] == "text"
        yield {"role": "user", "content": content[0]["text"] if plain else content}


def _assistant(message: Message) -> dict[str, Any]:
    text = "".join(part.text for part in message.parts if isinstance(part, TextPart))
    calls = [
        {"id": part.id, "type": "function", "function": {"name": part.name, "arguments": part.arguments}}
        for part in message.parts
        if isinstance(part, ToolCallPart)
    ]
    said: dict[str, Any] = {"role": "assistant", "content": text or None if calls else text}
    return said | {"tool_calls": calls} if calls else said


def _part(part: Part) -> dict[str, Any]:
    match part:
        case TextPart(text):
            return {"type": "text", "text": text}
        case ImagePart(media_type, data):
            return {"type": "image_url", "image_url": {"url": data_url(media_type, data)}}
        case FilePart(name, media_type, data):
            return {"type": "file", "file": {"filename": name, "file_data": data_url(media_type, data)}}
        case ToolCallPart() | ToolResultPart():
            raise TypeError(f"{type(part).__name__} is not a part of what a user says")
        case _:
            assert_never(part)


def data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
