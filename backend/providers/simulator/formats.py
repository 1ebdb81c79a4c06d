"""The wire formats that answer a prompt: where each listens, how it is read, who renders it. Data only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

from backend.providers.simulator import chat_request, messages_request, responses_request
from backend.providers.simulator.ask import Ask
from backend.providers.simulator.chat_voice import ChatVoice
from backend.providers.simulator.messages_voice import MessagesVoice
from backend.providers.simulator.responses_voice import ResponsesVoice
from backend.providers.simulator.voice import Voice

Vendor = Literal["openai", "anthropic"]
Read = Callable[[bytes, Mapping[str, str]], tuple[Any, Ask]]  # the request of that format, and what it asks


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFormat:
    path: str
    vendor: Vendor
    read: Read
    voice: Callable[..., Voice]
    prompt: str  # the parameter that holds it
    # Parameters that only some models take, each with what the vendor says beyond that.
    refused_by_reasoning: Mapping[str, str]
    refused_by_others: Mapping[str, str]

    def question(self, body: bytes, headers: Mapping[str, str]) -> tuple[Ask, Callable[..., Voice]]:
        request, ask = self.read(body, headers)
        return ask, partial(self.voice, request)


FORMATS: Final = (
    WireFormat(
        path="/openai/v1/chat/completions",
        vendor="openai",
        read=chat_request.read,
        voice=ChatVoice,
        prompt="messages",
        refused_by_reasoning={
            "temperature": "",
            "top_p": "",
            "presence_penalty": "",
            "frequency_penalty": "",
            "logprobs": "",
            "max_tokens": " Use 'max_completion_tokens' instead.",
        },
        refused_by_others={"reasoning_effort": "", "logprobs": ""},
    ),
    WireFormat(
        path="/openai/v1/responses",
        vendor="openai",
        read=responses_request.read,
        voice=ResponsesVoice,
        prompt="input",
        refused_by_reasoning={"temperature": "", "top_p": ""},
        refused_by_others={"reasoning": ""},
    ),
    WireFormat(
        path="/anthropic/v1/messages",
        vendor="anthropic",
        read=messages_request.read,
        voice=MessagesVoice,
        prompt="messages",
        refused_by_reasoning={"temperature": "", "top_p": "", "top_k": ""},
        refused_by_others={"thinking": ""},
    ),
)
