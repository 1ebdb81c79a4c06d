import json

import pytest
from openai import AsyncOpenAI

from backend.providers.simulator.server import Simulator
from backend.providers.simulator.tokens import count

FAST = "@pace:0@ttft:0"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "integer", "minimum": 1, "maximum": 7},
                "unit": {"enum": ["celsius", "fahrenheit"]},
            },
            "required": ["city", "days", "unit"],
        },
    },
}


async def test_an_answer_in_one_piece_takes_up_the_prompt_and_says_that_it_is_simulated(
    openai: AsyncOpenAI,
) -> None:
    answer = await openai.chat.completions.create(
        model="swift" + FAST, messages=[{"role": "user", "content": "Explain the tides of the sea"}]
    )
    text = answer.choices[0].message.content
    assert text is not None
    assert "tides of the sea" in text.lower()
    assert "simulated" in text
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == count(text)
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


async def test_a_stream_begins_with_the_role_and_ends_with_reason_and_usage(openai: AsyncOpenAI) -> None:
    stream = await openai.chat.completions.create(
        model="swift" + FAST,
        messages=[{"role": "user", "content": "Hi"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = [chunk async for chunk in stream]
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == len(chunks) - 3
    assert {chunk.id for chunk in chunks} == {chunks[0].id}
    assert {chunk.model for chunk in chunks} == {"swift" + FAST}


async def test_a_stream_tells_no_usage_unasked(openai: AsyncOpenAI) -> None:
    stream = await openai.chat.completions.create(
        model="swift" + FAST, messages=[{"role": "user", "content": "Hi"}], stream=True
    )
    chunks = [chunk async for chunk in stream]
    assert [chunk for chunk in chunks if chunk.usage or not chunk.choices] == []


async def test_reasoning_comes_before_the_answer_and_is_counted(openai: AsyncOpenAI) -> None:
    stream = await openai.chat.completions.create(
        model="sage" + FAST,
        messages=[{"role": "user", "content": "Why do we sleep?"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    kinds = []
    async for chunk in stream:
        if chunk.choices and (reasoning := getattr(chunk.choices[0].delta, "reasoning_content", None)):
            kinds.append(("reasoning", reasoning))
        elif chunk.choices and chunk.choices[0].delta.content:
            kinds.append(("text", chunk.choices[0].delta.content))
        usage = chunk.usage
    names = [name for name, _ in kinds]
    assert names == sorted(names)
    assert "Why do we sleep?" in "".join(text for name, text in kinds if name == "reasoning")
    assert usage is not None
    assert usage.completion_tokens_details is not None
    assert usage.completion_tokens_details.reasoning_tokens == names.count("reasoning")


@pytest.mark.parametrize("effort", ["none", "low", "medium", "high"])
async def test_more_effort_is_more_reasoning(openai: AsyncOpenAI, effort: str) -> None:
    async def thought(asked: str) -> int:
        answer = await openai.chat.completions.create(
            model="sage" + FAST,
            messages=[{"role": "user", "content": "Why do we sleep?"}],
            reasoning_effort=asked,  # type: ignore[arg-type]
        )
        assert answer.usage is not None
        assert answer.usage.completion_tokens_details is not None
        return answer.usage.completion_tokens_details.reasoning_tokens or 0

    assert (await thought(effort) == 0) == (effort == "none")
    assert await thought(effort) < await thought("xhigh")


async def test_tool_calls_come_in_pieces_that_join_to_arguments_of_the_schema(openai: AsyncOpenAI) -> None:
    stream = await openai.chat.completions.create(
        model="operator" + FAST,
        messages=[{"role": "user", "content": "What is the weather in Oslo?"}],
        tools=[WEATHER],
        stream=True,
    )
    pieces, name, reason = [], None, None
    async for chunk in stream:
        for call in chunk.choices[0].delta.tool_calls or []:
            assert call.function is not None
            name = name or call.function.name
            pieces.append(call.function.arguments or "")
        reason = chunk.choices[0].finish_reason or reason
    arguments = json.loads("".join(pieces))
    assert name == "get_weather"
    assert reason == "tool_calls"
    assert len(pieces) > 4
    assert set(arguments) == {"city", "days", "unit"}
    assert 1 <= arguments["days"] <= 7
    assert arguments["unit"] in {"celsius", "fahrenheit"}


async def test_what_a_tool_answered_is_in_the_answer(openai: AsyncOpenAI) -> None:
    asked = [{"role": "user", "content": "What is the weather in Oslo?"}]
    first = await openai.chat.completions.create(model="operator" + FAST, messages=asked, tools=[WEATHER])
    calls = first.choices[0].message.tool_calls
    assert calls
    second = await openai.chat.completions.create(
        model="operator" + FAST,
        messages=[
            *asked,
            first.choices[0].message.to_dict(),
            *({"role": "tool", "tool_call_id": call.id, "content": "11 degrees, rain"} for call in calls),
        ],
        tools=[WEATHER],
    )
    assert "11 degrees, rain" in (second.choices[0].message.content or "")


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "get_weather"}}])
async def test_any_character_calls_a_tool_that_it_has_to(openai: AsyncOpenAI, choice: object) -> None:
    answer = await openai.chat.completions.create(
        model="swift" + FAST,
        messages=[{"role": "user", "content": "Hello"}],
        tools=[WEATHER],
        tool_choice=choice,  # type: ignore[arg-type]
    )
    calls = answer.choices[0].message.tool_calls
    assert calls is not None
    assert calls[0].function.name == "get_weather"  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
async def test_the_limit_cuts_the_answer(openai: AsyncOpenAI, name: str) -> None:
    asked = {"model": "smith" + FAST, "messages": [{"role": "user", "content": "Sort a list"}]}
    whole = await openai.chat.completions.create(**asked)
    cut = await openai.chat.completions.create(**asked, **{name: 7})
    assert cut.choices[0].finish_reason == "length"
    assert cut.usage is not None
    assert cut.usage.completion_tokens == 7
    assert (whole.choices[0].message.content or "").startswith(cut.choices[0].message.content or "?")


async def test_a_stop_sequence_ends_the_answer_before_it(openai: AsyncOpenAI) -> None:
    answer = await openai.chat.completions.create(
        model="smith" + FAST, messages=[{"role": "user", "content": "Sort a list"}], stop=["```", "@"]
    )
    assert answer.choices[0].finish_reason == "stop"
    assert "```" not in (answer.choices[0].message.content or "")
    assert len(answer.choices[0].message.content or "") > 20


async def test_a_json_schema_is_answered_with_json_of_that_schema(openai: AsyncOpenAI) -> None:
    schema = {
        "type": "object",
        "properties": {
            "title": {"type": "string", "maxLength": 30},
            "score": {"type": "number", "minimum": 0, "maximum": 1},
            "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}, "minItems": 1},
            "parent": {"anyOf": [{"type": "null"}, {"$ref": "#"}]},
        },
        "required": ["title", "score", "tags", "parent"],
        "$defs": {"tag": {"enum": ["wet", "dry"]}},
    }
    shape = {"type": "json_schema", "json_schema": {"name": "note", "schema": schema}}
    answer = await openai.chat.completions.create(
        model="polyglot" + FAST,
        messages=[{"role": "user", "content": "Note about tides"}],
        response_format=shape,  # type: ignore[arg-type]
    )
    note = json.loads(answer.choices[0].message.content or "")
    assert set(note) == {"title", "score", "tags", "parent"}
    assert len(note["title"]) <= 30
    assert 0 <= note["score"] <= 1
    assert set(note["tags"]) <= {"wet", "dry"}
    assert note["tags"]


async def test_plain_json_mode_answers_with_an_object(openai: AsyncOpenAI) -> None:
    answer = await openai.chat.completions.create(
        model="swift" + FAST,
        messages=[{"role": "user", "content": "Tides as JSON"}],
        response_format={"type": "json_object"},
    )
    assert json.loads(answer.choices[0].message.content or "")["simulated"] is True


async def test_a_long_prompt_is_read_from_the_cache_the_second_time(openai: AsyncOpenAI) -> None:
    async def cached(question: str) -> tuple[int, int]:
        answer = await openai.chat.completions.create(
            model="swift" + FAST,
            messages=[
                {"role": "system", "content": "Know this well. " * 800},
                {"role": "user", "content": question},
            ],
        )
        assert answer.usage is not None
        assert answer.usage.prompt_tokens_details is not None
        return answer.usage.prompt_tokens_details.cached_tokens or 0, answer.usage.prompt_tokens

    assert (await cached("One?"))[0] == 0
    read, total = await cached("Two, and it is another question?")
    assert read % 128 == 0
    assert total - 150 < read < total


async def test_the_request_is_remembered_byte_by_byte(openai: AsyncOpenAI, simulator: Simulator) -> None:
    await openai.chat.completions.create(model="swift" + FAST, messages=[{"role": "user", "content": "é"}])
    recorded = simulator.requests[-1]
    assert (recorded.method, recorded.path) == ("POST", "/openai/v1/chat/completions")
    assert recorded.headers["authorization"] == "Bearer sk-test"
    assert json.loads(recorded.body)["messages"] == [{"role": "user", "content": "é"}]


async def test_models_are_listed_and_found(openai: AsyncOpenAI) -> None:
    listed = [model.id async for model in openai.models.list()]
    assert {"swift", "sage", "smith", "polyglot", "operator", "gremlin", "compass"} == set(listed)
    assert (await openai.models.retrieve("sage")).owned_by == "bakeoff-simulator"
