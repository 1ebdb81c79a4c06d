"""The floor: aiohttp, lines, msgspec and nothing else. It survives no fault, so nobody should use it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
import msgspec

from benchmarks.readers.reading import LONGEST, QUESTION, Connect, CutOffError, Heard, Read

PREFIX = b"data: {"
HEADERS = {
    "content-type": "application/json",
    "accept": "text/event-stream",
    "authorization": "Bearer any",
    "x-api-key": "any",
    "anthropic-version": "2023-06-01",
}


class _ChatDelta(msgspec.Struct):
    content: str | None = None


class _ChatChoice(msgspec.Struct):
    delta: _ChatDelta


class _ChatChunk(msgspec.Struct):
    choices: list[_ChatChoice]


class _ResponsesEvent(msgspec.Struct):
    type: str
    delta: str = ""


class _MessagesDelta(msgspec.Struct):
    text: str = ""


class _MessagesEvent(msgspec.Struct):
    type: str
    delta: _MessagesDelta | None = None


@dataclass(frozen=True, slots=True)
class Wire:
    path: str
    question: dict[str, Any]
    said: Callable[[bytes], str | None]
    """By one event."""
    end: bytes
    """What is in the last line of a whole answer."""


_chat_chunk = msgspec.json.Decoder(_ChatChunk).decode
_responses_event = msgspec.json.Decoder(_ResponsesEvent).decode
_messages_event = msgspec.json.Decoder(_MessagesEvent).decode


def _said_in_chat(event: bytes) -> str | None:
    choices = _chat_chunk(event).choices
    return choices[0].delta.content if choices else None


def _said_in_responses(event: bytes) -> str | None:
    said = _responses_event(event)
    return said.delta if said.type == "response.output_text.delta" else None


def _said_in_messages(event: bytes) -> str | None:
    said = _messages_event(event)
    return said.delta.text if said.type == "content_block_delta" and said.delta else None


_MESSAGES = [{"role": "user", "content": QUESTION}]
CHAT = Wire(
    "/openai/v1/chat/completions",
    {"messages": _MESSAGES, "stream": True, "stream_options": {"include_usage": True}},
    _said_in_chat,
    b"[DONE]",
)
RESPONSES = Wire(
    "/openai/v1/responses", {"input": QUESTION, "stream": True}, _said_in_responses, b'"response.completed"'
)
MESSAGES = Wire(
    "/anthropic/v1/messages",
    {"messages": _MESSAGES, "stream": True, "max_tokens": LONGEST},
    _said_in_messages,
    b'"message_stop"',
)


def connecting(wire: Wire) -> Connect:
    return partial(_connected, wire=wire)


def body(wire: Wire, model: str) -> bytes:
    return msgspec.json.encode({"model": model, **wire.question})


@asynccontextmanager
async def _connected(url: str, wire: Wire) -> AsyncIterator[Read]:
    said = wire.said
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def read(model: str, heard: Heard) -> None:
            rest = last = b""
            async with session.post(url + wire.path, data=body(wire, model), headers=HEADERS) as response:
                response.raise_for_status()
                async for piece in response.content.iter_any():
                    *lines, rest = (rest + piece).split(b"\n")
                    for line in filter(None, lines):
                        last = line
                        if line.startswith(PREFIX) and (text := said(line[6:])):
                            heard(text)
            if wire.end not in last:
                raise CutOffError

        yield read
