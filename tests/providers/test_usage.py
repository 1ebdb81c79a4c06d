"""Whatever a provider counts, each token is in one bucket, and all of them are the provider's total."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.providers.anthropic.messages_stream import MessagesStream
from backend.providers.anthropic.usage import to_usage
from backend.providers.openai.chat_stream import ChatStream
from backend.providers.openai.responses_stream import ResponsesStream
from backend.providers.openai.usage import decode_usage
from backend.providers.usage import BUCKETS, INPUT_BUCKETS, OUTPUT_BUCKETS, Usage
from tests.support.laws import law

COUNTS = st.integers(0, 10**9)
MAYBE = st.none() | COUNTS


def buckets(usage: Usage | None) -> dict[str, int]:
    assert usage is not None
    return {name: getattr(usage, name) for name in BUCKETS if getattr(usage, name)}


def openai_usage(said: Any) -> Usage | None:
    return decode_usage(json.dumps(said).encode(), 1.0)


@st.composite
def openai_counts(draw: st.DrawFn) -> dict[str, Any]:
    """As Chat Completions or Responses say it; parts of a whole overlap, and many leave something out."""
    prompt, completion = draw(COUNTS), draw(COUNTS)
    taken, made = draw(st.sampled_from([("prompt", "completion"), ("input", "output")]))
    said: dict[str, Any] = {f"{taken}_tokens": prompt, f"{made}_tokens": completion}
    if draw(st.booleans()):
        parts = ["cached_tokens", "cache_write_tokens", "audio_tokens"]
        said[f"{taken}_tokens_details"] = {part: draw(MAYBE) for part in parts}
    if draw(st.booleans()):
        said[f"{made}_tokens_details"] = {part: draw(MAYBE) for part in ("reasoning_tokens", "audio_tokens")}
    if draw(st.booleans()):
        said["total_tokens"] = prompt + completion + draw(st.sampled_from([0, 0, 5000]))
    for elsewhere in ("reasoning_tokens", "prompt_cache_hit_tokens"):
        if draw(st.booleans()):
            said[elsewhere] = draw(MAYBE)
    return said


@law
@given(openai_counts())
def test_openais_buckets_never_overlap_and_add_up(said: dict[str, Any]) -> None:
    usage = openai_usage(said)
    prompt = said.get("prompt_tokens", said.get("input_tokens"))
    completion = said.get("completion_tokens", said.get("output_tokens"))
    if not prompt and not completion:
        assert usage is None
        return
    assert usage is not None
    assert all(getattr(usage, name) >= 0 for name in BUCKETS)
    assert usage.input_total == sum(getattr(usage, name) for name in INPUT_BUCKETS) == prompt
    assert usage.output_total == sum(getattr(usage, name) for name in OUTPUT_BUCKETS)
    assert usage.total == said.get("total_tokens", prompt + completion)
    assert (usage.raw, usage.at, usage.origin) == (said, 1.0, "reported")


@pytest.mark.parametrize(
    ("said", "counted"),
    [
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 7,
                "completion_tokens_details": {"reasoning_tokens": 4},
            },
            {"input": 10, "output": 3, "reasoning": 4},
        ),
        # Some count reasoning beside the completion: only the total shows it, said or not.
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 7,
                "total_tokens": 21,
                "completion_tokens_details": {"reasoning_tokens": 4},
            },
            {"input": 10, "output": 7, "reasoning": 4},
        ),
        (
            {"prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 30},
            {"input": 10, "output": 7, "reasoning": 13},
        ),
        ({"prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 3}, {"input": 10, "output": 7}),
        (
            {"prompt_tokens": 10, "completion_tokens": 7, "reasoning_tokens": 5},
            {"input": 10, "output": 2, "reasoning": 5},
        ),
        (
            {"prompt_tokens": 10, "completion_tokens": 7, "prompt_cache_hit_tokens": 6},
            {"input": 4, "cache_read": 6, "output": 7},
        ),
        (
            {
                "input_tokens": 100,
                "output_tokens": 50,
                "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30, "audio_tokens": 5},
                "output_tokens_details": {"reasoning_tokens": 20, "audio_tokens": 10},
            },
            {
                "input": 5,
                "cache_read": 60,
                "cache_write_5m": 30,
                "input_audio": 5,
                "output": 20,
                "reasoning": 20,
                "output_audio": 10,
            },
        ),
        # More of a part than of the whole: the whole is what is paid for.
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 3,
                "prompt_tokens_details": {"cached_tokens": 99, "audio_tokens": 9},
                "completion_tokens_details": {"reasoning_tokens": 99},
            },
            {"cache_read": 10, "reasoning": 3},
        ),
        ({"prompt_tokens": 12.0, "completion_tokens": "3"}, {"input": 12, "output": 3}),
        ({"prompt_tokens": 12, "completion_tokens": None, "prompt_tokens_details": None}, {"input": 12}),
    ],
)
def test_each_way_of_counting_is_understood(said: dict[str, Any], counted: dict[str, int]) -> None:
    assert buckets(openai_usage(said)) == counted


@pytest.mark.parametrize("said", [{}, {"prompt_tokens": 0, "completion_tokens": 0}, {"total_tokens": None}])
def test_where_nothing_was_counted_nothing_is_said(said: dict[str, Any]) -> None:
    assert openai_usage(said) is None


def test_a_cost_that_a_provider_tells_is_kept_exactly() -> None:
    usage = decode_usage(b'{"prompt_tokens":1,"completion_tokens":1,"cost":0.000012345678901}', 0.0)
    assert usage is not None
    assert usage.cost == Decimal("0.000012345678901")


# --- Anthropic


def anthropic_stream(*counts: Any) -> MessagesStream:
    """What a stream made of its counts: the first at its beginning, the others as they grew."""
    stream = MessagesStream()
    first, *later = counts
    for said in (
        {"type": "message_start", "message": {"model": "some-model", "usage": first}},
        *({"type": "message_delta", "delta": {}, "usage": each} for each in later),
        {"type": "message_stop"},
    ):
        stream.read(json.dumps(said).encode(), 1.0, [])
    return stream


@st.composite
def anthropic_counts(draw: st.DrawFn) -> dict[str, Any]:
    short, long, output = draw(COUNTS), draw(COUNTS), draw(COUNTS)
    said: dict[str, Any] = {
        "input_tokens": draw(COUNTS),
        "cache_read_input_tokens": draw(COUNTS),
        "cache_creation_input_tokens": short + long,
        "output_tokens": output,
    }
    if draw(st.booleans()):
        said["cache_creation"] = {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long}
    if draw(st.booleans()):
        said["output_tokens_details"] = {"thinking_tokens": draw(st.integers(0, output))}
    return said


def anthropic_total(said: dict[str, Any]) -> int:
    parts = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")
    return sum(said.get(part) or 0 for part in parts)


@law
@given(anthropic_counts())
def test_anthropics_buckets_never_overlap_and_add_up(said: dict[str, Any]) -> None:
    usage = to_usage(said, 1.0)
    assert usage is not None
    assert all(getattr(usage, name) >= 0 for name in BUCKETS)
    assert usage.total == anthropic_total(said)
    assert usage.input == said["input_tokens"]
    assert usage.reasoning == said.get("output_tokens_details", {"thinking_tokens": 0})["thinking_tokens"]
    assert usage.raw == said


@law
@given(anthropic_counts(), st.lists(st.tuples(COUNTS, st.booleans()), max_size=4))
def test_later_counts_are_totals_and_leave_out_what_did_not_change(
    first: dict[str, Any], later: list[tuple[int, bool]]
) -> None:
    outputs = [{"output_tokens": count} | ({"input_tokens": None} if null else {}) for count, null in later]
    usage = anthropic_stream({**first, "output_tokens_details": None}, *outputs).usage
    last = later[-1][0] if later else first["output_tokens"]
    assert usage is not None
    assert usage.output == last
    assert usage.input_total == anthropic_total({**first, "output_tokens": 0})


@pytest.mark.parametrize(
    ("counts", "counted"),
    [
        ([{"input_tokens": 9, "output_tokens": 1}, {"output_tokens": 40}], {"input": 9, "output": 40}),
        (
            [
                {"input_tokens": 9, "cache_creation_input_tokens": 30, "output_tokens": 1},
                {"output_tokens": 5, "output_tokens_details": {"thinking_tokens": 2}},
            ],
            {"input": 9, "cache_write_5m": 30, "output": 3, "reasoning": 2},
        ),
        (
            [
                {
                    "cache_creation_input_tokens": 30,
                    "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
                },
                # Tools at the provider make it read and write more on the way.
                {"cache_creation_input_tokens": 36, "cache_read_input_tokens": 50, "output_tokens": 4},
            ],
            {"cache_read": 50, "cache_write_5m": 16, "cache_write_1h": 20, "output": 4},
        ),
        ([None, {"output_tokens": 4}], {"output": 4}),
    ],
)
def test_counts_of_a_stream_grow_into_one(counts: list[Any], counted: dict[str, int]) -> None:
    assert buckets(anthropic_stream(*counts).usage) == counted


# --- what no provider should say

USAGES = {
    "chat": ("prompt_tokens", "completion_tokens"),
    "responses": ("input_tokens", "output_tokens"),
    "messages": ("input_tokens", "output_tokens"),
}


def usage_of(dialect: str, said: bytes) -> Usage | None:
    """Of a stream that is otherwise in order and has ended."""
    match dialect:
        case "chat":
            stream: Any = ChatStream()
            events = [b'{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":' + said + b"}", b"[DONE]"]
        case "responses":
            stream = ResponsesStream()
            events = [b'{"type":"response.completed","response":{"usage":' + said + b"}}"]
        case _:
            stream = MessagesStream()
            start = b'{"type":"message_start","message":{"usage":' + said + b"}}"
            events = [start, b'{"type":"message_stop"}']
    for event in events:
        stream.read(event, 1.0, [])
    assert stream.finished(1.0) is not None, "the answer is whole, whatever was counted"
    usage: Usage | None = stream.usage
    return usage


every_dialect = pytest.mark.parametrize("dialect", USAGES)


@pytest.mark.parametrize("odd", ["-1", "1.5", "1e30", "9" * 30, '"many"', "true", "[]", "{}"])
@every_dialect
def test_a_count_that_is_none_makes_the_usage_unknown_and_the_answer_stays(dialect: str, odd: str) -> None:
    taken, made = USAGES[dialect]
    for said in (f'{{"{taken}":{odd},"{made}":5}}', f'{{"{taken}":5,"{made}":{odd}}}'):
        assert usage_of(dialect, said.encode()) is None


@pytest.mark.parametrize("dialect", ["chat", "responses"])
def test_an_odd_neighbour_of_a_count_is_no_failure_of_the_answer(dialect: str) -> None:
    taken, made = (name.encode() for name in USAGES[dialect])
    assert usage_of(dialect, b'{"%b":5,"%b":5,"more":"\xff"}' % (taken, made)) is None


@pytest.mark.parametrize("details", ['{"cached_tokens":-4}', '{"cached_tokens":1e40}', "[]", '"none"'])
def test_odd_details_make_the_usage_unknown(details: str) -> None:
    said = f'{{"prompt_tokens":5,"completion_tokens":5,"prompt_tokens_details":{details}}}'
    assert usage_of("chat", said.encode()) is None


def test_a_breakdown_without_figures_is_no_fault() -> None:
    said = {"input_tokens": 5, "cache_creation_input_tokens": 3}
    nothing = {"ephemeral_5m_input_tokens": None, "ephemeral_1h_input_tokens": None}
    usage = anthropic_stream({**said, "cache_creation": nothing}, {"output_tokens": 2}).usage
    assert buckets(usage) == {"input": 5, "cache_write_5m": 3, "output": 2}


@pytest.mark.parametrize("cost", ['"NaN"', '"sNaN"', '"Infinity"', "-0.5", '"-Infinity"'])
def test_a_cost_that_is_none_is_unknown_and_the_counts_stay(cost: str) -> None:
    usage = decode_usage(f'{{"prompt_tokens":5,"completion_tokens":6,"cost":{cost}}}'.encode(), 0.0)
    assert buckets(usage) == {"input": 5, "output": 6}
    assert usage is not None
    assert usage.cost is None


NAMES = [
    *("prompt_tokens", "completion_tokens", "input_tokens", "output_tokens", "total_tokens", "cost"),
    *("prompt_tokens_details", "cached_tokens", "reasoning_tokens", "output_tokens_details"),
    *("cache_creation", "cache_creation_input_tokens", "ephemeral_1h_input_tokens", "thinking_tokens"),
]
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4)
    | COUNTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=6,
)


@every_dialect
@law
@given(said=st.dictionaries(st.sampled_from(NAMES), JSON))
def test_whatever_is_said_of_usage_is_bounded_or_unknown(dialect: str, said: dict[str, Any]) -> None:
    usage = usage_of(dialect, json.dumps(said).encode())
    if usage is not None:
        assert all(0 <= getattr(usage, name) < 2**53 for name in BUCKETS)
        assert usage.cost is None or 0 <= usage.cost < Decimal("Infinity")
