"""A call as the body of a Messages request."""

import base64
from typing import Any, Final, assert_never

import msgspec

from backend.providers.capabilities import Capabilities
from backend.providers.chat import (
    Call,
    Effort,
    FilePart,
    ImagePart,
    Parameters,
    Part,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from backend.providers.failures import UNREADABLE, ProviderError
from backend.providers.fitting import SMALLEST_BUDGET
from backend.providers.target import Target

# The field is required; a model of unknown length gets what every model of theirs can do.
_USUAL_LENGTH: Final = 4096

_BUDGETS: Final[dict[Effort, int]] = {
    "minimal": 1024,
    "low": 2048,
    "medium": 8192,
    "high": 16384,
    "xhigh": 24576,
    "max": 32000,
}


def messages_body(call: Call, target: Target) -> dict[str, Any]:
    given = call.parameters
    longest = given.max_output_tokens or target.takes.max_output_tokens or _USUAL_LENGTH
    fields: dict[str, Any] = {
        "model": call.model,
        "max_tokens": longest,
        "messages": [
            {
                "role": message.role,
                "content": [_block(part) for part in message.parts if part != TextPart("")],
            }
            for message in call.messages
        ],
        "stream": True,
        "system": call.system or None,
        "temperature": given.temperature,
        "top_p": given.top_p,
        "stop_sequences": list(given.stop) or None,
        "thinking": _thinking(given, target.takes, longest),
        "output_config": _output_config(given, target.takes),
        "tools": [
            {"name": tool.name, "description": tool.description, "input_schema": tool.schema}
            for tool in given.tools
        ]
        or None,
    }
    body = {name: value for name, value in fields.items() if value is not None}
    return body | dict(target.endpoint.extra_body)


def _thinking(given: Parameters, takes: Capabilities, longest: int) -> dict[str, Any] | None:
    effort = given.reasoning_effort
    if effort is None or takes.thinking is None:
        return None
    if effort == "none":
        return {"type": "disabled"}
    if takes.thinking == "adaptive":
        return {"type": "adaptive", "display": "summarized"}
    # The budget is part of the output, and must leave something of it.
    budget = max(SMALLEST_BUDGET, min(_BUDGETS[effort], longest - SMALLEST_BUDGET))
    return {"type": "enabled", "budget_tokens": budget}


def _output_config(given: Parameters, takes: Capabilities) -> dict[str, Any] | None:
    config: dict[str, Any] = {}
    if takes.thinking == "adaptive" and given.reasoning_effort not in {None, "none"}:
        config["effort"] = given.reasoning_effort
    if given.response_format is not None:
        config["format"] = {"type": "json_schema", "schema": given.response_format.schema}
    return config or None


def _block(part: Part) -> dict[str, Any]:
    match part:
        case TextPart(text):
            return {"type": "text", "text": text}
        case ImagePart(media_type, data):
            return {"type": "image", "source": _source(media_type, data)}
        case FilePart(name, media_type, data):
            return {"type": "document", "title": name, "source": _source(media_type, data)}
        case ToolCallPart(id=call_id, name=name, arguments=arguments):
            return {"type": "tool_use", "id": call_id, "name": name, "input": _input(name, arguments)}
        case ToolResultPart(id=call_id, text=text):
            return {"type": "tool_result", "tool_use_id": call_id, "content": text}
        case _:
            assert_never(part)


def _input(name: str, arguments: str) -> dict[str, Any]:
    """An answer that was cut off leaves half of them."""
    try:
        said = msgspec.json.decode(arguments or "{}")
    except UNREADABLE:
        said = None
    if not isinstance(said, dict):
        raise ProviderError("refused", f"An earlier call of {name} has no arguments that can be sent again.")
    return said


def _source(media_type: str, data: bytes) -> dict[str, str]:
    return {"type": "base64", "media_type": media_type, "data": base64.b64encode(data).decode()}
