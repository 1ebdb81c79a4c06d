"""How many tokens a call will use and an answer did use, where no provider says it. Never a network."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import Final, assert_never

import msgspec
from msgspec import Struct

from backend.catalogue.facts import Facts, ImageTokens, Tokenizer
from backend.catalogue.images import image_tokens
from backend.catalogue.tokenizers import Tokenizers
from backend.providers.capabilities import IMAGE_TYPES
from backend.providers.chat import (
    Call,
    FilePart,
    ImagePart,
    Message,
    Part,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from backend.providers.target import Target
from backend.providers.usage import Origin, Usage

# What chat formats put around each message and before the answer: OpenAI's figures, near enough for all.
_AROUND_MESSAGE: Final = 3
_BEFORE_ANSWER: Final = 3
_AROUND_TOOL: Final = 8

_PAGE: Final = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")
_BYTES_OF_A_PAGE: Final = 50_000


class Count(Struct, frozen=True):
    tokens: int
    origin: Origin
    note: str
    """With what it was counted, and how near it comes."""
    error_percent: int = 0
    """How far it is usually off."""

    @property
    def at_least(self) -> int:
        return self.tokens * max(0, 100 - self.error_percent) // 100

    @property
    def at_most(self) -> int:
        return -(-self.tokens * (100 + self.error_percent) // 100)


@dataclass(slots=True)
class _Content:
    """A call taken apart: text that is yet to be counted, and what counts for a figure that is known."""

    texts: list[str] = field(default_factory=list)
    fixed: int = 0
    guessed: bool = False


class TokenCounter:
    def __init__(self, tokenizers: Tokenizers, facts_of: Callable[[str], Facts]) -> None:
        self._tokenizers = tokenizers
        self._facts_of = facts_of

    async def text(self, text: str, target: Target) -> Count:
        facts = self._facts_of(target.id)
        tokens = await self._count([text], facts)
        return Count(
            tokens, "estimated" if facts.tokens_error_percent else "computed", _note(facts), _error(facts)
        )

    async def call(self, call: Call, target: Target) -> Count:
        facts = self._facts_of(target.id)
        content = _take_apart(call, facts)
        tokens = content.fixed + await self._count(content.texts, facts)
        note = _note(facts)
        if content.guessed:
            note += "; files, images and tools by the vendor's public figures"
        return Count(tokens, "estimated", note, _error(facts))

    async def usage(self, call: Call, target: Target, *, text: str, reasoning: str = "") -> Usage:
        """For an answer whose provider reported none, or that broke off; `text` holds its tool calls too."""
        given = await self.call(call, target)
        facts = self._facts_of(target.id)
        return Usage(
            input=given.tokens,
            output=await self._count([text], facts),
            reasoning=await self._count([reasoning], facts),
            origin="estimated",
            note=given.note,
        )

    async def _count(self, texts: list[str], facts: Facts) -> int:
        tokens = await self._tokenizers.count(_tokenizer(facts), texts)
        return ceil(tokens * (facts.tokens_factor or 1.0))


def _tokenizer(facts: Facts) -> Tokenizer:
    return facts.tokenizer or "o200k_base"


def _error(facts: Facts) -> int:
    return facts.tokens_error_percent or 0


def _note(facts: Facts) -> str:
    name = _tokenizer(facts)
    if not facts.tokens_error_percent:
        return f"counted with {name}"
    factor = "" if facts.tokens_factor in {None, 1.0} else f" times {facts.tokens_factor:g}"
    return (
        f"approximated with {name}{factor}, for want of this model's own tokenizer; "
        f"usually within {facts.tokens_error_percent} %"
    )


def _take_apart(call: Call, facts: Facts) -> _Content:
    content = _Content(fixed=_BEFORE_ANSWER)
    if call.system:
        content.texts.append(call.system)
        content.fixed += _AROUND_MESSAGE
    for message in call.messages:
        _add_message(content, message, facts)
    for tool in call.parameters.tools:
        content.texts += [tool.name, tool.description, _json(tool.schema)]
        content.fixed += _AROUND_TOOL
    if call.parameters.tools:
        content.fixed += facts.tools_tokens or 0
        content.guessed = True
    wanted = call.parameters.response_format
    if wanted and wanted.schema:
        content.texts.append(_json(wanted.schema))
    return content


def _add_message(content: _Content, message: Message, facts: Facts) -> None:
    content.fixed += _AROUND_MESSAGE
    for part in message.parts:
        _add_part(content, part, facts)


def _add_part(content: _Content, part: Part, facts: Facts) -> None:
    match part:
        case TextPart(text=text):
            content.texts.append(text)
        case ToolCallPart(name=name, arguments=arguments):
            content.texts += [name, arguments]
            content.fixed += _AROUND_TOOL
        case ToolResultPart(text=text):
            content.texts.append(text)
            content.fixed += _AROUND_TOOL
        case ImagePart(data=data):
            content.fixed += image_tokens(facts.images or ImageTokens(), data)
            content.guessed = True
        case FilePart():
            _add_file(content, part, facts)
        case _:
            assert_never(part)


def _add_file(content: _Content, part: FilePart, facts: Facts) -> None:
    if part.media_type in IMAGE_TYPES:
        _add_part(content, ImagePart(part.media_type, part.data), facts)
    elif part.media_type == "application/pdf":
        content.fixed += _pages(part.data) * (facts.pdf_page_tokens or 0)
        content.guessed = True
    else:
        content.texts += [part.name, part.data.decode(errors="replace")]


def _pages(pdf: bytes) -> int:
    """Newer files keep their pages in compressed streams; then their size has to do."""
    return len(_PAGE.findall(pdf)) or ceil(len(pdf) / _BYTES_OF_A_PAGE)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
