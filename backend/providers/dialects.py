"""The wire formats: where a call goes, how it is written, how its stream is read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from backend.providers.anthropic.messages_request import messages_body
from backend.providers.anthropic.messages_stream import MessagesStream
from backend.providers.chat import Call
from backend.providers.decoding import EventStream
from backend.providers.endpoints import Dialect
from backend.providers.openai.chat_request import chat_body
from backend.providers.openai.chat_stream import ChatStream
from backend.providers.openai.responses_request import responses_body
from backend.providers.openai.responses_stream import ResponsesStream
from backend.providers.target import Target


@dataclass(frozen=True, slots=True)
class WireFormat:
    path: str
    body: Callable[[Call, Target], dict[str, Any]]
    stream: Callable[[], EventStream]
    required: frozenset[str]
    """What every request must say."""


WIRE_FORMATS: Final[dict[Dialect, WireFormat]] = {
    "chat": WireFormat(
        "/chat/completions", chat_body, ChatStream, frozenset({"model", "messages", "stream"})
    ),
    "responses": WireFormat(
        "/responses", responses_body, ResponsesStream, frozenset({"model", "input", "stream"})
    ),
    "messages": WireFormat(
        "/v1/messages",
        messages_body,
        MessagesStream,
        frozenset({"model", "messages", "stream", "max_tokens"}),
    ),
}
