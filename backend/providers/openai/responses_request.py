"""A call as the body of a Responses request."""

from collections.abc import Iterator
from typing import Any, assert_never

from backend.providers.chat import (
    Call,
    Effort,
    FilePart,
    ImagePart,
    Message,
    Part,
    ResponseFormat,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from backend.providers.openai.chat_request import data_url
from backend.providers.target import Target


def responses_body(call: Call, target: Target) -> dict[str, Any]:
    given = call.parameters
    fields: dict[str, Any] = {
        "model": call.model,
        "input": [item for message in call.messages for item in _items(message)],
        "stream": True,
        "store": False,  # what is asked here is nobody else's to keep
        "instructions": call.system or None,
        "temperature": given.temperature,
        "top_p": given.top_p,
        "max_output_tokens": given.max_output_tokens,
        "reasoning": _reasoning(given.reasoning_effort, target),
        "text": _format(given.response_format),
        "tools": [
            {
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.schema,
                "strict": False,
            }
            for tool in given.tools
        ]
        or None,
    }
    body = {name: value for name, value in fields.items() if value is not None}
    return body | dict(target.endpoint.extra_body)


def _reasoning(effort: Effort | None, target: Target) -> dict[str, Any] | None:
    """The thoughts themselves are never told, a summary only if asked for."""
    if not target.takes.reasoning:
        return None
    return {"summary": "auto"} | ({"effort": effort} if effort else {})


def _format(wanted: ResponseFormat | None) -> dict[str, Any] | None:
    if wanted is None:
        return None
    if wanted.schema is None:
        return {"format": {"type": "json_object"}}
    return {"format": {"type": "json_schema", "name": wanted.name, "schema": wanted.schema, "strict": True}}


def _items(message: Message) -> Iterator[dict[str, Any]]:
    """Calls and their results stand beside the messages, not in them."""
    content: list[dict[str, Any]] = []
    for part in message.parts:
        if isinstance(part, ToolCallPart) and content:
            yield {"role": message.role, "content": content}
            content = []
        match part:
            case ToolCallPart(id=call_id, name=name, arguments=arguments):
                yield {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}
            case ToolResultPart(id=call_id, text=text):
                yield {"type": "function_call_output", "call_id": call_id, "output": text}
            case _:
                content.append(_content(part, message.role))
    if content:
        yield {"role": message.role, "content": content}


def _content(part: Part, role: str) -> dict[str, Any]:
    match part:
        case TextPart(text):
            return {"type": "input_text" if role == "user" else "output_text", "text": text}
        case ImagePart(media_type, data):
            return {"type": "input_image", "image_url": data_url(media_type, data)}
        case FilePart(name, media_type, data):
            return {"type": "input_file", "filename": name, "file_data": data_url(media_type, data)}
        case ToolCallPart() | ToolResultPart():
            raise TypeError(f"{type(part).__name__} is an item of its own")
        case _:
            assert_never(part)
