import asyncio

import pytest

from backend.catalogue.facts import Facts, shipped_rules
from backend.catalogue.tokenizers import Tokenizers
from backend.catalogue.tokens import TokenCounter
from backend.providers.capabilities import Capabilities
from backend.providers.chat import (
    Call,
    FilePart,
    ImagePart,
    Message,
    Parameters,
    ResponseFormat,
    TextPart,
    Tool,
    ToolCallPart,
    ToolResultPart,
    user,
)
from backend.providers.endpoints import Endpoint
from backend.providers.target import Target
from tests.catalogue.pictures import png

WEATHER = Tool(
    "weather", "Tells the weather.", {"type": "object", "properties": {"city": {"type": "string"}}}
)


@pytest.fixture(scope="module")
def counter(tokenizers: Tokenizers) -> TokenCounter:
    return TokenCounter(tokenizers, shipped_rules().of)


def target(model_id: str) -> Target:
    endpoint, _, name = model_id.partition("/")
    return Target(Endpoint(endpoint, endpoint), name, "chat", Capabilities())


GPT = target("openai/gpt-4o")
CLAUDE = target("anthropic/claude-opus-5-5")


async def test_text_is_counted_exactly_where_the_tokenizer_is_public(counter: TokenCounter) -> None:
    counted = await counter.text("hello world", GPT)
    assert (counted.tokens, counted.origin, counted.note) == (2, "computed", "counted with o200k_base")


async def test_an_approximation_says_so_and_how_near_it_comes(counter: TokenCounter) -> None:
    counted = await counter.text("hello world", CLAUDE)
    assert (counted.tokens, counted.origin) == (3, "estimated")
    assert counted.note == (
        "approximated with o200k_base times 1.5, for want of this model's own tokenizer; usually within 20 %"
    )


async def test_no_text_is_no_tokens(counter: TokenCounter) -> None:
    assert (await counter.text("", CLAUDE)).tokens == 0


async def test_a_call_counts_its_messages_with_what_is_put_around_them(counter: TokenCounter) -> None:
    short = await counter.call(Call("gpt-4o", (user("hello world"),)), GPT)
    with_system = await counter.call(Call("gpt-4o", (user("hello world"),), system="hello world"), GPT)
    assert (short.tokens, short.origin) == (2 + 3 + 3, "estimated")
    assert with_system.tokens == short.tokens + 2 + 3


@pytest.mark.parametrize(
    "part",
    [
        ImagePart("image/png", png(1024, 1024)),
        FilePart("scan.png", "image/png", png(1024, 1024)),
        FilePart("paper.pdf", "application/pdf", b"%PDF /Type /Page /Type/Page /Type /Pages"),
        FilePart("paper.pdf", "application/pdf", bytes(120_000)),
        FilePart("notes.txt", "text/plain", b"hello world " * 200),
        ToolCallPart("1", "weather", '{"city": "' + "Rome " * 50 + '"}'),
        ToolResultPart("1", "sunny " * 50),
    ],
)
async def test_every_kind_of_content_counts(counter: TokenCounter, part: object) -> None:
    alone = await counter.call(Call("gpt-4o", (Message("user", (TextPart("hello"),)),)), GPT)
    together = await counter.call(Call("gpt-4o", (Message("user", (TextPart("hello"), part)),)), GPT)
    assert together.tokens >= alone.tokens + 50


async def test_a_page_of_a_pdf_counts_for_what_the_vendor_makes_of_it(counter: TokenCounter) -> None:
    pdf = FilePart("paper.pdf", "application/pdf", b"/Type /Page /Type/Page\n /Type /Pages")
    counted = await counter.call(Call("claude", (Message("user", (pdf,)),)), CLAUDE)
    assert counted.tokens == 2 * 2300 + 3 + 3
    assert "vendor's public figures" in counted.note


async def test_tools_and_schemas_count(counter: TokenCounter) -> None:
    plain = Call("gpt-4o", (user("hello"),))
    tools = Call("gpt-4o", (user("hello"),), parameters=Parameters(tools=(WEATHER,)))
    shaped = Call(
        "gpt-4o", (user("hello"),), parameters=Parameters(response_format=ResponseFormat(schema={"type": 1}))
    )
    without, with_tools, with_shape = [
        (await counter.call(call, GPT)).tokens for call in (plain, tools, shaped)
    ]
    assert without < with_shape
    assert with_tools > without + 20
    assert (await counter.call(tools, CLAUDE)).tokens > with_tools + 346 - 12


async def test_an_answer_that_broke_off_is_estimated_with_all_it_said(counter: TokenCounter) -> None:
    usage = await counter.usage(
        Call("gpt-4o", (user("hello world"),)), GPT, text="hello world", reasoning="hello hello"
    )
    assert (usage.input, usage.output, usage.reasoning) == (8, 2, 2)
    assert (usage.origin, usage.note) == ("estimated", "counted with o200k_base")


async def test_many_who_count_at_first_need_are_all_served(counter: TokenCounter) -> None:
    fresh = TokenCounter(Tokenizers(), lambda _model: Facts(tokenizer="cl100k_base", tokens_error_percent=0))
    counts = await asyncio.gather(*(fresh.text("hello world", GPT) for _ in range(20)))
    assert {each.tokens for each in counts} == {2}
