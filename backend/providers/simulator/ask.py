"""What was asked, in no vendor's words: what every wire format is read into. Knows no HTTP and no JSON."""

from dataclasses import dataclass, field
from typing import Any, Literal

Schema = dict[str, Any]
Role = Literal["system", "user", "assistant", "tool"]
Lifetime = Literal["5m", "1h"]
Format = Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class Part:
    """One block of one message."""

    role: Role
    text: str
    image: bool = False
    opens: bool = True  # the first block of its message
    keep: Lifetime | None = None  # the prompt up to here is to be cached


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    description: str
    schema: Schema


@dataclass(frozen=True, slots=True)
class ToolChoice:
    mode: Literal["auto", "none", "required"] = "auto"
    name: str | None = None
    parallel: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    model: str  # as the client wrote it, controls included
    parts: tuple[Part, ...]
    stream: bool = False
    seed: int = 0
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice = field(default_factory=ToolChoice)
    format: Format = "text"
    schema: Schema | None = None
    effort: str | None = None
    thinks: bool = True  # a reasoning model is asked to reason
    caches_unasked: bool = True  # long prefixes are cached without being marked
    given: frozenset[str] = frozenset()  # the parameters that were there, by their names on the wire
