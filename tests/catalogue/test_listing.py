from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from backend.catalogue.entry import Entry
from backend.catalogue.facts import Facts
from backend.catalogue.listing import Catalogue, KnownEndpoint
from backend.catalogue.once import Once
from backend.catalogue.pricelist import PriceList
from backend.catalogue.prices import PriceTable, Rate
from backend.providers.endpoints import ENDPOINTS, Endpoint

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SIMULATOR = Endpoint("simulator", "Simulator", needs_key=False, simulated=True)
SAGE = Facts(
    display_name="Sage (simulated)",
    context_window=200_000,
    max_output_tokens=64_000,
    inputs=("image",),
    reasoning=True,
    refuses=(),
    price=PriceTable(input=Decimal(5), output=Decimal(25)),
)
WORKSHOP = Endpoint("workshop", "Workshop", "http://10.0.0.7/v1", needs_key=False, discovers=True)


async def local_models() -> Sequence[str]:
    return ["llama3.2", "nomic-embed-text"]


async def nothing_there() -> Sequence[str]:
    raise ConnectionRefusedError


def made(
    price_list: PriceList, *endpoints: KnownEndpoint, facts: dict[str, Facts] | None = None
) -> Catalogue:
    return Catalogue(endpoints, facts, Once(lambda: price_list))


@pytest.fixture
def catalogue(price_list: PriceList) -> Catalogue:
    reasons = {"groq": "set GROQ_API_KEY", "openrouter": "set OPENROUTER_API_KEY"}
    known = [KnownEndpoint(endpoint, reasons.get(endpoint.name)) for endpoint in ENDPOINTS]
    return made(price_list, *known, KnownEndpoint(SIMULATOR), facts={"simulator/sage": SAGE})


async def found(catalogue: Catalogue, model_id: str) -> Entry:
    entry = await catalogue.find(model_id)
    assert entry is not None, model_id
    return entry


async def test_a_model_is_found_by_its_id_with_all_that_is_known(catalogue: Catalogue) -> None:
    entry = await found(catalogue, "anthropic/claude-opus-5-5")
    assert (entry.id, entry.display_name, entry.context_window) == (
        "anthropic/claude-opus-5-5",
        "Claude Opus 5.5",
        1_000_000,
    )
    assert (entry.target.dialect, entry.target.takes.thinking) == ("messages", "adaptive")
    assert (entry.available, entry.simulated, entry.kind) == (True, False, "chat")
    price = entry.price(NOON)
    assert price is not None
    assert (price.rates["input"], price.source[:12]) == (Rate(Decimal(4)), "genai-prices")


async def test_a_dated_name_is_the_same_model_at_the_same_price(catalogue: Catalogue) -> None:
    dated = await found(catalogue, "openai/gpt-4o-2024-08-06")
    assert dated.target.name == dated.display_name == "gpt-4o-2024-08-06"
    price, plain = dated.price(NOON), (await found(catalogue, "openai/gpt-4o")).price(NOON)
    assert price is not None
    assert plain is not None
    assert price.rates == plain.rates


@pytest.mark.parametrize(
    ("name", "model_id"),
    [
        ("gpt-4o", "openai/gpt-4o"),
        ("claude-sonnet-5-5", "anthropic/claude-sonnet-5-5"),
        ("gemini-3.8-flash", "google/gemini-3.8-flash"),
        ("grok-4.6", "xai/grok-4.6"),
        ("deepseek-chat", "deepseek/deepseek-chat"),
        ("llama-3.3-70b-versatile", "groq/llama-3.3-70b-versatile"),
        ("meta-llama/Llama-3.3-70B-Instruct-Turbo", "together/meta-llama/Llama-3.3-70B-Instruct-Turbo"),
        ("sage", "simulator/sage"),
    ],
)
async def test_a_bare_name_finds_who_has_it_and_its_maker_first(
    catalogue: Catalogue, name: str, model_id: str
) -> None:
    assert (await found(catalogue, name)).id == model_id


@pytest.mark.parametrize("name", ["", "/", "openai/", "no-such-model", "whisper-large-v3", "nowhere/gpt-4o"])
async def test_what_names_nothing_or_not_one_thing_is_not_found(catalogue: Catalogue, name: str) -> None:
    assert await catalogue.find(name) is None


async def test_a_name_that_two_have_and_nobody_made_is_not_found(price_list: PriceList) -> None:
    both = [KnownEndpoint(Endpoint(name, name)) for name in ("a", "b")]
    catalogue = made(price_list, *both, facts={"a/own": Facts(), "b/own": Facts(), "b/other": Facts()})
    assert await catalogue.find("own") is None
    assert (await found(catalogue, "other")).id == "b/other"


async def test_who_only_may_serve_a_model_does_not_have_it_as_its_own(price_list: PriceList) -> None:
    azure = next(endpoint for endpoint in ENDPOINTS if endpoint.name == "azure")
    both = [KnownEndpoint(azure), KnownEndpoint(Endpoint("mine", "Mine"))]
    catalogue = made(price_list, *both, facts={"mine/gpt-4o": Facts()})
    assert (await found(catalogue, "gpt-4o")).id == "mine/gpt-4o"
    assert (await found(catalogue, "azure/gpt-4o")).price(NOON) is not None


async def test_a_name_that_nobody_knows_is_not_found_until_the_settings_name_it(
    price_list: PriceList,
) -> None:
    groq = next(KnownEndpoint(endpoint) for endpoint in ENDPOINTS if endpoint.name == "groq")
    assert await made(price_list, groq).find("groq/brand-new-model") is None

    named = made(price_list, groq, facts={"groq/brand-new-model": Facts()})
    entry = await found(named, "groq/brand-new-model")
    assert (entry.price(NOON), entry.target.takes.reasoning) == (None, False)


async def test_a_simulated_model_that_is_told_how_to_behave_stays_who_it_is(catalogue: Catalogue) -> None:
    entry = await found(catalogue, "simulator/sage@cut:5")
    assert entry.target.name == "sage@cut:5"
    assert entry.price(NOON) == (await found(catalogue, "simulator/sage")).price(NOON)
    assert await catalogue.find("simulator/nobody@cut:5") is None


async def test_what_is_not_asked_in_words_is_found_but_cannot_be_asked(catalogue: Catalogue) -> None:
    entry = await found(catalogue, "openai/whisper-1")
    assert entry.unavailable_reason == "whisper-1 is neither for chat nor for embeddings"


async def test_the_list_has_what_can_be_asked_first(catalogue: Catalogue) -> None:
    entries = await catalogue.all()
    keys = [
        (not entry.available, entry.kind != "chat", entry.target.endpoint.name, entry.target.name.lower())
        for entry in entries
    ]
    assert keys == sorted(keys)
    assert len({entry.id for entry in entries}) == len(entries) > 700
    assert {entry.kind for entry in entries} == {"chat", "embedding"}
    ids = {entry.id for entry in entries}
    assert ids >= {"openai/gpt-6.1-sol", "anthropic/claude-haiku-5-5", "simulator/sage"}
    assert ids.isdisjoint(
        {"openai/whisper-1", "openai/o1-mini", "anthropic/claude-2", "google/claude-opus-5"}
    )


async def test_the_list_is_the_same_as_long_as_nothing_changes(catalogue: Catalogue) -> None:
    assert await catalogue.all() is await catalogue.all()


async def test_every_model_of_the_list_is_found_by_its_id(catalogue: Catalogue) -> None:
    for entry in await catalogue.all():
        assert await catalogue.find(entry.id) == entry


async def test_a_simulated_model_says_that_it_is_one(catalogue: Catalogue) -> None:
    entry = await found(catalogue, "simulator/sage")
    assert (entry.simulated, entry.display_name, entry.context_window) == (True, "Sage (simulated)", 200_000)
    assert (entry.target.dialect, entry.target.takes.reasoning) == ("chat", True)
    price = entry.price(NOON)
    assert price is not None
    assert (price.source, price.rates["output"]) == ("simulated", Rate(Decimal(25)))


async def test_what_the_user_says_is_believed_before_everything(price_list: PriceList) -> None:
    catalogue = made(
        price_list,
        KnownEndpoint(ENDPOINTS[0]),
        facts={
            "openai/gpt-4o": Facts(hidden=True, context_window=7, price=PriceTable(input=Decimal(1))),
            "openai/gpt-5.1-codex": Facts(hidden=False, display_name="Old friend", dialect="chat"),
        },
    )
    entry = await found(catalogue, "openai/gpt-4o")
    price = entry.price(NOON)
    assert price is not None
    assert (entry.context_window, price.source, price.rates) == (
        7,
        "bakeoff.toml",
        {"input": Rate(Decimal(1))},
    )
    listed = {each.id: each for each in await catalogue.all()}
    assert "openai/gpt-4o" not in listed
    assert listed["openai/gpt-5.1-codex"].display_name == "Old friend"
    assert listed["openai/gpt-5.1-codex"].target.dialect == "chat"


async def test_an_endpoint_may_have_a_dialect_of_its_own(price_list: PriceList) -> None:
    known = KnownEndpoint(Endpoint("mine", "Mine"), dialect="responses")
    catalogue = made(price_list, known, facts={"mine/x": Facts()})
    assert (await found(catalogue, "mine/x")).target.dialect == "responses"


async def test_the_models_of_a_local_server_are_those_it_has(price_list: PriceList) -> None:
    catalogue = made(price_list, KnownEndpoint(WORKSHOP, ask=local_models))
    assert [(entry.id, entry.kind, entry.available) for entry in await catalogue.all()] == [
        ("workshop/llama3.2", "chat", True),
        ("workshop/nomic-embed-text", "embedding", True),
    ]
    assert (await found(catalogue, "llama3.2")).id == "workshop/llama3.2"
    assert (await found(catalogue, "workshop/gone")).unavailable_reason == "Workshop has no model gone"
    await catalogue.close()


async def test_a_local_server_that_is_off_says_so(price_list: PriceList) -> None:
    catalogue = made(
        price_list,
        KnownEndpoint(WORKSHOP, ask=nothing_there),
        facts={"workshop/mine": Facts(display_name="M")},
    )
    (entry,) = await catalogue.all()
    assert (entry.id, entry.unavailable_reason) == ("workshop/mine", "not running at http://10.0.0.7/v1")


async def test_a_server_that_is_not_configured_is_not_asked(price_list: PriceList) -> None:
    catalogue = made(price_list, KnownEndpoint(WORKSHOP, "set its address", ask=nothing_there))
    assert (await found(catalogue, "workshop/x")).unavailable_reason == "set its address"
