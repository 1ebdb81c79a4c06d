"""What a listener makes of the pieces of an answer, and says of it at the end."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.providers.answering import Piece, Retrying
from backend.providers.chat import Finished, Interrupted, Reasoning, Text, ToolCallPiece
from backend.providers.usage import BUCKETS, Usage


@dataclass
class Heard:
    text: str = ""
    reasoning: str = ""
    tool_calls: dict[int, dict[str, str | None]] = field(default_factory=dict)
    usage: Usage | None = None
    retries: list[Retrying] = field(default_factory=list)
    end: dict[str, Any] = field(default_factory=dict)

    def take(self, chunks: Sequence[Piece]) -> None:
        for chunk in chunks:
            assert not self.end, "nothing comes after the end"
            match chunk:
                case Text(text=text):
                    self.text += text
                case Reasoning(text=text):
                    self.reasoning += text
                case ToolCallPiece(index=index, arguments=arguments, id=call_id, name=name):
                    call = self.tool_calls.setdefault(index, {"id": None, "name": None, "arguments": ""})
                    call["id"] = call_id or call["id"]
                    call["name"] = name or call["name"]
                    call["arguments"] = (call["arguments"] or "") + arguments
                case Usage():
                    self.usage = chunk
                case Finished(reason=reason, said=said, model=model):
                    self.end = {"end": "finished", "reason": reason, "said": said, "model": model}
                case Interrupted():
                    self.end = {"end": "interrupted"}
                case Retrying():
                    self.retries.append(chunk)

    def as_file(self) -> dict[str, Any]:
        usage = self.usage
        return {
            "text": self.text,
            "reasoning": self.reasoning,
            "toolCalls": list(self.tool_calls.values()),
            "usage": usage and {name: getattr(usage, name) for name in BUCKETS if getattr(usage, name)},
            "total": usage and usage.total,
            **self.end,
        }
