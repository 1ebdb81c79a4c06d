"""What every wire format must do alike: text, reasoning, tools, usage, marks."""

from contextlib import aclosing

import pytest

from backend.providers.answering import Candidate
from backend.providers.calling import Providers
from backend.providers.chat import Call, Finished, Parameters, Text, Tool, user
from backend.providers.simulator.server import Simulator
from tests.support.wires import CHAT, COMPATIBLE, KEY, WIRES, Wire, ask, quick

every_wire = pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
WEATHER = Tool(
    "weather",
    "The weather at a place.",
    {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
)


@every_wire
async def test_a_text_comes_in_pieces_and_ends_with_a_reason(
    wire: Wire, simulator: Simulator, providers: Providers
) -> None:
    told = await ask(providers, wire.target(simulator, "swift@ttft:0@pace:1"))

    assert told.error is None
    assert told.heard.end["reason"] == "stop"
    assert len(told.heard.text) > 20
    assert told.answer.finished is not None
    assert told.answer.finished.model
    assert told.answer.target.name == "swift@ttft:0@pace:1"


async def test_all_wires_say_the_same(simulator: Simulator, providers: Providers) -> None:
    texts = {(await ask(providers, wire.target(simulator, quick("sage")))).heard.text for wire in WIRES}
    assert len(texts) == 1


@every_wire
async def test_the_moments_of_a_call_are_in_their_order(
    wire: Wire, simulator: Simulator, providers: Providers
) -> None:
    target = wire.target(simulator, "sage@ttft:5@pace:1", reasoning=True, thinking="adaptive")
    marks = (await ask(providers, target, parameters=Parameters(reasoning_effort="low"))).answer.marks

    moments = [marks.queued, marks.sent, marks.headers, marks.first_chunk, marks.first_text, marks.last]
    assert None not in moments
    assert moments == sorted(moments)  # type: ignore[type-var]
    assert marks.first_chunk < marks.first_text  # type: ignore[operator] - it thought first


@every_wire
async def test_thoughts_are_kept_apart_from_the_answer(
    wire: Wire, simulator: Simulator, providers: Providers
) -> None:
    target = wire.target(simulator, quick("sage"), reasoning=True, thinking="adaptive")
    told = await ask(providers, target, parameters=Parameters(reasoning_effort="high"))

    assert told.error is None
    assert told.heard.text
    assert told.heard.reasoning
    assert told.heard.usage is None or told.heard.usage.reasoning > 0


@every_wire
async def test_tools_are_called_with_arguments_in_pieces(
    wire: Wire, simulator: Simulator, providers: Providers
) -> None:
    told = await ask(
        providers, wire.target(simulator, quick("operator")), parameters=Parameters(tools=(WEATHER,))
    )

    assert told.heard.end["reason"] == "tool_calls"
    (call,) = told.heard.tool_calls.values()
    assert call["name"] == "weather"
    assert call["id"]
    assert '"place"' in str(call["arguments"])


@every_wire
async def test_usage_adds_up_to_what_the_provider_says(
    wire: Wire, simulator: Simulator, providers: Providers
) -> None:
    told = await ask(providers, wire.target(simulator, quick("sage"), reasoning=True))
    usage = told.heard.usage

    if wire is COMPATIBLE:
        assert usage is None  # it was not asked, and so it did not tell
        return
    assert usage is not None
    assert usage.origin == "reported"
    raw = usage.raw
    total = raw.get("total_tokens") or raw["input_tokens"] + raw["output_tokens"]
    assert usage.total == total > 0
    assert usage.output > 0


@every_wire
async def test_a_missing_usage_is_told_as_missing(
    wire: Wire, simulator: Simulator, providers: Providers
) -> None:
    told = await ask(providers, wire.target(simulator, quick("swift@no-usage")))

    assert told.error is None
    assert told.heard.text
    assert told.heard.usage is None or told.heard.usage.output == 0


@every_wire
async def test_the_longest_answer_asked_for_is_where_it_ends(
    wire: Wire, simulator: Simulator, providers: Providers
) -> None:
    told = await ask(
        providers, wire.target(simulator, quick("smith")), parameters=Parameters(max_output_tokens=16)
    )
    assert told.heard.end["reason"] == "length"


async def test_what_one_read_brings_comes_in_one_batch(simulator: Simulator, providers: Providers) -> None:
    """Whoever is behind gets more at a time instead of falling further behind."""
    target = CHAT.target(simulator, "swift@ttft:0@pace:0@tokens:2000")
    answer = providers.answer(Call("", (user("x"),)), [Candidate(target, KEY)])
    async with aclosing(answer.pieces()) as pieces:
        batches = [batch async for batch in pieces]

    assert sum(isinstance(piece, Text) for batch in batches for piece in batch) == 2000
    assert len(batches) < 1000
    assert isinstance(batches[-1][-1], Finished)


async def test_a_connection_is_used_again_after_a_whole_answer(
    simulator: Simulator, providers: Providers
) -> None:
    for _ in range(5):
        for wire in WIRES:
            assert (await ask(providers, wire.target(simulator, quick("swift")))).error is None

    assert simulator.stats.connections_accepted == 1
