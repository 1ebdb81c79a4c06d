"""A script as OpenAI's Responses renders it: events or one object. Knows no sockets and no faults."""

import time
from typing import Any, Final

from msgspec import to_builtins

from backend.providers.simulator.refusals import OPENAI, Reason
from backend.providers.simulator.responses_request import NamedTool, Request
from backend.providers.simulator.script import Finish, Kind, Piece, Script
from backend.providers.simulator.voice import event, to_json

_DELTAS: Final = {
    Kind.REASONING: ("response.reasoning_summary_text.delta", '"summary_index":0,'),
    Kind.TEXT: ("response.output_text.delta", '"content_index":0,"logprobs":[],'),
    Kind.CALL: ("response.function_call_arguments.delta", ""),
}
_ITEMS: Final = {Kind.REASONING: "rs", Kind.TEXT: "msg", Kind.CALL: "fc"}


class ResponsesVoice:
    def __init__(self, request: Request, script: Script, *, tells_usage: bool) -> None:
        reasoning = request.reasoning
        self._request = request
        self._script = script
        self._usage = tells_usage
        self._shows_reasoning = bool(reasoning and (reasoning.summary or reasoning.generate_summary))
        self._cut = script.finish is Finish.LENGTH
        self._created = int(time.time())
        self._number = -1  # of the last event
        self._open: tuple[Kind, int] | None = None
        self._said: list[str] = []  # in the item that is open
        self._done: list[dict[str, Any]] = []
        self._before = b""

    def opening(self) -> bytes:
        response = self._response("in_progress", [])
        return self._event("response.created", response=response) + self._event(
            "response.in_progress", response=response
        )

    def token(self, piece: Piece) -> bytes:
        opened = b"" if (piece.kind, piece.call) == self._open else self._closed() + self._opened(piece)
        self._said.append(piece.text)
        if piece.kind is Kind.REASONING and not self._shows_reasoning:
            return opened
        self._number += 1
        return b'%b%b%d,"delta":%b}\n\n' % (opened, self._before, self._number, to_json(piece.text))

    def closing(self) -> bytes:
        status = "incomplete" if self._cut else "completed"
        closed = self._closed(status)
        return closed + self._event(f"response.{status}", response=self._response(status, self._done))

    def error(self) -> bytes:
        complaint = OPENAI[Reason.FAILED]
        said = {"code": "server_error", "message": complaint.message}
        failed = {**self._response("failed", self._done), "error": said}
        return self._event("error", **said, param=None) + self._event("response.failed", response=failed)

    def ping(self) -> bytes:
        return b": keep-alive\n\n"

    def whole(self) -> bytes:
        for piece in self._script.pieces:
            self.token(piece)
        status = "incomplete" if self._cut else "completed"
        self._closed(status)
        return to_json(self._response(status, self._done))

    def _event(self, name: str, **fields: Any) -> bytes:
        self._number += 1
        return event(name, {"type": name, "sequence_number": self._number, **fields})

    def _place(self) -> dict[str, Any]:
        kind = self._open[0] if self._open else Kind.TEXT
        index = len(self._done)
        return {"item_id": f"{_ITEMS[kind]}_{self._script.id}{index:02d}", "output_index": index}

    def _opened(self, piece: Piece) -> bytes:
        self._open = (piece.kind, piece.call)
        self._said = []
        place = self._place()
        name, extra = _DELTAS[piece.kind]
        item, index = place["item_id"], place["output_index"]
        data = f'{{"type":"{name}","item_id":"{item}","output_index":{index},{extra}"sequence_number":'
        self._before = f"event: {name}\ndata: {data}".encode()
        added = self._event(
            "response.output_item.added", output_index=index, item=self._item("in_progress", empty=True)
        )
        match piece.kind:
            case Kind.TEXT:
                part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
                return added + self._event("response.content_part.added", **place, content_index=0, part=part)
            case Kind.REASONING if self._shows_reasoning:
                part = {"type": "summary_text", "text": ""}
                name = "response.reasoning_summary_part.added"
                return added + self._event(name, **place, summary_index=0, part=part)
            case Kind.REASONING | Kind.CALL:
                return added

    def _closed(self, status: str = "completed") -> bytes:
        if self._open is None:
            return b""
        place, item = self._place(), self._item(status)
        text = "".join(self._said)
        done = b""
        match self._open[0]:
            case Kind.TEXT:
                text_done = {**place, "content_index": 0, "text": text, "logprobs": []}
                part_done = {**place, "content_index": 0, "part": item["content"][0]}
                done = self._event("response.output_text.done", **text_done)
                done += self._event("response.content_part.done", **part_done)
            case Kind.CALL:
                done = self._event("response.function_call_arguments.done", **place, arguments=text)
            case Kind.REASONING if self._shows_reasoning:
                done = self._event(
                    "response.reasoning_summary_text.done", **place, summary_index=0, text=text
                )
                done += self._event(
                    "response.reasoning_summary_part.done", **place, summary_index=0, part=item["summary"][0]
                )
            case Kind.REASONING:
                pass
        done += self._event("response.output_item.done", output_index=place["output_index"], item=item)
        self._done.append(item)
        self._open = None
        return done

    def _item(self, status: str, *, empty: bool = False) -> dict[str, Any]:
        kind, number = self._open or (Kind.TEXT, 0)
        identity, text = self._place()["item_id"], "".join(self._said)
        match kind:
            case Kind.TEXT:
                part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
                content = [] if empty else [part]
                item = {"type": "message", "role": "assistant", "content": content, "status": status}
            case Kind.REASONING:
                shown = self._shows_reasoning and not empty
                item = {
                    "type": "reasoning",
                    "summary": [{"type": "summary_text", "text": text}] if shown else [],
                }
            case Kind.CALL:
                call = self._script.calls[number]
                item = {"type": "function_call", "call_id": f"call_{call.id}", "name": call.name}
                item |= {"arguments": text, "status": status}
        return {"id": identity, **item}

    def _response(self, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
        request = self._request
        ended = status in {"completed", "incomplete"}
        response = {
            "id": f"resp_{self._script.id}",
            "object": "response",
            "created_at": self._created,
            "status": status,
            "completed_at": int(time.time()) if status == "completed" else None,
            "error": None,
            "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
            "instructions": request.instructions,
            "max_output_tokens": request.max_output_tokens,
            "model": request.model,
            "output": output,
            "parallel_tool_calls": request.parallel_tool_calls is not False,
            "previous_response_id": None,
            "reasoning": {"effort": None, "summary": None, **_echo(request.reasoning, {})},
            "store": request.store is not False,
            "temperature": 1.0 if request.temperature is None else request.temperature,
            "text": _echo(request.text, {"format": {"type": "text"}}),
            "tool_choice": _tool_choice(request),
            "tools": _echo(request.tools, []),
            "top_p": 1.0 if request.top_p is None else request.top_p,
            "truncation": "disabled",
            "usage": self._counted() if ended else None,
            "user": None,
            "metadata": request.metadata or {},
        }
        if not self._usage:
            del response["usage"]
        return response

    def _counted(self) -> dict[str, Any]:
        usage = self._script.usage
        return {
            "input_tokens": usage.input.total,
            "input_tokens_details": {"cached_tokens": usage.input.read, "cache_write_tokens": 0},
            "output_tokens": usage.output,
            "output_tokens_details": {"reasoning_tokens": usage.reasoning},
            "total_tokens": usage.total,
        }


def _echo(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None else to_builtins(value)


def _tool_choice(request: Request) -> Any:
    choice = request.tool_choice
    return to_builtins(choice) if isinstance(choice, NamedTool) else choice or "auto"
