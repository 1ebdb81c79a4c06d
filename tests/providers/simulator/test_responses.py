import json

import pytest
from openai import AsyncOpenAI

FAST = "@pace:0@ttft:0"
LOOKUP = {
    "type": "function",
    "name": "look_up",
    "parameters": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
    "strict": True,
}


async def test_a_stream_opens_and_closes_everything_in_order(openai: AsyncOpenAI) -> None:
    stream = await openai.responses.create(
        model="sage" + FAST, input="Why do we sleep?", reasoning={"summary": "auto"}, stream=True
    )
    events = [event async for event in stream]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = [event.type for event in events]
    assert list(dict.fromkeys(kinds)) == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done",
        "response.output_item.done",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.completed",
    ]
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    last = events[-1]
    assert last.type == "response.completed"
    assert last.response.output_text == text
    assert last.response.usage is not None
    assert last.response.usage.output_tokens == sum(kind.endswith("text.delta") for kind in kinds)


async def test_reasoning_is_shown_only_when_a_summary_is_asked_for(openai: AsyncOpenAI) -> None:
    stream = await openai.responses.create(model="sage" + FAST, input="Why do we sleep?", stream=True)
    events = [event async for event in stream]
    assert not [event for event in events if "reasoning_summary" in event.type]
    last = events[-1]
    assert last.type == "response.completed"
    assert [item.type for item in last.response.output] == ["reasoning", "message"]
    assert last.response.usage is not None
    assert last.response.usage.output_tokens_details.reasoning_tokens > 0


async def test_an_answer_in_one_piece_equals_the_stream(openai: AsyncOpenAI) -> None:
    whole = await openai.responses.create(model="smith" + FAST, input="Sort a list", instructions="Be kind")
    stream = await openai.responses.create(
        model="smith" + FAST, input="Sort a list", instructions="Be kind", stream=True
    )
    async for event in stream:
        if event.type == "response.completed":
            assert event.response.output_text == whole.output_text
            assert event.response.usage == whole.usage
    assert whole.status == "completed"
    assert whole.instructions == "Be kind"


async def test_a_function_is_called_and_its_output_answered(openai: AsyncOpenAI) -> None:
    asked = [{"role": "user", "content": "Please look up tides"}]
    stream = await openai.responses.create(model="operator" + FAST, input=asked, tools=[LOOKUP], stream=True)
    events = [event async for event in stream]
    pieces = [event.delta for event in events if event.type == "response.function_call_arguments.delta"]
    last = events[-1]
    assert last.type == "response.completed"
    call = last.response.output[0]
    assert call.type == "function_call"
    assert call.arguments == "".join(pieces)
    assert set(json.loads(call.arguments)) == {"query"}
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "twice a day"}
    answer = await openai.responses.create(
        model="operator" + FAST, input=[*asked, call.to_dict(), output], tools=[LOOKUP]
    )
    assert "twice a day" in answer.output_text


async def test_the_limit_makes_the_response_incomplete(openai: AsyncOpenAI) -> None:
    stream = await openai.responses.create(
        model="smith" + FAST, input="Sort a list", max_output_tokens=20, stream=True
    )
    last = [event async for event in stream][-1]
    assert last.type == "response.incomplete"
    assert last.response.status == "incomplete"
    assert last.response.incomplete_details is not None
    assert last.response.incomplete_details.reason == "max_output_tokens"
    assert last.response.usage is not None
    assert last.response.usage.output_tokens == 20


@pytest.mark.parametrize("kind", ["json_schema", "json_object"])
async def test_a_format_is_kept_to(openai: AsyncOpenAI, kind: str) -> None:
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    shape = {"type": kind, "name": "x", "schema": schema} if kind == "json_schema" else {"type": kind}
    answer = await openai.responses.create(
        model="swift" + FAST,
        input="Tides as JSON",
        text={"format": shape},  # type: ignore[typeddict-item]
    )
    found = json.loads(answer.output_text)
    assert found["ok"] in {True, False} if kind == "json_schema" else found["simulated"] is True
