import fnmatch
import re
import tomllib
from decimal import Decimal
from importlib import resources

import pytest

from backend.catalogue.facts import Facts, merge, read_rules, shipped_rules
from backend.catalogue.pricelist import PriceList
from backend.providers.endpoints import ENDPOINTS, Endpoint

BY_NAME = {endpoint.name: endpoint for endpoint in ENDPOINTS}


def takes(model_id: str) -> frozenset[str]:
    endpoint = BY_NAME[model_id.partition("/")[0]]
    return shipped_rules().of(model_id).capabilities(endpoint).parameters


def test_the_last_rule_that_says_something_is_believed_field_by_field() -> None:
    rules = read_rules(
        """
        [[rules]]
        models = ["*"]
        kind = "chat"
        efforts = ["low"]
        [[rules]]
        models = ["a/*", "b/?"]
        efforts = ["high"]
        [[rules]]
        models = ["a/x[12]"]
        efforts = []
        """
    )
    assert rules.of("c/x") == Facts(kind="chat", efforts=("low",))
    assert rules.of("a/deep/er") == rules.of("b/1") == Facts(kind="chat", efforts=("high",))
    assert rules.of("A/X2") == Facts(kind="chat", efforts=())
    assert rules.of("b/12") == Facts(kind="chat", efforts=("low",))


def test_what_is_not_said_leaves_what_was_said() -> None:
    assert merge([Facts(kind="chat", hidden=True), Facts(hidden=False)]) == Facts(kind="chat", hidden=False)


@pytest.mark.parametrize(
    "model",
    ["openai/o3", "openai/gpt-5", "openai/gpt-5.2", "openai/gpt-6-sol", "openai/o1-pro", "openai/gpt-9"],
)
def test_models_of_openai_that_think_are_not_sampled_otherwise(model: str) -> None:
    assert not takes(model) & {"temperature", "top_p", "stop"}
    assert shipped_rules().of(model).reasoning


@pytest.mark.parametrize("model", ["openai/gpt-4o", "openai/gpt-4.1-mini", "openai/gpt-4o-2024-08-06"])
def test_models_that_answer_at_once_take_everything_but_an_effort(model: str) -> None:
    assert takes(model) >= {"temperature", "top_p", "stop", "seed", "tools"}
    assert "reasoning_effort" not in takes(model)


@pytest.mark.parametrize(
    ("model", "dialect"),
    [
        ("o1-pro", "responses"),
        ("o3-pro-2025-06-10", "responses"),
        ("gpt-5-pro", "responses"),
        ("gpt-5.2-pro-2025-12-11", "responses"),
        ("gpt-5-codex", "responses"),
        ("gpt-5.1-codex-max", "responses"),
        ("o3-deep-research", "responses"),
        ("computer-use-preview", "responses"),
        ("gpt-5.6-luna", "responses"),
        ("gpt-6.1-terra", "responses"),
        ("o3", "chat"),
        ("o4-mini", "chat"),
        ("gpt-5", "chat"),
        ("gpt-5.2", "chat"),
        ("gpt-4o", "chat"),
        ("gpt-3.5-turbo", "chat"),
    ],
)
def test_each_model_of_openai_is_spoken_to_as_it_wants(model: str, dialect: str) -> None:
    assert shipped_rules().of(f"openai/{model}").dialect == dialect


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("openai/o3", "low medium high"),
        ("openai/gpt-5-mini", "minimal low medium high"),
        ("openai/gpt-5.1", "none low medium high"),
        ("openai/gpt-5.2", "none low medium high xhigh"),
        ("openai/gpt-5-pro", "high"),
        ("openai/gpt-5.6-sol", "none low medium high xhigh max"),
        ("anthropic/claude-opus-4-6", "low medium high max"),
        ("anthropic/claude-opus-4-7", "low medium high xhigh max"),
        ("xai/grok-4.3", "none low medium high xhigh"),
        ("xai/grok-4.5", "low medium high"),
        ("groq/openai/gpt-oss-120b", "low medium high"),
    ],
)
def test_each_model_takes_its_own_efforts(model: str, efforts: str) -> None:
    assert shipped_rules().of(model).efforts == tuple(efforts.split())


@pytest.mark.parametrize(
    ("model", "thinking", "longest"),
    [
        ("claude-3-7-sonnet-latest", "budget", 64_000),
        ("claude-opus-4-1-20250805", "budget", 32_000),
        ("claude-sonnet-4-5-20250929", "budget", 64_000),
        ("claude-haiku-4-5", "budget", 64_000),
        ("claude-opus-4-6", "adaptive", 128_000),
        ("claude-sonnet-4-6", "adaptive", 128_000),
        ("claude-opus-4-8", "adaptive", 128_000),
        ("claude-sonnet-5-5", "adaptive", 128_000),
        ("claude-fable-5-2", "adaptive", 128_000),
        ("claude-something-7", "adaptive", 128_000),
    ],
)
def test_models_of_anthropic_think_in_the_style_of_their_time(
    model: str, thinking: str, longest: int
) -> None:
    facts = shipped_rules().of(f"anthropic/{model}")
    assert (facts.thinking, facts.max_output_tokens) == (thinking, longest)
    assert not takes(f"anthropic/{model}") & {"temperature", "top_p", "seed"}


def test_old_models_of_anthropic_do_not_think() -> None:
    facts = shipped_rules().of("anthropic/claude-3-haiku")
    assert not facts.reasoning
    assert "reasoning_effort" not in takes("anthropic/claude-3-haiku")


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("openai/whisper-1", "other"),
        ("openai/tts-1-hd", "other"),
        ("openai/gpt-image-2.5-flare", "other"),
        ("openai/gpt-realtime-mini", "other"),
        ("openai/gpt-4o-mini-transcribe", "other"),
        ("openai/moderation", "other"),
        ("openai/davinci-002", "other"),
        ("google/gemini-3.8-flash-tts", "other"),
        ("google/gemini-3.1-flash-image-preview", "other"),
        ("groq/meta-llama/llama-guard-4-12b", "other"),
        ("mistral/mistral-ocr-latest", "other"),
        ("openai/text-embedding-3-small", "embedding"),
        ("google/gemini-embedding-2", "embedding"),
        ("mistral/mistral-embed", "embedding"),
        ("ollama/nomic-embed-text", "embedding"),
        ("ollama/llama3.2", "chat"),
        ("openrouter/openai/gpt-oss-safeguard-20b", "chat"),
        ("together/meta-llama/Llama-4-Scout-17B-16E-Instruct", "chat"),
    ],
)
def test_what_is_not_asked_in_words_is_no_chat_model(model: str, kind: str) -> None:
    assert shipped_rules().of(model).kind == kind


def test_an_unknown_model_is_treated_with_caution() -> None:
    facts = shipped_rules().of("nobody/new")
    assert (facts.inputs, facts.reasoning, facts.refuses) == ((), False, ("reasoning_effort",))
    assert facts.tokens_error_percent


def test_what_an_endpoint_takes_of_nobody_no_model_of_it_takes() -> None:
    endpoint = Endpoint("mine", "Mine", refuses=frozenset({"seed"}))
    assert Facts(refuses=("stop",)).capabilities(endpoint).parameters.isdisjoint({"seed", "stop"})


def test_an_hour_in_the_cache_of_claude_is_written_at_twice_the_price_everywhere() -> None:
    for model in ("anthropic/claude-opus-5", "openrouter/anthropic/claude-sonnet-4", "google/claude-3-opus"):
        assert shipped_rules().of(model).hour_cache_write == Decimal(2)


def test_every_pattern_for_a_vendor_still_has_a_model_it_speaks_of(price_list: PriceList) -> None:
    """A rule that matches nothing is a misspelling, or about a model that the list has forgotten."""
    text = resources.files("backend.catalogue").joinpath("facts.toml").read_text(encoding="utf-8")
    patterns = {pattern for rule in tomllib.loads(text)["rules"] for pattern in rule["models"]}
    names = {
        f"{endpoint.name}/{model.id}".lower()
        for endpoint in ENDPOINTS
        for model in price_list.models(endpoint.prices or "")
    }
    own = ("anthropic/claude-opus", "mistral/", "deepseek/", "google/gemini-2", "google/gemini-3")
    unused = [
        pattern
        for pattern in sorted(patterns)
        if pattern.startswith(own) and not fnmatch.filter(names, pattern)
    ]
    assert set(unused) <= _DATED


# Names that the list knows as other names of the same model.
_DATED = {
    "anthropic/claude-opus-4",
    "anthropic/claude-opus-4-2025*",
    "anthropic/claude-opus-4.1*",
}


def test_every_pattern_is_in_small_letters() -> None:
    text = resources.files("backend.catalogue").joinpath("facts.toml").read_text(encoding="utf-8")
    patterns = [pattern for rule in tomllib.loads(text)["rules"] for pattern in rule["models"]]
    assert [pattern for pattern in patterns if re.search("[A-Z]", pattern)] == []
