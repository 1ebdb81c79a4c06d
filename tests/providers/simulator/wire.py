"""The same prompt in all three wire formats, and what came back in words that they share."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

CHAT = "/openai/v1/chat/completions"
RESPONSES = "/openai/v1/responses"
MESSAGES = "/anthropic/v1/messages"
PATHS = (CHAT, RESPONSES, MESSAGES)


def body(path: str, model: str, text: str = "Tell me about tides", **more: Any) -> dict[str, Any]:
    said = [{"role": "user", "content": text}]
    shapes: dict[str, dict[str, Any]] = {
        CHAT: {"messages": said, "stream": True},
        RESPONSES: {"input": said, "stream": True},
        MESSAGES: {"messages": said, "stream": True, "max_tokens": 4000},
    }
    return {"model": model, **shapes[path], **more}


@dataclass(frozen=True)
class Event:
    name: str | None
    data: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.data)


def events(raw: bytes) -> list[Event]:
    """A reader of event streams as simple as can be: one event name, one line of data."""
    found = []
    for frame in raw.split(b"\n\n"):
        lines = dict(
            line.split(b": ", 1) for line in frame.split(b"\n") if line and not line.startswith(b":")
        )
        if b"data" in lines:
            found.append(Event(lines.get(b"event", b"").decode() or None, lines[b"data"]))
    return found


def _chat_text(data: Any) -> str:
    choices = data.get("choices") or [{}]
    return choices[0].get("delta", {}).get("content") or ""


def _responses_text(data: Any) -> str:
    return data["delta"] if data["type"] == "response.output_text.delta" else ""


def _messages_text(data: Any) -> str:
    return data["delta"].get("text", "") if data["type"] == "content_block_delta" else ""


_TEXTS: dict[str, Callable[[Any], str]] = {
    CHAT: _chat_text,
    RESPONSES: _responses_text,
    MESSAGES: _messages_text,
}


def text_of(path: str, raw: bytes) -> str:
    return "".join(_TEXTS[path](each.json) for each in events(raw) if each.data != b"[DONE]")


def is_terminal(path: str, raw: bytes) -> bool:
    last = {CHAT: b"data: [DONE]", RESPONSES: b"event: response.completed", MESSAGES: b"event: message_stop"}
    return last[path] in raw


async def until(condition: Callable[[], object]) -> None:
    """Until it holds. A minute is for a machine that stands still: whoever waits longer waits for nothing."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - what is counted on the other side has no event to wait for
            await asyncio.sleep(0.005)


async def until_broken(response: aiohttp.ClientResponse) -> bytes:
    """Everything that came before the connection broke."""
    raw = b""
    try:
        async for data in response.content.iter_any():
            raw += data
    except (aiohttp.ClientPayloadError, aiohttp.ClientOSError):
        return raw
    raise AssertionError("the body ended as if nothing had happened")
