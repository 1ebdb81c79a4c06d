"""A script as OpenAI's Chat Completions renders it: chunks or one object. Knows no sockets and no faults."""

import time
from typing import Any, Final

from backend.providers.simulator.chat_request import Request
from backend.providers.simulator.refusals import OPENAI, Reason, openai_body
from backend.providers.simulator.script import Finish, Kind, Piece, Script
from backend.providers.simulator.voice import to_json

_FINISH: Final = {
    Finish.STOP: "stop",
    Finish.STOP_SEQUENCE: "stop",
    Finish.LENGTH: "length",
    Finish.CALLS: "tool_calls",
}


class ChatVoice:
    def __init__(self, request: Request, script: Script, *, tells_usage: bool) -> None:
        options = request.stream_options
        self._script = script
        self._usage = tells_usage
        self._usage_in_stream = tells_usage and bool(options and options.include_usage)
        self._head = {
            "id": f"chatcmpl-{script.id}",
            "created": int(time.time()),
            "model": request.model,
            "service_tier": "default",
            "system_fingerprint": "fp_simulated",
        }
        # What is the same in every chunk is encoded once.
        head = to_json({**self._head, "object": "chat.completion.chunk"})[:-1]
        self._before = b"data: " + head + b',"choices":[{"index":0,"delta":'
        usage = b',"usage":null' if self._usage_in_stream else b""
        self._after = b',"logprobs":null,"finish_reason":null}]' + usage + b"}\n\n"
        self._text = self._before + b'{"content":'
        self._reasoning = self._before + b'{"reasoning_content":'
        self._call = -1

    def opening(self) -> bytes:
        return self._before + b'{"role":"assistant","content":"","refusal":null}' + self._after

    def token(self, piece: Piece) -> bytes:
        if piece.kind is Kind.TEXT:
            return self._text + to_json(piece.text) + b"}" + self._after
        if piece.kind is Kind.REASONING:
            return self._reasoning + to_json(piece.text) + b"}" + self._after
        opened = b"" if piece.call == self._call else self._opened(piece.call)
        delta = {"tool_calls": [{"index": piece.call, "function": {"arguments": piece.text}}]}
        return opened + self._before + to_json(delta) + self._after

    def closing(self) -> bytes:
        head = {**self._head, "object": "chat.completion.chunk"}
        last = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": _FINISH[self._script.finish]}
        tail = b"data: " + to_json({**head, "choices": [last]}) + b"\n\n"
        if self._usage_in_stream:
            tail += b"data: " + to_json({**head, "choices": [], "usage": self._counted()}) + b"\n\n"
        return tail + b"data: [DONE]\n\n"

    def error(self) -> bytes:
        return b"data: " + to_json(openai_body(OPENAI[Reason.FAILED])) + b"\n\n"

    def ping(self) -> bytes:
        return b": keep-alive\n\n"

    def whole(self) -> bytes:
        script = self._script
        message: dict[str, Any] = {"role": "assistant", "content": script.joined(Kind.TEXT) or None}
        message |= {"refusal": None, "annotations": []}
        if reasoning := script.joined(Kind.REASONING):
            message["reasoning_content"] = reasoning
        if script.calls:
            message["tool_calls"] = [
                {
                    "id": f"call_{call.id}",
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                }
                for call in script.calls
            ]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _FINISH[script.finish]}
        usage = {"usage": self._counted()} if self._usage else {}
        return to_json({**self._head, "object": "chat.completion", "choices": [choice], **usage})

    def _opened(self, number: int) -> bytes:
        self._call = number
        call = self._script.calls[number]
        function = {"name": call.name, "arguments": ""}
        opened = {"index": number, "id": f"call_{call.id}", "type": "function", "function": function}
        return self._before + to_json({"tool_calls": [opened]}) + self._after

    def _counted(self) -> dict[str, Any]:
        usage = self._script.usage
        return {
            "prompt_tokens": usage.input.total,
            "completion_tokens": usage.output,
            "total_tokens": usage.total,
            "prompt_tokens_details": {"cached_tokens": usage.input.read, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": usage.reasoning,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }
