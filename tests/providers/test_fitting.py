"""What of a call is sent to a model: parameters are dropped and told, content never is."""

import json
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.providers.calling import Providers
from backend.providers.capabilities import IMAGE_TYPES, Capabilities
from backend.providers.chat import (
    PARAMETER_NAMES,
    Call,
    Effort,
    FilePart,
    ImagePart,
    Message,
    ParameterName,
    Parameters,
    Part,
    ResponseFormat,
    TextPart,
    Tool,
    ToolCallPart,
    ToolResultPart,
    user,
)
from backend.providers.dialects import WIRE_FORMATS
from backend.providers.endpoints import ENDPOINTS, Dialect, Endpoint
from backend.providers.failures import ProviderError
from backend.providers.fitting import Fitted, fit
from backend.providers.simulator.server import Simulator
from backend.providers.target import Target
from tests.support.laws import law
from tests.support.wires import MESSAGES, WIRES, Wire, ask, quick, sent_bodies

ALL_EFFORTS: tuple[Effort, ...] = get_args(Effort)
SCHEMA = {"type": "object"}
SHAPED = ResponseFormat("place", SCHEMA)
PLAIN = Endpoint("own", "Own")
EVERYTHING = Parameters(
    temperature=0.5,
    top_p=0.9,
    max_output_tokens=4096,
    stop=("END",),
    seed=7,
    reasoning_effort="low",
    response_format=SHAPED,
    tools=(Tool("clock", "The time.", {}),),
)

every_wire = pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)


def fitted(
    asked: Parameters, /, dialect: Dialect = "chat", endpoint: Endpoint = PLAIN, **takes: Any
) -> Fitted:
    target = Target(endpoint, "some-model", dialect, Capabilities(**takes))
    return fit(Call("", (user("Why?"),), parameters=asked), target)


def told(dropped: Fitted) -> dict[str, str]:
    return {each.parameter: each.reason for each in dropped.dropped}


def messages_body_of(parameters: Parameters = Parameters(), **takes: Any) -> dict[str, Any]:  # noqa: B008 - it is frozen
    """What Anthropic is sent, as JSON has it."""
    target = Target(PLAIN, "some-model", "messages", Capabilities(**takes))
    call = fit(Call("", (user("Why?"),), parameters=parameters), target).call
    body: dict[str, Any] = json.loads(msgspec.json.encode(WIRE_FORMATS["messages"].body(call, target)))
    return body


# --- parameters


@pytest.mark.parametrize("name", PARAMETER_NAMES)
def test_what_a_model_does_not_take_is_dropped_and_told(name: ParameterName) -> None:
    got = fitted(EVERYTHING, parameters=frozenset(PARAMETER_NAMES) - {name})
    assert told(got) == {name: "some-model does not take it."}
    assert got.call.parameters.given() == EVERYTHING.given() - {name}


@pytest.mark.parametrize("name", PARAMETER_NAMES)
def test_what_an_endpoint_refuses_is_dropped_for_all_its_models(name: ParameterName) -> None:
    got = fitted(EVERYTHING, endpoint=Endpoint("own", "Own", refuses=frozenset({name})))
    assert told(got) == {name: "some-model does not take it."}


@pytest.mark.parametrize(
    ("dialect", "dropped"), [("chat", set()), ("responses", {"stop", "seed"}), ("messages", {"seed"})]
)
def test_what_a_wire_format_has_no_field_for_is_dropped_and_told(dialect: Dialect, dropped: set[str]) -> None:
    assert told(fitted(EVERYTHING, dialect)).keys() == dropped


def test_what_was_not_asked_for_is_not_told() -> None:
    got = fitted(Parameters(temperature=0.0), "responses", parameters=frozenset())
    assert told(got).keys() == {"temperature"}


@pytest.mark.parametrize(("efforts", "shown"), [(("low", "high"), "low, high"), ((), "none")])
def test_an_effort_that_a_model_does_not_know_is_dropped_and_those_it_knows_are_told(
    efforts: tuple[Effort, ...], shown: str
) -> None:
    got = fitted(Parameters(reasoning_effort="max"), efforts=efforts)
    assert told(got) == {"reasoning_effort": f"some-model takes {shown}, not max."}


def test_too_short_an_answer_leaves_no_room_to_think() -> None:
    short = Parameters(reasoning_effort="low", max_output_tokens=1024, temperature=0.5)
    got = fitted(short, "messages", thinking="budget")
    assert told(got) == {"reasoning_effort": "Thinking needs more than 1,024 output tokens."}
    assert got.call.parameters == Parameters(max_output_tokens=1024, temperature=0.5)


@pytest.mark.parametrize("thinking", ["budget", "adaptive"])
def test_a_model_that_thinks_takes_no_temperature_at_anthropic_only(thinking: str) -> None:
    warm = Parameters(reasoning_effort="low", temperature=0.5, top_p=0.9)
    reason = "some-model does not take it while it thinks."
    assert told(fitted(warm, "messages", thinking=thinking)) == {"temperature": reason, "top_p": reason}
    assert told(fitted(warm, "chat", thinking=thinking)) == {}
    assert told(fitted(warm, "messages")) == {}


def test_a_model_that_thinks_as_it_sees_fit_does_so_in_a_short_answer_too() -> None:
    short = Parameters(reasoning_effort="low", temperature=0.5, max_output_tokens=100)
    assert told(fitted(short, "messages", thinking="adaptive")).keys() == {"temperature"}


@pytest.mark.parametrize("thinking", ["budget", "adaptive"])
def test_a_model_that_is_told_not_to_think_takes_a_temperature(thinking: str) -> None:
    warm = Parameters(reasoning_effort="none", temperature=0.5, max_output_tokens=9)
    assert told(fitted(warm, "messages", thinking=thinking, efforts=ALL_EFFORTS)) == {}


def test_json_of_any_shape_needs_a_schema_at_anthropic() -> None:
    loose = Parameters(response_format=ResponseFormat())
    assert told(fitted(loose, "messages")) == {"response_format": "some-model needs a schema for it."}
    assert told(fitted(loose, "chat")) == told(fitted(loose, "responses")) == {}


PARAMETERS = st.builds(
    Parameters,
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    max_output_tokens=st.none() | st.integers(1, 5000),
    stop=st.lists(st.text(max_size=3), max_size=2).map(tuple),
    seed=st.none() | st.integers(),
    reasoning_effort=st.none() | st.sampled_from(ALL_EFFORTS),
    response_format=st.none() | st.sampled_from([ResponseFormat(), SHAPED]),
    tools=st.sampled_from([(), (Tool("clock", "", {}),)]),
)
TARGETS = st.builds(
    Target,
    st.sampled_from(ENDPOINTS),
    st.just("some-model"),
    st.sampled_from(list(WIRE_FORMATS)),
    st.builds(
        Capabilities,
        parameters=st.frozensets(st.sampled_from(PARAMETER_NAMES)),
        reasoning=st.booleans(),
        efforts=st.lists(st.sampled_from(ALL_EFFORTS), unique=True).map(tuple),
        thinking=st.sampled_from([None, "budget", "adaptive"]),
        max_output_tokens=st.none() | st.integers(1, 100_000),
    ),
)


@law
@given(PARAMETERS, TARGETS)
def test_each_parameter_is_either_sent_as_it_was_given_or_told_as_dropped(
    given: Parameters, target: Target
) -> None:
    got = fit(Call("", (user("Why?"),), "Be brief.", given), target)
    kept = got.call.parameters
    dropped = [each.parameter for each in got.dropped]

    assert {*kept.given(), *dropped} == given.given()
    assert len(kept.given()) + len(dropped) == len(given.given())
    assert kept.given() <= target.takes.parameters - target.endpoint.refuses
    assert all(getattr(kept, name) == getattr(given, name) for name in kept.given())
    assert all(each.reason for each in got.dropped)
    assert (got.call.messages, got.call.system) == ((user("Why?"),), "Be brief.")


@law
@given(PARAMETERS, TARGETS)
def test_what_fits_once_fits_again_and_can_be_written(given: Parameters, target: Target) -> None:
    once = fit(Call("", (user("Why?"),), parameters=given), target).call
    assert fit(once, target) == Fitted(once, ())
    body = WIRE_FORMATS[target.dialect].body(once, target)
    assert body.keys() >= WIRE_FORMATS[target.dialect].required
    assert None not in body.values()


# --- content

PNG = ImagePart("image/png", b"\x89PNG")
PDF = FilePart("terms.pdf", "application/pdf", b"%PDF")


@pytest.mark.parametrize(
    ("part", "inputs", "message"),
    [
        (PNG, {"pdf"}, "takes no images."),
        (ImagePart("image/tiff", b"II"), {"image"}, "PNG, JPEG, GIF or WebP, not image/tiff."),
        (FilePart("a.png", "image/png", b"\x89PNG"), {"pdf"}, "takes no images."),
        (PDF, {"image"}, "takes no PDF files (terms.pdf)."),
        (FilePart("a.zip", "application/zip", b"PK\xff\xfe"), {"image", "pdf"}, "application/zip (a.zip)."),
        (FilePart("a.txt", "text/plain", b"caf\xe9"), {"image", "pdf"}, "text/plain (a.txt)."),
    ],
    ids=["image", "odd-image", "image-file", "pdf", "unknown", "not-utf8"],
)
@every_wire
async def test_content_that_a_model_cannot_read_is_refused_before_anything_is_sent(
    wire: Wire, part: Any, inputs: set[str], message: str, simulator: Simulator, providers: Providers
) -> None:
    target = wire.target(simulator, quick("swift"), inputs=frozenset(inputs))
    call = Call("", (Message("user", (TextPart("Look."), part)),))
    asked = await ask(providers, target, call=call)

    assert asked.error is not None
    assert asked.error.kind == "refused"
    assert asked.error.message.endswith(message)
    assert not asked.error.retryable
    assert len(simulator.requests) == simulator.stats.connections_accepted == 0


@pytest.mark.parametrize("arguments", ['{"place": "Wi', "[1]", "5", "null", "\\xff"])
async def test_half_a_call_cannot_be_said_again_to_anthropic(
    arguments: str, simulator: Simulator, providers: Providers
) -> None:
    parts = (ToolCallPart("call_1", "weather", arguments),)
    call = Call("", (user("Weather?"), Message("assistant", parts), user("Well?")))
    asked = await ask(providers, MESSAGES.target(simulator, quick("swift")), call=call)

    assert asked.error is not None
    assert asked.error.kind == "refused"
    assert "weather" in asked.error.message
    assert len(simulator.requests) == 0


@every_wire
async def test_another_model_that_can_read_it_answers_instead(
    wire: Wire, simulator: Simulator, providers: Providers
) -> None:
    blind = wire.target(simulator, quick("swift"))
    seeing = wire.target(simulator, quick("polyglot"), inputs=frozenset({"image"}))
    asked = await ask(providers, blind, seeing, call=Call("", (Message("user", (TextPart("?"), PNG)),)))

    assert asked.error is None
    assert [retry.next_id for retry in asked.heard.retries] == [seeing.id]
    assert len(sent_bodies(simulator)) == 1


@pytest.mark.parametrize("media_type", sorted(IMAGE_TYPES))
def test_a_file_that_is_an_image_is_sent_as_one(media_type: str) -> None:
    target = Target(PLAIN, "some-model", "chat", Capabilities(inputs=frozenset({"image"})))
    for part in (FilePart("a", media_type, b"\xff"), ImagePart(media_type, b"\xff")):
        (message,) = fit(Call("", (Message("user", (part,)),)), target).call.messages
        assert message.parts == (ImagePart(media_type, b"\xff"),)


@pytest.mark.parametrize("media_type", ["text/plain", "application/json", "application/octet-stream"])
def test_a_file_that_is_text_is_sent_as_text_under_its_name(media_type: str) -> None:
    target = Target(PLAIN, "some-model", "chat", Capabilities())
    part = FilePart("notes.md", media_type, "né 🦀\n".encode())
    (message,) = fit(Call("", (Message("user", (part,)),)), target).call.messages
    assert message.parts == (TextPart("notes.md:\nné 🦀\n"),)


DATA = st.text().map(str.encode) | st.binary()
PARTS = st.one_of(
    st.builds(TextPart, st.text()),
    st.builds(ToolCallPart, st.text(), st.text(), st.just("{}")),
    st.builds(ToolResultPart, st.text(), st.text()),
    st.builds(ImagePart, st.sampled_from([*IMAGE_TYPES, "image/tiff"]), DATA),
    st.builds(FilePart, st.text(), st.sampled_from(["image/png", "application/pdf", "text/plain"]), DATA),
)


def content_of(part: Part) -> bytes:
    """What somebody said or attached, whatever it is wrapped in."""
    match part:
        case TextPart(text) | ToolResultPart(text=text) | ToolCallPart(arguments=text):
            return text.encode()
        case ImagePart(data=data) | FilePart(data=data):
            return data


@law
@given(st.lists(PARTS, max_size=4), st.frozensets(st.sampled_from(["image", "pdf"])))
def test_content_is_sent_whole_or_refused(parts: list[Part], inputs: frozenset[Any]) -> None:
    target = Target(PLAIN, "some-model", "chat", Capabilities(inputs=inputs))
    try:
        (message,) = fit(Call("", (Message("user", tuple(parts)),)), target).call.messages
    except ProviderError:
        assert any(isinstance(part, ImagePart | FilePart) for part in parts)
        return
    for part, sent in zip(parts, message.parts, strict=True):
        assert content_of(sent).endswith(content_of(part))


# --- how long an answer may be and how hard is thought, in the words of Messages


@pytest.mark.parametrize(
    ("asked", "can", "sent"), [(None, None, 4096), (None, 64_000, 64_000), (9, 64_000, 9)]
)
def test_messages_always_say_how_long_an_answer_may_be(asked: int | None, can: int | None, sent: int) -> None:
    given = Parameters(max_output_tokens=asked)
    body = messages_body_of(given, max_output_tokens=can)
    assert body["max_tokens"] == sent


@pytest.mark.parametrize(
    ("effort", "longest", "budget"),
    [
        ("minimal", 64_000, 1024),
        ("low", 64_000, 2048),
        ("medium", 64_000, 8192),
        ("high", 64_000, 16_384),
        ("xhigh", 64_000, 24_576),
        ("max", 64_000, 32_000),
        # It is part of the output: what is left of it is for the answer.
        ("high", 4096, 3072),
        ("high", 1025, 1024),
    ],
)
def test_a_budget_for_thoughts_leaves_something_for_the_answer(
    effort: Effort, longest: int, budget: int
) -> None:
    given = Parameters(reasoning_effort=effort, max_output_tokens=longest)
    body = messages_body_of(given, thinking="budget", efforts=ALL_EFFORTS)
    assert body["thinking"] == {"type": "enabled", "budget_tokens": budget}
    assert body["max_tokens"] == longest > budget
    assert "output_config" not in body


def test_an_adaptive_model_is_told_how_hard_to_think() -> None:
    given = Parameters(reasoning_effort="max", response_format=SHAPED)
    body = messages_body_of(given, thinking="adaptive", efforts=ALL_EFFORTS)
    assert body["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert body["output_config"] == {"effort": "max", "format": {"type": "json_schema", "schema": SCHEMA}}


@pytest.mark.parametrize("thinking", ["budget", "adaptive"])
def test_a_model_that_is_not_to_think_is_told_so(thinking: str) -> None:
    given = Parameters(reasoning_effort="none", temperature=0.3)
    body = messages_body_of(given, thinking=thinking, efforts=ALL_EFFORTS)
    assert body["thinking"] == {"type": "disabled"}
    assert body["temperature"] == 0.3
    assert "output_config" not in body


@pytest.mark.parametrize("thinking", ["budget", "adaptive"])
def test_a_model_that_may_choose_is_told_nothing(thinking: str) -> None:
    body = messages_body_of(thinking=thinking)
    assert body.keys() == {"model", "max_tokens", "messages", "stream"}


async def test_a_thinking_call_is_taken_by_a_server_that_knows_the_rules(
    simulator: Simulator, providers: Providers
) -> None:
    for thinking in ("budget", "adaptive"):
        target = MESSAGES.target(simulator, quick("sage"), reasoning=True, thinking=thinking)
        given = Parameters(reasoning_effort="high", max_output_tokens=2000, temperature=0.2)
        asked = await ask(providers, target, parameters=given)
        assert asked.error is None
        assert [each.parameter for each in asked.answer.dropped] == ["temperature"]
    budget, adaptive = (json.loads(body) for body in sent_bodies(simulator))
    assert budget["thinking"] == {"type": "enabled", "budget_tokens": 1024}
    assert adaptive["output_config"] == {"effort": "high"}
