"""The stream of Anthropic's Messages API."""

from typing import Any, Final

import msgspec

from backend.providers.anthropic.usage import to_usage
from backend.providers.chat import Chunk, Finished, FinishReason, Reasoning, Text, ToolCallPiece
from backend.providers.decoding import not_understood
from backend.providers.error_bodies import error_in_stream
from backend.providers.failures import UNREADABLE
from backend.providers.usage import Usage


class _Block(msgspec.Struct):
    type: str | None = None
    id: str | None = None
    name: str | None = None
    text: str | None = None
    thinking: str | None = None


class _Delta(msgspec.Struct):
    type: str | None = None
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None
    stop_reason: str | None = None


class _Message(msgspec.Struct):
    model: str | None = None
    usage: Any = None


class _Event(msgspec.Struct):
    type: str
    index: int = 0
    delta: _Delta | None = None
    content_block: _Block | None = None
    message: _Message | None = None
    usage: Any = None
    error: msgspec.Raw = msgspec.Raw()


_decode = msgspec.json.Decoder(_Event).decode

_REASONS: Final[dict[str, FinishReason]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "refusal",
}


class MessagesStream:
    __slots__ = ("_calls", "_counted_at", "_counts", "_done", "_model", "_reason")

    def __init__(self) -> None:
        self._calls: set[int] = set()
        self._counts: dict[str, Any] = {}
        self._counted_at = 0.0
        self._model: str | None = None
        self._reason: str | None = None
        self._done = False

    @property
    def usage(self) -> Usage | None:
        return to_usage(self._counts, self._counted_at) if self._counts else None

    def read(self, event: bytes, at: float, chunks: list[Chunk]) -> bool:
        try:
            said = _decode(event)
        except UNREADABLE as error:
            raise not_understood(event, error) from None
        if said.type == "content_block_delta":
            if said.delta is not None:
                self._read_delta(said.delta, said.index, at, chunks)
        elif said.type == "message_stop":
            self._done = True
        elif said.type == "error":
            raise error_in_stream(bytes(said.error))
        else:
            self._read_other(said, at, chunks)
        return self._done

    def finished(self, at: float) -> Finished | None:
        if not self._done:
            return None
        said = self._reason or ""
        return Finished(_REASONS.get(said, "unknown"), at, said, self._model)

    def _read_other(self, said: _Event, at: float, chunks: list[Chunk]) -> None:
        """Pings say nothing, and events of no known type are new ones, not faults."""
        if said.type == "content_block_start" and said.content_block is not None:
            self._read_block(said.content_block, said.index, at, chunks)
        elif said.type == "message_start" and said.message is not None:
            self._model = said.message.model
            self._count(said.message.usage, at)
        elif said.type == "message_delta":
            if said.delta is not None and said.delta.stop_reason:
                self._reason = said.delta.stop_reason
            self._count(said.usage, at)

    def _count(self, counts: Any, at: float) -> None:
        """Later counts are cumulative: they replace earlier ones and leave out what did not change."""
        if isinstance(counts, dict):
            self._counts.update((name, value) for name, value in counts.items() if value is not None)
            self._counted_at = at

    def _read_delta(self, delta: _Delta, index: int, at: float, chunks: list[Chunk]) -> None:
        if delta.text:
            chunks.append(Text(delta.text, at))
        elif delta.thinking:
            chunks.append(Reasoning(delta.thinking, at))
        elif delta.partial_json and index in self._calls:
            chunks.append(ToolCallPiece(index, delta.partial_json, at))

    def _read_block(self, block: _Block, index: int, at: float, chunks: list[Chunk]) -> None:
        """Tools that run at the provider are its own business."""
        if block.type == "tool_use":
            self._calls.add(index)
            chunks.append(ToolCallPiece(index, "", at, block.id, block.name))
        if block.text:
            chunks.append(Text(block.text, at))
        if block.thinking:
            chunks.append(Reasoning(block.thinking, at))
