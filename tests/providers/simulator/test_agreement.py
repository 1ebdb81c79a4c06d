"""One script, three wire formats: text, reasoning, calls and usage are the same in all of them."""

import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

FAST = "@pace:0@ttft:0"
NAMES = ["swift", "sage", "smith", "polyglot", "operator", "gremlin"]
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
}
SAID = [
    {"role": "user", "content": "Hello, who are you?"},
    {"role": "assistant", "content": "Somebody."},
    {"role": "user", "content": "Plan two days in Göteborg, list the steps 🙂"},
]


async def of_chat(client: AsyncOpenAI, name: str, *, tools: bool) -> tuple[object, ...]:
    function = {"name": "plan_trip", "description": "Plans", "parameters": SCHEMA}
    answer = await client.chat.completions.create(
        model=name + FAST,
        messages=[{"role": "system", "content": "Be kind"}, *SAID],
        **({"tools": [{"type": "function", "function": function}]} if tools else {}),
    )
    message, usage = answer.choices[0].message, answer.usage
    assert usage is not None
    assert usage.completion_tokens_details is not None
    return (
        message.content or "",
        getattr(message, "reasoning_content", ""),
        [(call.function.name, call.function.arguments) for call in message.tool_calls or ()],
        usage.prompt_tokens,
        usage.completion_tokens,
        usage.completion_tokens_details.reasoning_tokens,
    )


async def of_responses(client: AsyncOpenAI, name: str, *, tools: bool) -> tuple[object, ...]:
    tool = {
        "type": "function",
        "name": "plan_trip",
        "description": "Plans",
        "parameters": SCHEMA,
        "strict": True,
    }
    answer = await client.responses.create(
        model=name + FAST,
        instructions="Be kind",
        input=SAID,
        **({"reasoning": {"summary": "auto"}} if name.startswith("sage") else {}),
        **({"tools": [tool]} if tools else {}),
    )
    assert answer.usage is not None
    thought = [part.text for item in answer.output if item.type == "reasoning" for part in item.summary]
    return (
        answer.output_text,
        "".join(thought),
        [(item.name, item.arguments) for item in answer.output if item.type == "function_call"],
        answer.usage.input_tokens,
        answer.usage.output_tokens,
        answer.usage.output_tokens_details.reasoning_tokens,
    )


async def of_messages(client: AsyncAnthropic, name: str, *, tools: bool) -> tuple[object, ...]:
    tool = {"name": "plan_trip", "description": "Plans", "input_schema": SCHEMA}
    async with client.messages.stream(
        model=name + FAST,
        max_tokens=4000,
        system="Be kind",
        messages=SAID,
        **({"thinking": {"type": "adaptive"}} if name.startswith("sage") else {}),
        **({"tools": [tool]} if tools else {}),
    ) as stream:
        pieces = [event.partial_json async for event in stream if event.type == "input_json"]
        answer = await stream.get_final_message()
    assert answer.usage.output_tokens_details is not None
    used = [block.name for block in answer.content if block.type == "tool_use"]
    return (
        "".join(block.text for block in answer.content if block.type == "text"),
        "".join(block.thinking for block in answer.content if block.type == "thinking"),
        [(name, "".join(pieces)) for name in used],
        answer.usage.input_tokens,
        answer.usage.output_tokens,
        answer.usage.output_tokens_details.thinking_tokens,
    )


@pytest.mark.parametrize("tools", [False, True])
@pytest.mark.parametrize("name", NAMES)
async def test_a_character_says_and_counts_the_same_everywhere(
    openai: AsyncOpenAI, anthropic: AsyncAnthropic, name: str, tools: bool
) -> None:
    model = name + "@seed:5"  # at which the unreliable one succeeds
    chat = await of_chat(openai, model, tools=tools)
    assert chat[0] or chat[2]
    assert bool(chat[2]) == (tools and name == "operator")
    assert await of_responses(openai, model, tools=tools) == chat
    assert await of_messages(anthropic, model, tools=tools) == chat


async def test_the_same_question_has_the_same_answer_and_another_seed_another(openai: AsyncOpenAI) -> None:
    async def said(seed: int) -> str:
        answer = await openai.chat.completions.create(
            model="smith" + FAST, messages=[{"role": "user", "content": "Sort a list"}], seed=seed
        )
        return answer.choices[0].message.content or ""

    first = await said(1)
    assert await said(1) == first
    assert len({first, await said(2), await said(3), await said(4)}) > 1
