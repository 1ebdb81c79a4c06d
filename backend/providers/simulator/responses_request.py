"""A request to OpenAI's Responses, read into what was asked. Knows no sockets and no faults."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from backend.providers.simulator.ask import Ask, Part, Role, Schema, Tool, ToolChoice
from backend.providers.simulator.bodies import at, decode
from backend.providers.simulator.refusals import Reason, Refused
from backend.providers.simulator.voice import given


class Content(Struct):
    type: str
    text: str = ""
    refusal: str = ""
    image_url: str | None = None


class Item(Struct):
    """A message, a call of a tool, what the tool answered, or reasoning that is handed back."""

    type: str = "message"
    role: Literal["user", "assistant", "system", "developer"] | None = None
    content: str | list[Content] | None = None
    call_id: str = ""
    name: str = ""
    arguments: str = ""
    output: str | list[Content] | None = None


class OfferedTool(Struct):
    type: str
    name: str = ""
    description: str | None = None
    parameters: Schema | None = None
    strict: bool | None = None


class NamedTool(Struct):
    type: str
    name: str | None = None


class Reasoning(Struct, omit_defaults=True):
    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None
    generate_summary: Literal["auto", "concise", "detailed"] | None = None


class TextFormat(Struct, omit_defaults=True):
    type: Literal["text", "json_object", "json_schema"]
    name: str | None = None
    schema: Schema | None = None
    strict: bool | None = None


class TextShape(Struct, omit_defaults=True):
    format: TextFormat | None = None
    verbosity: str | None = None


class Request(Struct, forbid_unknown_fields=True):
    model: str
    input: str | Annotated[list[Item], Meta(min_length=1)]
    instructions: str | None = None
    stream: bool | None = None
    max_output_tokens: Annotated[int, Meta(ge=16)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    tools: list[OfferedTool] | None = None
    tool_choice: Literal["auto", "none", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None
    text: TextShape | None = None
    reasoning: Reasoning | None = None
    previous_response_id: str | None = None
    metadata: dict[str, str] | None = None
    store: bool | None = None
    # Taken and not acted upon.
    access_programs: Any = None
    background: Any = None
    context_management: Any = None
    conversation: Any = None
    image: Any = None
    include: Any = None
    max_tool_calls: Any = None
    moderation: Any = None
    prompt: Any = None
    prompt_cache_key: Any = None
    prompt_cache_options: Any = None
    prompt_cache_retention: Any = None
    safety_identifier: Any = None
    service_tier: Any = None
    stream_options: Any = None
    top_logprobs: Any = None
    truncation: Any = None
    user: Any = None


_ROLES: Final[Mapping[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}


def read(body: bytes, _headers: Mapping[str, str]) -> tuple[Request, Ask]:
    request = decode(body, Request)
    if request.previous_response_id is not None:
        problem = f"no response with id '{request.previous_response_id}' is kept here"
        raise Refused(Reason.INVALID_VALUE, problem=problem, **at("previous_response_id"))
    shape = request.text.format if request.text else None
    if shape and shape.type == "json_schema" and (shape.schema is None or shape.name is None):
        raise Refused(Reason.MISSING, **at(f"text.format.{'schema' if shape.name else 'name'}"))
    return request, Ask(
        model=request.model,
        parts=tuple(_parts(request)),
        stream=bool(request.stream),
        max_tokens=request.max_output_tokens,
        tools=tuple(
            Tool(tool.name, tool.description or "", tool.parameters or {})
            for tool in request.tools or ()
            if tool.type == "function"
        ),
        tool_choice=_tool_choice(request),
        format="json" if shape and shape.type != "text" else "text",
        schema=shape.schema if shape else None,
        effort=request.reasoning.effort if request.reasoning else None,
        given=given(request),
    )


def _parts(request: Request) -> Iterator[Part]:
    if request.instructions:
        yield Part("system", request.instructions)
    if isinstance(request.input, str):
        yield Part("user", request.input)
        return
    called: set[str] = set()
    for index, item in enumerate(request.input):
        match item.type:
            case "message":
                yield from _message(item, index)
            case "function_call":
                called.add(item.call_id)
                # With the text before it, if any, it is one message of the assistant.
                after = request.input[index - 1].role if index else None
                opens = after != "assistant" and (
                    index == 0 or request.input[index - 1].type != "function_call"
                )
                yield Part("assistant", f"{item.name}({item.arguments})", opens=opens)
            case "function_call_output":
                if item.call_id not in called:
                    problem = f"no tool call found for function call output with call_id {item.call_id}"
                    raise Refused(Reason.INVALID_VALUE, problem=problem, **at("input"))
                yield Part("tool", _joined(item.output))
            case "reasoning" | "item_reference":
                pass
            case other:
                raise Refused(
                    Reason.INVALID_VALUE,
                    problem=f"'{other}' is not supported",
                    **at(f"input[{index}].type"),
                )


def _message(item: Item, index: int) -> Iterator[Part]:
    if item.role is None or item.content is None:
        missing = "role" if item.role is None else "content"
        raise Refused(Reason.MISSING, **at(f"input[{index}].{missing}"))
    role, content = _ROLES[item.role], item.content
    blocks = [Content("input_text", content)] if isinstance(content, str) else content
    opens = True
    for block in blocks:
        text = block.image_url or block.text or block.refusal
        yield Part(role, text, block.type == "input_image", opens)
        opens = False


def _joined(output: str | list[Content] | None) -> str:
    return output if isinstance(output, str) else "".join(content.text for content in output or ())


def _tool_choice(request: Request) -> ToolChoice:
    parallel = request.parallel_tool_calls is not False
    match request.tool_choice:
        case NamedTool(name=name):
            return ToolChoice("required", name, parallel)
        case mode:
            return ToolChoice(mode or "auto", None, parallel)
