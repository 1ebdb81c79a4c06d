"""What is said to a model and what it says back: pure values, the same for every vendor.

They have no identity and know no storage; two messages with the same content are equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from backend.providers.usage import Usage

# --- what is asked


@dataclass(frozen=True, slots=True)
class TextPart:
    text: str


@dataclass(frozen=True, slots=True)
class ImagePart:
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FilePart:
    name: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ToolCallPart:
    """What the model asked for in an earlier turn; `arguments` is its JSON as it wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolResultPart:
    """What the tool with that call's id answered."""

    id: str
    text: str


Part: TypeAlias = TextPart | ImagePart | FilePart | ToolCallPart | ToolResultPart


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["user", "assistant"]
    parts: tuple[Part, ...]


def user(text: str) -> Message:
    return Message("user", (TextPart(text),))


def assistant(text: str) -> Message:
    return Message("assistant", (TextPart(text),))


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ResponseFormat:
    """JSON of any shape, or of the shape of `schema`."""

    name: str = "answer"
    schema: Mapping[str, Any] | None = None


Effort: TypeAlias = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]

ParameterName: TypeAlias = Literal[
    "temperature",
    "top_p",
    "max_output_tokens",
    "stop",
    "seed",
    "reasoning_effort",
    "response_format",
    "tools",
]


@dataclass(frozen=True, slots=True)
class Parameters:
    """What is None or empty is not sent: the model's own default holds."""

    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    reasoning_effort: Effort | None = None
    response_format: ResponseFormat | None = None
    tools: tuple[Tool, ...] = ()

    def given(self) -> frozenset[ParameterName]:
        return frozenset(name for name in PARAMETER_NAMES if getattr(self, name) != getattr(_NONE, name))


_NONE: Final = Parameters()

PARAMETER_NAMES: Final[tuple[ParameterName, ...]] = (
    "temperature",
    "top_p",
    "max_output_tokens",
    "stop",
    "seed",
    "reasoning_effort",
    "response_format",
    "tools",
)


@dataclass(frozen=True, slots=True)
class Call:
    """One question to one model, named as its endpoint names it."""

    model: str
    messages: tuple[Message, ...]
    system: str = ""
    parameters: Parameters = Parameters()


# --- what comes back. Structs, because a stream makes a hundred thousand a second.
# `at` is the moment of arrival on the monotonic clock, in seconds.


class Text(Struct, frozen=True, gc=False):
    """A piece of the answer."""

    text: str
    at: float


class Reasoning(Struct, frozen=True, gc=False):
    """A piece of what the model thinks before and between."""

    text: str
    at: float


class ToolCallPiece(Struct, frozen=True, gc=False):
    """`id` and `name` come with the first piece of a call; the arguments' JSON comes in pieces."""

    index: int
    arguments: str
    at: float
    id: str | None = None
    name: str | None = None


FinishReason: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter", "refusal", "unknown"]


class Finished(Struct, frozen=True, gc=False):
    """Only ever sent for the provider's own terminal marker."""

    reason: FinishReason
    at: float
    said: str = ""  # the provider's own word for it
    model: str | None = None  # who answered, in the provider's words


class Interrupted(Struct, frozen=True, gc=False):
    """The body ended without a terminal marker: what came is kept, but it is not an answer."""

    at: float


Chunk: TypeAlias = Text | Reasoning | ToolCallPiece | Usage | Finished | Interrupted
