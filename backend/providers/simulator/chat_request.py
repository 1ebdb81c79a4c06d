"""A request to OpenAI's Chat Completions, read into what was asked. Knows no sockets and no faults."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from backend.providers.simulator.ask import Ask, Part, Role, Tool, ToolChoice
from backend.providers.simulator.bodies import at, decode
from backend.providers.simulator.refusals import Reason, Refused
from backend.providers.simulator.voice import given


class ImageUrl(Struct):
    url: str


class ContentPart(Struct):
    type: str
    text: str = ""
    refusal: str = ""
    image_url: ImageUrl | None = None
    file: Any = None
    input_audio: Any = None


class FunctionCall(Struct):
    name: str
    arguments: str


class ToolCall(Struct):
    id: str
    function: FunctionCall


class Message(Struct):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[ContentPart] | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None


class Function(Struct):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class OfferedTool(Struct):
    type: Literal["function"]
    function: Function


class NamedFunction(Struct):
    name: str


class NamedTool(Struct):
    type: Literal["function"]
    function: NamedFunction


class JsonSchema(Struct):
    name: str
    schema: dict[str, Any] | None = None


class ResponseFormat(Struct):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class StreamOptions(Struct):
    include_usage: bool | None = None


Messages = Annotated[list[Message], Meta(min_length=1)]
Tokens = Annotated[int, Meta(ge=1)] | None
Fraction = Annotated[float, Meta(ge=0, le=1)] | None
Temperature = Annotated[float, Meta(ge=0, le=2)] | None
Penalty = Annotated[float, Meta(ge=-2, le=2)] | None
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None
Seed = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None


class Request(Struct, forbid_unknown_fields=True):
    model: str
    messages: Messages
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Tokens = None
    max_completion_tokens: Tokens = None
    temperature: Temperature = None
    top_p: Fraction = None
    presence_penalty: Penalty = None
    frequency_penalty: Penalty = None
    seed: Seed = None
    stop: str | list[str] | None = None
    tools: list[OfferedTool] | None = None
    tool_choice: Literal["auto", "none", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    reasoning_effort: Effort = None
    n: Annotated[int, Meta(ge=1, le=1)] | None = None
    logprobs: bool | None = None
    # Taken and not acted upon.
    audio: Any = None
    function_call: Any = None
    functions: Any = None
    logit_bias: Any = None
    metadata: Any = None
    modalities: Any = None
    moderation: Any = None
    prediction: Any = None
    prompt_cache_key: Any = None
    prompt_cache_options: Any = None
    prompt_cache_retention: Any = None
    safety_identifier: Any = None
    service_tier: Any = None
    store: Any = None
    top_logprobs: Any = None
    user: Any = None
    verbosity: Any = None
    web_search_options: Any = None


_ROLES: Final[Mapping[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}


def read(body: bytes, _headers: Mapping[str, str]) -> tuple[Request, Ask]:
    request = decode(body, Request)
    _check(request)
    shape = request.response_format
    return request, Ask(
        model=request.model,
        parts=tuple(part for message in request.messages for part in _parts(message)),
        stream=bool(request.stream),
        seed=request.seed or 0,
        max_tokens=request.max_completion_tokens or request.max_tokens,
        stop=_listed(request.stop),
        tools=tuple(_tool(offered.function) for offered in request.tools or ()),
        tool_choice=_tool_choice(request),
        format="json" if shape and shape.type != "text" else "text",
        schema=shape.json_schema.schema if shape and shape.json_schema else None,
        effort=request.reasoning_effort,
        given=given(request),
    )


def _check(request: Request) -> None:
    if request.stream_options is not None and not request.stream:
        problem = "the 'stream_options' parameter is only allowed when 'stream' is enabled"
        raise Refused(Reason.INVALID_VALUE, problem=problem, **at("stream_options"))
    if len(_listed(request.stop)) > 4:
        raise Refused(Reason.INVALID_VALUE, problem="at most 4 stop sequences", **at("stop"))
    if request.response_format and request.response_format.type == "json_schema":
        shape = request.response_format.json_schema
        if shape is None or shape.schema is None:
            raise Refused(Reason.MISSING, **at("response_format.json_schema"))
    called: set[str] = set()
    for index, message in enumerate(request.messages):
        called |= {call.id for call in message.tool_calls or ()}
        if message.role == "tool" and message.tool_call_id not in called:
            problem = "messages with role 'tool' must be a response to a preceding message with 'tool_calls'"
            raise Refused(Reason.INVALID_VALUE, problem=problem, **at(f"messages[{index}].role"))


def _parts(message: Message) -> Iterator[Part]:
    role = _ROLES[message.role]
    content = message.content
    blocks = [ContentPart("text", content)] if isinstance(content, str) else content or []
    opens = True
    for block in blocks:
        image = block.image_url
        yield Part(role, image.url if image else block.text or block.refusal, image is not None, opens)
        opens = False
    for call in message.tool_calls or ():
        yield Part(role, f"{call.function.name}({call.function.arguments})", opens=opens)
        opens = False


def _listed(stop: str | Sequence[str] | None) -> tuple[str, ...]:
    return (stop,) if isinstance(stop, str) else tuple(stop or ())


def _tool(function: Function) -> Tool:
    return Tool(function.name, function.description or "", function.parameters or {})


def _tool_choice(request: Request) -> ToolChoice:
    parallel = request.parallel_tool_calls is not False
    match request.tool_choice:
        case NamedTool(function=function):
            return ToolChoice("required", function.name, parallel)
        case mode:
            return ToolChoice(mode or "auto", None, parallel)
