"""The stream of Chat Completions, as OpenAI and its compatible servers send it."""

from typing import Any, Final

import msgspec

from backend.providers.chat import Chunk, Finished, FinishReason, Reasoning, Text, ToolCallPiece
from backend.providers.decoding import not_understood
from backend.providers.error_bodies import error_in_stream
from backend.providers.failures import UNREADABLE, FailureKind, ProviderError
from backend.providers.openai.usage import decode_usage
from backend.providers.usage import Usage

# Only what is used is named, and what one vendor or another leaves out, nulls or types otherwise is allowed.


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class _ToolCall(msgspec.Struct):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    content: str | list[Any] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Groq(msgspec.Struct):
    usage: msgspec.Raw = msgspec.Raw()


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: msgspec.Raw = msgspec.Raw()
    x_groq: _Groq | None = None
    error: msgspec.Raw = msgspec.Raw()
    model: str | None = None


_decode = msgspec.json.Decoder(_Chunk).decode

_REASONS: Final[dict[str, FinishReason]] = {
    "stop": "stop",
    "eos": "stop",
    "length": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}

# Said where others say why they are done.
_GAVE_UP: Final[dict[str, FailureKind]] = {
    "insufficient_system_resource": "overloaded",
    "error": "provider_error",
}


class ChatStream:
    __slots__ = ("_calls", "_done", "_model", "_reason", "_refused", "_usage")

    def __init__(self) -> None:
        self._usage: tuple[msgspec.Raw, float] | None = None
        self._model: str | None = None
        self._reason: str | None = None
        self._refused = False
        self._done = False
        self._calls = 0

    @property
    def usage(self) -> Usage | None:
        """Decoded when asked for: some servers repeat it in every chunk."""
        if self._usage is None:
            return None
        raw, at = self._usage
        return decode_usage(bytes(raw), at)

    def read(self, event: bytes, at: float, chunks: list[Chunk]) -> bool:
        if event == b"[DONE]":
            self._done = True
            return True
        try:
            chunk = _decode(event)
        except UNREADABLE as error:
            raise not_understood(event, error) from None
        if chunk.error:
            raise_unless_null(chunk.error)
        if chunk.usage:
            self._remember_usage(chunk.usage, at)
        if chunk.x_groq is not None and chunk.x_groq.usage:
            self._remember_usage(chunk.x_groq.usage, at)
        self._model = self._model or chunk.model
        if chunk.choices:
            choice = chunk.choices[0]
            if choice.delta is not None:
                self._read_delta(choice.delta, at, chunks)
            if choice.finish_reason:
                self._end(choice.finish_reason)
        return False

    def finished(self, at: float) -> Finished | None:
        if self._reason is None and not self._done:
            return None
        said = self._reason or ""
        reason = "refusal" if self._refused else _REASONS.get(said, "unknown")
        return Finished(reason, at, said, self._model)

    def _end(self, reason: str) -> None:
        if kind := _GAVE_UP.get(reason):
            raise ProviderError(kind, f"The provider broke off: {reason}")
        self._reason = reason

    def _read_delta(self, delta: _Delta, at: float, chunks: list[Chunk]) -> None:
        if thought := delta.reasoning_content or delta.reasoning:
            chunks.append(Reasoning(thought, at))
        if isinstance(delta.content, str):
            if delta.content:
                chunks.append(Text(delta.content, at))
        elif delta.content:
            _read_parts(delta.content, at, chunks)
        if delta.refusal:
            self._refused = True
            chunks.append(Text(delta.refusal, at))
        if delta.tool_calls:
            chunks.extend(self._piece(call, at) for call in delta.tool_calls)

    def _piece(self, call: _ToolCall, at: float) -> ToolCallPiece:
        """Whole calls without an index are counted, as some servers send them."""
        if call.id:
            self._calls += 1
        index = call.index if call.index is not None else max(self._calls - 1, 0)
        function = call.function or _Function()
        arguments = function.arguments or ""
        if not isinstance(arguments, str):
            arguments = msgspec.json.encode(arguments).decode()
        return ToolCallPiece(index, arguments, at, call.id, function.name)

    def _remember_usage(self, raw: msgspec.Raw, at: float) -> None:
        if bytes(raw) != b"null":
            self._usage = (raw.copy(), at)


def raise_unless_null(error: msgspec.Raw) -> None:
    if bytes(error) != b"null":
        raise error_in_stream(bytes(error))


def _read_parts(parts: list[Any], at: float, chunks: list[Chunk]) -> None:
    """Mistral's thinking models send the content as parts, some of which are thoughts."""
    for part in parts:
        match part:
            case {"type": "text", "text": str(text)}:
                chunks.append(Text(text, at))
            case {"type": "thinking", "thinking": str(text)}:
                chunks.append(Reasoning(text, at))
            case {"type": "thinking", "thinking": [*thoughts]}:
                said = [each["text"] for each in thoughts if isinstance(each, dict) and "text" in each]
                chunks.extend(Reasoning(text, at) for text in said if isinstance(text, str) and text)
            case _:
                raise ProviderError("bad_stream", f"The provider sent a part of no known kind: {part!r:.120}")
