"""The four ways to reach a model server, each as the tests meet it in the simulator."""

import dataclasses
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from backend.providers.answering import Answer, Candidate
from backend.providers.calling import Providers
from backend.providers.capabilities import Capabilities
from backend.providers.chat import Call, Parameters, user
from backend.providers.endpoints import Clocks, Dialect, Endpoint
from backend.providers.failures import ProviderError
from backend.providers.keys import Key
from backend.providers.simulator.server import Simulator
from backend.providers.target import Target
from tests.support.heard import Heard

KEY = Key("sk-test-CANARY-0123456789")


@dataclass(frozen=True)
class Wire:
    name: str
    dialect: Dialect
    path: str
    fields: dict[str, Any] = field(default_factory=dict)

    def target(self, simulator: Simulator, model: str, **changes: Any) -> Target:
        clocks = changes.pop("clocks", Clocks())
        base = simulator.anthropic_url if self.dialect == "messages" else simulator.openai_url
        endpoint = Endpoint(self.name, self.name.title(), base, clocks=clocks, **self.fields)
        return Target(endpoint, model, self.dialect, Capabilities(**changes))


WIRES = (
    Wire("openai", "chat", "/openai/v1/chat/completions", {"max_tokens_field": "max_completion_tokens"}),
    Wire("responses", "responses", "/openai/v1/responses"),
    Wire("anthropic", "messages", "/anthropic/v1/messages", {"sdk": "anthropic"}),
    # What differs most from OpenAI itself: an older name of a field, and no word about usage.
    Wire("compatible", "chat", "/openai/v1/chat/completions", {"stream_options": False}),
)
CHAT, RESPONSES, MESSAGES, COMPATIBLE = WIRES


@dataclass
class Told:
    heard: Heard
    answer: Answer
    error: ProviderError | None


def quick(model: str) -> str:
    """Nothing is waited for that is not what the test is about."""
    return f"{model}@ttft:0@pace:0"


async def ask(
    providers: Providers,
    *targets: Target,
    call: Call | None = None,
    parameters: Parameters | None = None,
    key: Key = KEY,
) -> Told:
    call = call or Call("", (user("Why is the sky blue?"),))
    if parameters is not None:
        call = dataclasses.replace(call, parameters=parameters)
    answer = providers.answer(call, [Candidate(target, key) for target in targets])
    return await listen(answer)


async def listen(answer: Answer) -> Told:
    heard = Heard()
    try:
        async with aclosing(answer.pieces()) as pieces:
            async for batch in pieces:
                heard.take(batch)
    except ProviderError as error:
        return Told(heard, answer, error)
    return Told(heard, answer, None)


def sent_bodies(simulator: Simulator) -> Sequence[bytes]:
    return [request.body for request in simulator.requests if request.method == "POST"]
