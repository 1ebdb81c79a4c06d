"""The stream of OpenAI's Responses API."""

from typing import Final

import msgspec

from backend.providers.chat import Chunk, Finished, FinishReason, Reasoning, Text, ToolCallPiece
from backend.providers.decoding import not_understood
from backend.providers.error_bodies import error_in_stream
from backend.providers.failures import UNREADABLE
from backend.providers.openai.usage import decode_usage
from backend.providers.usage import Usage


class _Item(msgspec.Struct):
    type: str | None = None
    call_id: str | None = None
    name: str | None = None


class _Incomplete(msgspec.Struct):
    reason: str | None = None


class _Response(msgspec.Struct):
    model: str | None = None
    usage: msgspec.Raw = msgspec.Raw()
    error: msgspec.Raw = msgspec.Raw()
    incomplete_details: _Incomplete | None = None


class _Event(msgspec.Struct):
    type: str
    delta: str | None = None
    output_index: int = 0
    summary_index: int = 0
    item: _Item | None = None
    response: _Response | None = None
    error: msgspec.Raw = msgspec.Raw()


_decode = msgspec.json.Decoder(_Event).decode

_THOUGHTS: Final = frozenset({"response.reasoning_summary_text.delta", "response.reasoning_text.delta"})
_LAST: Final = frozenset(
    {"response.completed", "response.incomplete", "response.failed", "response.cancelled"}
)
_INCOMPLETE: Final[dict[str, FinishReason]] = {
    "max_output_tokens": "length",
    "content_filter": "content_filter",
}


class ResponsesStream:
    __slots__ = ("_called", "_ended", "_model", "_refused", "usage")

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self._model: str | None = None
        self._called = False
        self._refused = False
        self._ended: tuple[FinishReason, str] | None = None

    def read(self, event: bytes, at: float, chunks: list[Chunk]) -> bool:
        if event == b"[DONE]":  # compatible servers add it
            return True
        try:
            said = _decode(event)
        except UNREADABLE as error:
            raise not_understood(event, error) from None
        if said.type == "response.output_text.delta":
            if said.delta:
                chunks.append(Text(said.delta, at))
        elif said.type in _LAST:
            self._read_end(said, at)
            return True
        elif said.type == "error":
            raise error_in_stream(bytes(said.error) or event)
        else:
            self._read_other(said, at, chunks)
        return False

    def finished(self, at: float) -> Finished | None:
        if self._ended is None:
            return None
        reason, said = self._ended
        return Finished(reason, at, said, self._model)

    def _read_other(self, said: _Event, at: float, chunks: list[Chunk]) -> None:
        """Events of no known type are new ones, not faults."""
        if said.type in _THOUGHTS:
            if said.delta:
                chunks.append(Reasoning(said.delta, at))
        elif said.type == "response.reasoning_summary_part.added":
            if said.summary_index:
                chunks.append(Reasoning("\n\n", at))
        elif said.type == "response.refusal.delta":
            self._refused = True
            if said.delta:
                chunks.append(Text(said.delta, at))
        elif said.type == "response.output_item.added":
            item = said.item
            if item is not None and item.type == "function_call":
                self._called = True
                chunks.append(ToolCallPiece(said.output_index, "", at, item.call_id, item.name))
        elif said.type == "response.function_call_arguments.delta" and said.delta:
            chunks.append(ToolCallPiece(said.output_index, said.delta, at))

    def _read_end(self, said: _Event, at: float) -> None:
        response = said.response or _Response()
        self._model = response.model
        self.usage = _usage_of(response, at)
        if said.type == "response.failed":
            raise error_in_stream(bytes(response.error) or b'"The provider gave no reason."')
        reason: FinishReason = "refusal" if self._refused else "tool_calls" if self._called else "stop"
        detail = said.type.removeprefix("response.")
        if said.type == "response.incomplete":
            detail = (response.incomplete_details or _Incomplete()).reason or detail
            reason = _INCOMPLETE.get(detail, "unknown")
        elif said.type == "response.cancelled":
            return
        self._ended = (reason, detail)


def _usage_of(response: _Response, at: float) -> Usage | None:
    if not response.usage or bytes(response.usage) == b"null":
        return None
    return decode_usage(bytes(response.usage), at)
