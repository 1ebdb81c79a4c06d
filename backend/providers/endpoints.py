"""Who serves models, as data: where, with which key, and the quirks of each. No code asks for a name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from backend.providers.chat import ParameterName

SdkName: TypeAlias = Literal["openai", "anthropic"]
Dialect: TypeAlias = Literal["chat", "responses", "messages"]
EffortField: TypeAlias = Literal["reasoning_effort", "reasoning.effort"]


@dataclass(frozen=True, slots=True)
class Clocks:
    """How long a call may take, in seconds; each runs on its own."""

    connect: float = 5.0
    first_chunk: float = 30.0
    silence: float = 30.0
    total: float = 900.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    name: str
    """The first part of the ids of its models."""
    display_name: str
    base_url: str = ""
    sdk: SdkName = "openai"
    needs_key: bool = True
    discovers: bool = False
    """Its models are asked for, because only it knows them."""
    prices: str | None = None
    """Its name in the price list."""
    refuses: frozenset[ParameterName] = frozenset()
    """Parameters that none of its models takes."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    seed_field: str = "seed"
    effort_field: EffortField = "reasoning_effort"
    stream_options: bool = True
    """Understands `stream_options.include_usage`; the others refuse it or report usage unasked."""
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """May hold a secret."""
    clocks: Clocks = Clocks()
    simulated: bool = False


# A server on the same machine may have to load its model first.
_PATIENT: Final = Clocks(first_chunk=180.0, silence=60.0)

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint(
        "openai",
        "OpenAI",
        "https://api.openai.com/v1",
        prices="openai",
        max_tokens_field="max_completion_tokens",
    ),
    Endpoint(
        "anthropic",
        "Anthropic",
        "https://api.anthropic.com",
        sdk="anthropic",
        prices="anthropic",
        refuses=frozenset({"seed"}),
    ),
    Endpoint(
        "google",
        "Google",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        prices="google",
        refuses=frozenset({"seed"}),
    ),
    Endpoint(
        "groq",
        "Groq",
        "https://api.groq.com/openai/v1",
        prices="groq",
        max_tokens_field="max_completion_tokens",
    ),
    Endpoint(
        "mistral",
        "Mistral",
        "https://api.mistral.ai/v1",
        prices="mistral",
        seed_field="random_seed",
        stream_options=False,
    ),
    Endpoint(
        "deepseek",
        "DeepSeek",
        "https://api.deepseek.com/v1",
        prices="deepseek",
        refuses=frozenset({"seed"}),
    ),
    Endpoint("xai", "xAI", "https://api.x.ai/v1", prices="x-ai", max_tokens_field="max_completion_tokens"),
    Endpoint("together", "Together", "https://api.together.xyz/v1", prices="together"),
    Endpoint(
        "openrouter",
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        prices="openrouter",
        effort_field="reasoning.effort",
        extra_body={"usage": {"include": True}},
    ),
    Endpoint("azure", "Azure OpenAI", prices="azure", max_tokens_field="max_completion_tokens"),
    Endpoint(
        "ollama",
        "Ollama",
        "http://127.0.0.1:11434/v1",
        needs_key=False,
        discovers=True,
        clocks=_PATIENT,
    ),
    Endpoint(
        "lmstudio",
        "LM Studio",
        "http://127.0.0.1:1234/v1",
        needs_key=False,
        discovers=True,
        clocks=_PATIENT,
    ),
    Endpoint("vllm", "vLLM", needs_key=False, discovers=True, clocks=_PATIENT),
    Endpoint("llamacpp", "llama.cpp", needs_key=False, discovers=True, clocks=_PATIENT),
)
