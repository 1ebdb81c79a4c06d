"""A parameter that a model refuses by name is left out, once, and whoever asked for it is told."""

import dataclasses
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer
from hypothesis import given
from hypothesis import strategies as st

from backend.providers.calling import Providers
from backend.providers.capabilities import Capabilities
from backend.providers.chat import Parameters
from backend.providers.dialects import WIRE_FORMATS
from backend.providers.endpoints import ENDPOINTS, Dialect, Endpoint, SdkName
from backend.providers.fitting import Dropped
from backend.providers.repair import repair
from backend.providers.simulator.server import Simulator
from backend.providers.target import Target
from tests.support.laws import law
from tests.support.wires import CHAT, COMPATIBLE, MESSAGES, RESPONSES, Wire, ask, quick, sent_bodies

NOTHING: frozenset[str] = frozenset()
END = {
    "chat": b'data: {"choices":[{"delta":{"content":"Yes."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    "responses": b'data: {"type":"response.completed","response":{}}\n\n',
    "messages": b'data: {"type":"message_stop"}\n\n',
}


@dataclass
class Picky:
    """Refuses one request after the other for the parameter that is named; what comes then it answers."""

    dialect: Dialect
    refuses: list[str]
    bodies: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.bodies.append(await request.json())
        if len(self.bodies) <= len(self.refuses):
            parameter = self.refuses[len(self.bodies) - 1]
            said = {"message": f"Unsupported parameter: '{parameter}'.", "param": parameter}
            return web.json_response({"error": said}, status=400)
        return web.Response(body=END[self.dialect], content_type="text/event-stream")

    def target(self, endpoint: Endpoint | None = None, **takes: Any) -> Target:
        quirks = endpoint or Endpoint("picky", "Picky", sdk=_sdk(self.dialect))
        served = dataclasses.replace(quirks, base_url=self.url)
        return Target(served, "some-model", self.dialect, Capabilities(**takes))


def _sdk(dialect: Dialect) -> SdkName:
    return "anthropic" if dialect == "messages" else "openai"


@asynccontextmanager
async def picky(dialect: Dialect, *refuses: str) -> AsyncIterator[Picky]:
    server = Picky(dialect, list(refuses))
    async with RawTestServer(server.answer) as listening:
        server.url = str(listening.make_url("/"))
        yield server


@pytest.mark.parametrize("wire", [CHAT, RESPONSES, COMPATIBLE], ids=lambda wire: wire.name)
async def test_a_model_that_is_wrongly_said_to_take_a_parameter_answers_without_it(
    wire: Wire, simulator: Simulator, providers: Providers
) -> None:
    told = await ask(providers, wire.target(simulator, quick("sage")), parameters=Parameters(temperature=0.5))

    assert told.error is None
    assert told.heard.end["end"] == "finished"
    assert told.answer.dropped == (Dropped("temperature", "The provider refused it."),)
    (retry,) = told.heard.retries
    assert (retry.kind, retry.wait, retry.next_id) == ("refused", 0, told.answer.target.id)
    assert "'temperature'" in retry.message
    first, second = (json.loads(body) for body in sent_bodies(simulator))
    assert first.pop("temperature") == 0.5
    assert second == first


async def test_only_one_parameter_is_left_out_then_it_is_an_error(
    simulator: Simulator, providers: Providers
) -> None:
    given = Parameters(temperature=0.5, top_p=0.5)
    told = await ask(providers, CHAT.target(simulator, quick("sage")), parameters=given)

    assert told.error is not None
    assert (told.error.kind, told.error.status, told.error.parameter) == ("refused", 400, "top_p")
    assert len(sent_bodies(simulator)) == 2


async def test_the_next_model_is_asked_with_everything_and_repaired_by_itself(
    simulator: Simulator, providers: Providers
) -> None:
    given = Parameters(temperature=0.5, top_p=0.5)
    sage, next_one = (wire.target(simulator, quick("sage")) for wire in (CHAT, RESPONSES))
    swift = COMPATIBLE.target(simulator, quick("swift"))
    told = await ask(providers, sage, next_one, swift, parameters=given)

    assert told.error is None
    assert told.answer.dropped == ()
    bodies = [json.loads(body) for body in sent_bodies(simulator)]
    assert ["temperature" in body for body in bodies] == [True, False, True, False, True]
    assert [retry.next_id for retry in told.heard.retries] == [sage.id, *[next_one.id] * 2, swift.id]


async def test_what_was_dropped_before_is_still_told_after_a_repair(
    simulator: Simulator, providers: Providers
) -> None:
    given = Parameters(temperature=0.5, seed=7)
    told = await ask(providers, RESPONSES.target(simulator, quick("sage")), parameters=given)
    assert [each.parameter for each in told.answer.dropped] == ["seed", "temperature"]


async def test_the_bound_of_an_answer_is_renamed_and_never_dropped(
    simulator: Simulator, providers: Providers
) -> None:
    told = await ask(
        providers, COMPATIBLE.target(simulator, quick("sage")), parameters=Parameters(max_output_tokens=64)
    )
    assert told.error is None
    assert told.heard.end["reason"] == "length"
    assert told.answer.dropped == ()
    first, second = (json.loads(body) for body in sent_bodies(simulator))
    assert first.pop("max_tokens") == second.pop("max_completion_tokens") == 64
    assert second == first


async def test_a_bound_that_is_refused_under_both_names_is_an_error(providers: Providers) -> None:
    async with picky("chat", "max_tokens", "max_completion_tokens") as server:
        told = await ask(providers, server.target(), parameters=Parameters(max_output_tokens=64))

    assert told.error is not None
    assert [body.get("max_tokens") for body in server.bodies] == [64, None]
    assert [body.get("max_completion_tokens") for body in server.bodies] == [None, 64]


async def test_a_summary_that_nobody_asked_for_is_left_out_without_a_word(providers: Providers) -> None:
    async with picky("responses", "reasoning.summary") as server:
        given = Parameters(reasoning_effort="low")
        told = await ask(providers, server.target(reasoning=True), parameters=given)

    assert told.error is None
    assert told.answer.dropped == ()
    assert [body["reasoning"] for body in server.bodies] == [
        {"summary": "auto", "effort": "low"},
        {"effort": "low"},
    ]


async def test_a_question_about_usage_is_left_out_without_a_word(providers: Providers) -> None:
    async with picky("chat", "stream_options") as server:
        told = await ask(providers, server.target())

    assert (told.error, told.answer.dropped) == (None, ())
    assert ["stream_options" in body for body in server.bodies] == [True, False]


async def test_an_extra_of_openrouters_that_a_server_does_not_know_is_left_out_without_a_word(
    providers: Providers,
) -> None:
    openrouter = next(each for each in ENDPOINTS if each.name == "openrouter")
    async with picky("chat", "usage") as server:
        told = await ask(providers, server.target(openrouter))

    assert (told.error, told.answer.dropped) == (None, ())
    assert ["usage" in body for body in server.bodies] == [True, False]


async def test_what_nobody_asked_for_is_not_told_when_it_is_left_out(
    simulator: Simulator, providers: Providers
) -> None:
    told = await ask(providers, RESPONSES.target(simulator, quick("swift"), reasoning=True))
    assert (told.error, told.answer.dropped, len(told.heard.retries)) == (None, (), 1)


async def test_anthropic_names_a_parameter_in_prose_and_it_is_left_out(
    simulator: Simulator, providers: Providers
) -> None:
    given = Parameters(temperature=0.5)
    told = await ask(providers, MESSAGES.target(simulator, quick("sage")), parameters=given)
    assert told.error is None
    assert [each.parameter for each in told.answer.dropped] == ["temperature"]


@pytest.mark.parametrize(
    ("dialect", "field"),
    [(dialect, field) for dialect, wire in WIRE_FORMATS.items() for field in sorted(wire.required)],
)
async def test_what_a_request_must_say_is_never_left_out(
    dialect: Dialect, field: str, providers: Providers
) -> None:
    async with picky(dialect, field) as server:
        told = await ask(providers, server.target())

    assert told.error is not None
    assert (told.error.kind, told.error.parameter) == ("refused", field)
    assert len(server.bodies) == 1


@pytest.mark.parametrize("parameter", ["frequency_penalty", "user", "", "messages[0].content"])
async def test_what_was_not_sent_or_must_be_cannot_be_left_out(parameter: str, providers: Providers) -> None:
    async with picky("chat", parameter) as server:
        told = await ask(providers, server.target(), parameters=Parameters(temperature=0.5))

    assert told.error is not None
    assert told.error.kind == "refused"
    assert len(server.bodies) == 1


# --- which field of a body, whatever the path

BOTH = {"summary": "auto", "effort": "low"}


@pytest.mark.parametrize(
    ("body", "refused", "left", "dropped"),
    [
        ({"temperature": 1}, "temperature", {}, "temperature"),
        ({"top_p": 1, "stop": ["a"]}, "stop", {"top_p": 1}, "stop"),
        ({"stop_sequences": ["a"]}, "stop_sequences[0]", {}, "stop"),
        ({"random_seed": 1}, "random_seed", {}, "seed"),
        ({"reasoning_effort": "low"}, "reasoning_effort", {}, "reasoning_effort"),
        ({"reasoning": {"effort": "low"}}, "reasoning.effort", {}, "reasoning_effort"),
        ({"thinking": {"type": "enabled"}}, "thinking.enabled.budget_tokens", {}, "reasoning_effort"),
        ({"text": {"format": {}}}, "text.format.schema", {}, "response_format"),
        ({"response_format": {}}, "response_format.json_schema", {}, "response_format"),
        ({"tools": [{}]}, "tools[0].function.parameters", {}, "tools"),
        ({"reasoning": {"summary": "auto"}}, "reasoning.summary", {}, None),
        ({"reasoning": BOTH}, "reasoning.summary", {"reasoning": {"effort": "low"}}, None),
        ({"store": False}, "store", {}, None),
        ({"stream_options": {"include_usage": True}}, "stream_options.include_usage", {}, None),
        ({"output_config": {"effort": "low"}}, "output_config.effort", {}, "reasoning_effort"),
        (
            {"output_config": {"effort": "low", "format": {}}},
            "output_config.format.schema",
            {"output_config": {"effort": "low"}},
            "response_format",
        ),
        ({"max_tokens": 5}, "max_tokens", {"max_completion_tokens": 5}, None),
        ({"max_completion_tokens": 5}, "max_completion_tokens", {"max_tokens": 5}, None),
    ],
)
def test_the_refused_field_is_found_by_any_path_to_it(
    body: dict[str, Any], refused: str, left: dict[str, Any], dropped: str | None
) -> None:
    repaired = repair({"model": "m", **body}, refused, required=frozenset({"model"}))
    assert repaired is not None
    assert repaired.body == {"model": "m", **left}
    assert (repaired.dropped and repaired.dropped.parameter) == dropped


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"temperature": 1}, None),
        ({"temperature": 1}, ""),
        ({"temperature": 1}, "top_p"),
        ({"temperature": 1}, "[0].temperature"),
        ({"temperature": 1}, "body.temperature"),
        ({"keep_alive": 1}, "keep_alive"),
        ({"max_tokens": 1, "max_completion_tokens": 1}, "max_tokens"),
        ({"max_output_tokens": 1}, "max_output_tokens"),
    ],
)
def test_what_is_not_ours_to_leave_out_stays(body: dict[str, Any], refused: str | None) -> None:
    assert repair(body, refused, required=NOTHING) is None


BODIES = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(
            ("temperature", "max_tokens", "max_completion_tokens", "store", "model"), st.integers()
        ),
        "reasoning": st.dictionaries(st.sampled_from(["summary", "effort"]), st.text()),
    },
)
STEPS = ["temperature", "max_tokens", "reasoning", "reasoning.summary", "store", "model", "summary"]
PATHS = st.lists(st.sampled_from([*STEPS, ".", "[0]", "é"]), max_size=4).map("".join)


@law
@given(BODIES, PATHS)
def test_whatever_was_refused_a_body_loses_one_field_or_is_left_alone(
    body: dict[str, Any], refused: str
) -> None:
    before = json.dumps(body)
    repaired = repair(body, refused, required=frozenset({"model"}))
    assert json.dumps(body) == before, "the body of the first try is somebody else's"
    if repaired is not None:
        changed = {name for name in body if repaired.body.get(name) != body[name]}
        assert len(changed) == 1
        assert "model" not in changed
