"""A script as Anthropic's Messages renders it: events or one object. Knows no sockets and no faults."""

from base64 import b64encode
from typing import Any, Final

from backend.providers.simulator.bodies import decode
from backend.providers.simulator.messages_request import Request
from backend.providers.simulator.refusals import ANTHROPIC, Reason, Refused, anthropic_body
from backend.providers.simulator.script import Finish, Kind, Piece, Script
from backend.providers.simulator.voice import event, to_json

_FINISH: Final = {
    Finish.STOP: "end_turn",
    Finish.STOP_SEQUENCE: "stop_sequence",
    Finish.LENGTH: "max_tokens",
    Finish.CALLS: "tool_use",
}


class MessagesVoice:
    def __init__(self, request: Request, script: Script, *, tells_usage: bool) -> None:
        self._script = script
        self._usage = tells_usage
        self._model = request.model
        self._omits_thinking = bool(request.thinking and request.thinking.display == "omitted")
        self._signature = b64encode(script.seed * 4).decode()
        self._index = -1
        self._open: tuple[Kind, int] | None = None
        self._before = b""

    def opening(self) -> bytes:
        first = self._script.pieces[0] if self._script.pieces else Piece(Kind.TEXT, "")
        start = {"type": "message_start", "message": self._message([], None, None, self._counted(1, 0))}
        return event("message_start", start) + self._opened(first) + self.ping()

    def token(self, piece: Piece) -> bytes:
        opened = b"" if (piece.kind, piece.call) == self._open else self._closed() + self._opened(piece)
        if piece.kind is Kind.REASONING and self._omits_thinking:
            return opened
        return opened + self._before + to_json(piece.text) + b"}}\n\n"

    def closing(self) -> bytes:
        script = self._script
        delta = {"stop_reason": _FINISH[script.finish], "stop_sequence": script.stopped_by}
        last: dict[str, Any] = {"type": "message_delta", "delta": delta}
        counted = self._counted(script.usage.output, script.usage.reasoning)
        last["usage"] = counted
        if not self._usage:
            del last["usage"]
        stop = event("message_stop", {"type": "message_stop"})
        return self._closed() + event("message_delta", last) + stop

    def error(self) -> bytes:
        body = anthropic_body(ANTHROPIC[Reason.OVERLOADED], f"req_{self._script.id}")
        return event("error", body)

    def ping(self) -> bytes:
        return event("ping", {"type": "ping"})

    def whole(self) -> bytes:
        script = self._script
        content: list[dict[str, Any]] = []
        if thinking := script.joined(Kind.REASONING):
            shown = "" if self._omits_thinking else thinking
            content.append({"type": "thinking", "thinking": shown, "signature": self._signature})
        if text := script.joined(Kind.TEXT):
            content.append({"type": "text", "text": text, "citations": None})
        for call in script.calls:
            # Arguments that were cut off are no JSON; this API says so with an empty object.
            arguments = _decoded_or_empty(call.arguments)
            content.append(
                {"type": "tool_use", "id": f"toolu_{call.id}", "name": call.name, "input": arguments}
            )
        usage = self._counted(script.usage.output, script.usage.reasoning)
        return to_json(self._message(content, _FINISH[script.finish], script.stopped_by, usage))

    def _message(
        self, content: list[dict[str, Any]], reason: str | None, stopped_by: str | None, usage: dict[str, Any]
    ) -> dict[str, Any]:
        message: dict[str, Any] = {
            "id": f"msg_{self._script.id}",
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": content,
            "stop_reason": reason,
            "stop_sequence": stopped_by,
        }
        return {**message, "usage": usage} if self._usage else message

    def _opened(self, piece: Piece) -> bytes:
        self._open = (piece.kind, piece.call)
        self._index += 1
        block, delta, field = self._block(piece)
        head = f'event: content_block_delta\ndata: {{"type":"content_block_delta","index":{self._index},'
        self._before = f'{head}"delta":{{"type":"{delta}","{field}":'.encode()
        start = {"type": "content_block_start", "index": self._index, "content_block": block}
        return event("content_block_start", start)

    def _block(self, piece: Piece) -> tuple[dict[str, Any], str, str]:
        """How a block begins, and the type and the field of its deltas."""
        match piece.kind:
            case Kind.REASONING:
                return {"type": "thinking", "thinking": "", "signature": ""}, "thinking_delta", "thinking"
            case Kind.TEXT:
                return {"type": "text", "text": ""}, "text_delta", "text"
            case Kind.CALL:
                call = self._script.calls[piece.call]
                block = {"type": "tool_use", "id": f"toolu_{call.id}", "name": call.name, "input": {}}
                return block, "input_json_delta", "partial_json"

    def _closed(self) -> bytes:
        signed = b""
        if self._open and self._open[0] is Kind.REASONING:
            delta = {"type": "signature_delta", "signature": self._signature}
            sign = {"type": "content_block_delta", "index": self._index, "delta": delta}
            signed = event("content_block_delta", sign)
        return signed + event("content_block_stop", {"type": "content_block_stop", "index": self._index})

    def _counted(self, output: int, thinking: int) -> dict[str, Any]:
        given_in = self._script.usage.input
        return {
            "input_tokens": given_in.fresh,
            "cache_creation_input_tokens": given_in.written_5m + given_in.written_1h,
            "cache_read_input_tokens": given_in.read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": given_in.written_5m,
                "ephemeral_1h_input_tokens": given_in.written_1h,
            },
            "output_tokens": output,
            "output_tokens_details": {"thinking_tokens": thinking},
            "service_tier": "standard",
        }


def _decoded_or_empty(arguments: str) -> Any:
    try:
        return decode(arguments.encode(), dict[str, Any])
    except Refused:
        return {}
