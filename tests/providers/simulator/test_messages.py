import pytest
from anthropic import AsyncAnthropic

FAST = "@pace:0@ttft:0"
WEATHER = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
SAID = [{"role": "user", "content": "Why do we sleep?"}]


async def test_a_stream_has_blocks_that_open_and_close(anthropic: AsyncAnthropic) -> None:
    stream = await anthropic.messages.create(
        model="sage" + FAST, max_tokens=4000, messages=SAID, thinking={"type": "adaptive"}, stream=True
    )
    events = [event async for event in stream]
    assert list(dict.fromkeys((event.type, getattr(event, "index", None)) for event in events)) == [
        ("message_start", None),
        ("content_block_start", 0),
        ("content_block_delta", 0),
        ("content_block_stop", 0),
        ("content_block_start", 1),
        ("content_block_delta", 1),
        ("content_block_stop", 1),
        ("message_delta", None),
        ("message_stop", None),
    ]
    deltas = [event.delta for event in events if event.type == "content_block_delta"]
    kinds = list(dict.fromkeys(delta.type for delta in deltas))
    assert kinds == ["thinking_delta", "signature_delta", "text_delta"]
    last = events[-2]
    assert last.type == "message_delta"
    assert last.delta.stop_reason == "end_turn"
    assert last.usage.output_tokens == len(deltas) - 1


async def test_the_sdk_gathers_a_stream_to_the_message_in_one_piece(anthropic: AsyncAnthropic) -> None:
    whole = await anthropic.messages.create(
        model="sage" + FAST, max_tokens=4000, messages=SAID, thinking={"type": "adaptive"}
    )
    async with anthropic.messages.stream(
        model="sage" + FAST, max_tokens=4000, messages=SAID, thinking={"type": "adaptive"}
    ) as stream:
        gathered = await stream.get_final_message()
    assert [block.type for block in whole.content] == ["thinking", "text"]
    assert [block.to_dict(exclude_none=True) for block in gathered.content] == [
        block.to_dict(exclude_none=True) for block in whole.content
    ]
    assert gathered.usage.output_tokens == whole.usage.output_tokens


async def test_it_thinks_only_when_asked_and_can_keep_it_to_itself(anthropic: AsyncAnthropic) -> None:
    plain = await anthropic.messages.create(model="sage" + FAST, max_tokens=4000, messages=SAID)
    assert [block.type for block in plain.content] == ["text"]
    silent = await anthropic.messages.create(
        model="sage" + FAST,
        max_tokens=4000,
        messages=SAID,
        thinking={"type": "adaptive", "display": "omitted"},
    )
    thinking = silent.content[0]
    assert thinking.type == "thinking"
    assert thinking.thinking == ""
    assert thinking.signature
    assert silent.usage.output_tokens_details is not None
    assert silent.usage.output_tokens_details.thinking_tokens > 0


async def test_a_tool_is_used_in_pieces_and_its_result_answered(anthropic: AsyncAnthropic) -> None:
    asked = [{"role": "user", "content": "What is the weather in Oslo?"}]
    async with anthropic.messages.stream(
        model="operator" + FAST, max_tokens=400, messages=asked, tools=[WEATHER]
    ) as stream:
        pieces = [event.partial_json async for event in stream if event.type == "input_json"]
        first = await stream.get_final_message()
    assert first.stop_reason == "tool_use"
    used = first.content[0]
    assert used.type == "tool_use"
    assert list(used.input) == ["city"]
    assert len(pieces) > 2
    result = {"type": "tool_result", "tool_use_id": used.id, "content": "11 degrees"}
    second = await anthropic.messages.create(
        model="operator" + FAST,
        max_tokens=400,
        messages=[
            *asked,
            {"role": "assistant", "content": [used.to_dict(exclude_none=True)]},
            {"role": "user", "content": [result]},
        ],
        tools=[WEATHER],
    )
    assert second.content[0].type == "text"
    assert "11 degrees" in second.content[0].text


@pytest.mark.parametrize(
    ("more", "reason", "sequence"),
    [
        ({"max_tokens": 5}, "max_tokens", None),
        ({"max_tokens": 500, "stop_sequences": ["simulated"]}, "stop_sequence", "simulated"),
    ],
)
async def test_it_says_why_it_stopped(
    anthropic: AsyncAnthropic, more: dict[str, object], reason: str, sequence: str | None
) -> None:
    answer = await anthropic.messages.create(model="swift" + FAST, messages=SAID, **more)
    assert (answer.stop_reason, answer.stop_sequence) == (reason, sequence)


async def test_what_is_marked_is_written_to_the_cache_and_then_read(anthropic: AsyncAnthropic) -> None:
    async def ask(question: str) -> tuple[int, int, int, int]:
        answer = await anthropic.messages.create(
            model="swift" + FAST,
            max_tokens=100,
            system=[
                {
                    "type": "text",
                    "text": "Know this well. " * 500,
                    "cache_control": {"type": "ephemeral", "ttl": "1h"},
                },
                {"type": "text", "text": "And this. " * 400, "cache_control": {"type": "ephemeral"}},
            ],
            messages=[{"role": "user", "content": question}],
        )
        usage = answer.usage
        assert usage.cache_creation is not None
        return (
            usage.cache_creation.ephemeral_1h_input_tokens,
            usage.cache_creation.ephemeral_5m_input_tokens,
            usage.cache_read_input_tokens or 0,
            usage.input_tokens,
        )

    hour, minutes, read, fresh = await ask("One?")
    assert hour > 1024
    assert minutes > 1024
    assert read == 0
    assert fresh < 20
    assert await ask("Two?") == (0, 0, hour + minutes, fresh)


async def test_nothing_is_cached_unmarked(anthropic: AsyncAnthropic) -> None:
    for _ in range(2):
        answer = await anthropic.messages.create(
            model="swift" + FAST, max_tokens=10, messages=[{"role": "user", "content": "Know this. " * 999}]
        )
        assert answer.usage.cache_read_input_tokens == 0
        assert answer.usage.cache_creation_input_tokens == 0


async def test_counted_tokens_are_those_of_the_answer(anthropic: AsyncAnthropic) -> None:
    counted = await anthropic.messages.count_tokens(model="swift", system="Be kind", messages=SAID)
    answer = await anthropic.messages.create(
        model="swift" + FAST, max_tokens=10, system="Be kind", messages=SAID
    )
    assert counted.input_tokens == answer.usage.input_tokens


async def test_models_are_listed_and_found(anthropic: AsyncAnthropic) -> None:
    listed = [model.id async for model in anthropic.models.list()]
    assert listed == ["swift", "sage", "smith", "polyglot", "operator", "gremlin"]
    assert (await anthropic.models.retrieve("sage")).display_name == "Sage (simulated)"
