"""A request to Anthropic's Messages, read into what was asked. Knows no sockets and no faults."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from backend.providers.simulator.ask import Ask, Lifetime, Part, Role, Schema, Tool, ToolChoice
from backend.providers.simulator.bodies import at, canonical, decode
from backend.providers.simulator.refusals import Reason, Refused
from backend.providers.simulator.voice import given


class CacheControl(Struct):
    type: Literal["ephemeral"]
    ttl: Lifetime = "5m"


class Block(Struct):
    type: str
    text: str = ""
    thinking: str = ""
    source: Any = None
    name: str = ""
    input: Any = None
    id: str = ""
    tool_use_id: str = ""
    content: Any = None
    cache_control: CacheControl | None = None


class Message(Struct):
    role: Literal["user", "assistant", "system"]
    content: str | list[Block]


class OfferedTool(Struct):
    name: str
    description: str = ""
    input_schema: Schema | None = None
    type: str | None = None
    cache_control: CacheControl | None = None


class Choice(Struct):
    type: Literal["auto", "any", "tool", "none"]
    name: str | None = None
    disable_parallel_tool_use: bool = False


class Thinking(Struct):
    type: Literal["enabled", "adaptive", "between_tools", "disabled"]
    budget_tokens: Annotated[int, Meta(ge=1024)] | None = None
    display: Literal["summarized", "omitted"] | None = None


class OutputFormat(Struct):
    type: Literal["json_schema"]
    schema: Schema


class OutputConfig(Struct):
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: OutputFormat | None = None


class Prompt(Struct, forbid_unknown_fields=True, kw_only=True):
    """What counting tokens takes too."""

    model: str
    messages: Annotated[list[Message], Meta(min_length=1)]
    system: str | list[Block] | None = None
    tools: list[OfferedTool] | None = None
    tool_choice: Choice | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None
    cache_control: CacheControl | None = None
    context_management: Any = None
    mcp_servers: Any = None
    output_format: Any = None
    speed: Any = None
    user_profile_id: Any = None
    workspace_id: Any = None


class Request(Prompt, forbid_unknown_fields=True, kw_only=True):
    max_tokens: Annotated[int, Meta(ge=1)]
    stream: bool | None = None
    stop_sequences: list[str] | None = None
    temperature: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_k: Annotated[int, Meta(ge=0)] | None = None
    # Taken and not acted upon.
    container: Any = None
    diagnostics: Any = None
    inference_geo: Any = None
    metadata: Any = None
    service_tier: Any = None


def read(body: bytes, headers: Mapping[str, str]) -> tuple[Request, Ask]:
    _versioned(headers)
    request = decode(body, Request)
    _check(request.messages)
    thinking = request.thinking
    if thinking and thinking.type == "enabled":
        if thinking.budget_tokens is None:
            raise Refused(Reason.MISSING, **at("thinking.enabled.budget_tokens"))
        if thinking.budget_tokens >= request.max_tokens:
            problem = "`max_tokens` must be greater than `thinking.budget_tokens`"
            raise Refused(Reason.INVALID_VALUE, problem=problem, **at("max_tokens"))
    return request, _ask(
        request,
        stream=bool(request.stream),
        max_tokens=request.max_tokens,
        stop=tuple(request.stop_sequences or ()),
    )


def read_prompt(body: bytes, headers: Mapping[str, str]) -> Ask:
    """For counting tokens: no limit is asked for."""
    _versioned(headers)
    prompt = decode(body, Prompt)
    _check(prompt.messages)
    return _ask(prompt)


def _versioned(headers: Mapping[str, str]) -> None:
    if not headers.get("anthropic-version"):
        problem = "header is required"
        raise Refused(Reason.INVALID_VALUE, problem=problem, **at("anthropic-version"))


def _ask(prompt: Prompt, **limits: Any) -> Ask:
    output = prompt.output_config
    asked = given(prompt)
    if _thinks(prompt):
        asked |= {"thinking"}
    else:
        asked -= {"thinking"}
    return Ask(
        model=prompt.model,
        parts=tuple(_kept(prompt, _prompt_parts(prompt))),
        tools=tuple(
            Tool(tool.name, tool.description, tool.input_schema or {}) for tool in prompt.tools or ()
        ),
        tool_choice=_tool_choice(prompt.tool_choice),
        format="json" if output and output.format else "text",
        schema=output.format.schema if output and output.format else None,
        effort=output.effort if output else None,
        thinks=_thinks(prompt),
        caches_unasked=False,
        given=asked,
        **limits,
    )


def _thinks(prompt: Prompt) -> bool:
    return prompt.thinking is not None and prompt.thinking.type != "disabled"


def _check(messages: list[Message]) -> None:
    if messages[0].role == "assistant":
        problem = 'first message must use the "user" role'
        raise Refused(Reason.INVALID_VALUE, problem=problem, **at("messages"))
    called: set[str] = set()
    for index, message in enumerate(messages):
        blocks = message.content if isinstance(message.content, list) else [Block("text", message.content)]
        called |= {block.id for block in blocks if block.type == "tool_use"}
        for number, block in enumerate(blocks):
            if block.type == "text" and not block.text:
                problem = "text content blocks must be non-empty"
                raise Refused(Reason.INVALID_VALUE, problem=problem, **at("messages"))
            if block.type == "tool_result" and block.tool_use_id not in called:
                problem = f"unexpected `tool_use_id` found in `tool_result` blocks: {block.tool_use_id}"
                place = at(f"messages[{index}].content[{number}]")
                raise Refused(Reason.INVALID_VALUE, problem=problem, **place)


def _prompt_parts(prompt: Prompt) -> Iterator[Part]:
    if prompt.system:
        yield from _parts("system", prompt.system)
    for message in prompt.messages:
        yield from _parts(message.role, message.content)


def _parts(role: Role, content: str | list[Block]) -> Iterator[Part]:
    blocks = [Block("text", content)] if isinstance(content, str) else content
    opens = True
    for block in blocks:
        keep = block.cache_control.ttl if block.cache_control else None
        if block.type == "tool_result":
            yield Part("tool", _result(block.content), keep=keep)
            continue
        yield Part(role, _text(block), block.type == "image", opens, keep)
        opens = False


def _text(block: Block) -> str:
    match block.type:
        case "tool_use":
            return f"{block.name}({canonical(block.input)})"
        case "image" | "document":
            return canonical(block.source)
        case _:
            return block.text or block.thinking


def _result(content: Any) -> str:
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    return "".join(str(block.get("text", "")) for block in blocks if isinstance(block, dict))


def _kept(prompt: Prompt, parts: Iterator[Part]) -> Iterator[Part]:
    """A mark on the whole request marks its last block."""
    listed = list(parts)
    yield from listed[:-1]
    last = listed[-1]
    whole = prompt.cache_control
    yield Part(last.role, last.text, last.image, last.opens, last.keep or (whole.ttl if whole else None))


def _tool_choice(choice: Choice | None) -> ToolChoice:
    if choice is None:
        return ToolChoice()
    parallel = not choice.disable_parallel_tool_use
    modes: Final[Mapping[str, Literal["auto", "none", "required"]]] = {
        "auto": "auto",
        "none": "none",
        "any": "required",
        "tool": "required",
    }
    return ToolChoice(modes[choice.type], choice.name if choice.type == "tool" else None, parallel)
