import gzip
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from litestar import Litestar
from litestar.di import Provide

from backend.catalogue import routes
from backend.catalogue.answer import ModelsAnswer
from backend.catalogue.facts import Facts
from backend.catalogue.listing import Catalogue, KnownEndpoint
from backend.catalogue.once import Once
from backend.catalogue.pricelist import PriceList
from backend.kit.http.openapi import document_of, openapi_config
from backend.providers.endpoints import ENDPOINTS, Endpoint
from tests.support.asgi_server import served

SIMULATOR = KnownEndpoint(Endpoint("simulator", "Simulator", simulated=True))
FACTS = {"simulator/swift": Facts(display_name="Swift (simulated)"), "openai/mystery": Facts()}


async def no_reference(_request: Any) -> None:
    return None


def app(catalogue: Catalogue) -> Litestar:
    answer = ModelsAnswer(catalogue)
    return Litestar(
        [*routes.HANDLERS],
        dependencies={"models_answer": Provide(lambda: answer, sync_to_thread=False)},
        openapi_config=openapi_config("Test", "0", no_reference),
    )


@pytest.fixture(scope="module")
def application(price_list: PriceList) -> Litestar:
    known = [
        KnownEndpoint(endpoint, None if endpoint.name == "openai" else "set a key") for endpoint in ENDPOINTS
    ]
    return app(Catalogue([*known, SIMULATOR], FACTS, Once(lambda: price_list)))


@pytest.fixture(scope="module")
def client(application: Litestar) -> Iterator[httpx2.Client]:
    with served(application) as asking:
        yield asking


def by_id(models: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {model["id"]: model for model in models}


def test_the_list_says_of_each_model_what_it_is_takes_and_costs(client: httpx2.Client) -> None:
    response = client.get("/api/models")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    models = response.json()
    assert len(models) > 700
    gpt = by_id(models)["openai/gpt-6.1-sol"]
    assert gpt == {
        "id": "openai/gpt-6.1-sol",
        "provider": "openai",
        "displayName": "GPT-6.1 Sol",
        "contextWindow": 1_050_000,
        "maxOutputTokens": 128_000,
        "capabilities": {
            "kind": "chat",
            "inputs": ["image", "pdf"],
            "reasoning": True,
            "efforts": ["none", "low", "medium", "high", "xhigh", "max"],
            "tools": True,
            "parameters": ["max_output_tokens", "reasoning_effort", "response_format", "tools"],
        },
        "prices": gpt["prices"],
        "available": True,
        "unavailableReason": None,
        "simulated": False,
        "deprecated": False,
    }


def test_a_model_that_does_not_think_has_no_efforts(client: httpx2.Client) -> None:
    (nano,) = client.get("/api/models?q=openai/gpt-4.1-mini&available=true").json()
    assert nano["capabilities"]["efforts"] == []
    assert "temperature" in nano["capabilities"]["parameters"]


def test_an_embedding_model_has_no_longest_answer(client: httpx2.Client) -> None:
    (small,) = client.get("/api/models?q=openai/text-embedding-3-small").json()
    assert (small["capabilities"]["kind"], small["maxOutputTokens"]) == ("embedding", None)


async def test_the_list_is_encoded_once_for_each_change(price_list: PriceList) -> None:
    answer = ModelsAnswer(Catalogue([SIMULATOR], FACTS, Once(lambda: price_list)))
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    first = await answer.whole(noon)
    assert await answer.whole(noon + timedelta(seconds=5)) is first
    assert await answer.whole(noon + timedelta(hours=14)) is not first


def test_prices_are_exact_and_show_their_tiers(client: httpx2.Client) -> None:
    prices = by_id(client.get("/api/models?q=gemini-2.5-pro").json())["google/gemini-2.5-pro"]["prices"]
    assert prices["currency"] == "USD"
    assert (prices["rates"]["input"], prices["rates"]["output"]) == ("1.25", "10")
    assert [(tier["aboveInputTokens"], tier["rates"]["input"]) for tier in prices["tiers"]] == [
        (200_000, "2.5")
    ]
    assert prices["source"].startswith("genai-prices ")


def test_an_unknown_price_is_null_and_never_zero(client: httpx2.Client) -> None:
    mystery = by_id(client.get("/api/models?q=mystery").json())["openai/mystery"]
    assert mystery["prices"] is None
    assert mystery["contextWindow"] is None


def test_a_simulated_model_is_labelled(client: httpx2.Client) -> None:
    (swift,) = client.get("/api/models?q=swift+simulator").json()
    assert (swift["simulated"], swift["displayName"]) == (True, "Swift (simulated)")


def test_what_can_be_asked_comes_first_and_the_rest_says_why_not(client: httpx2.Client) -> None:
    models = client.get("/api/models").json()
    keys = [
        (
            not model["available"],
            model["capabilities"]["kind"] != "chat",
            model["provider"],
            model["id"].lower(),
        )
        for model in models
    ]
    assert keys == sorted(keys)
    assert {model["unavailableReason"] for model in models if not model["available"]} == {"set a key"}


def test_the_older_address_gives_the_same_bytes(client: httpx2.Client) -> None:
    assert client.get("/comparison/models/available").content == client.get("/api/models").content


def test_the_list_can_be_narrowed(client: httpx2.Client) -> None:
    able = client.get("/api/models?available=true").json()
    assert {model["provider"] for model in able} == {"openai", "simulator"}
    opus = client.get("/api/models", params={"q": "OPUS anthropic/ 5"}).json()
    assert "anthropic/claude-opus-5-5" in by_id(opus)
    assert all("opus" in model["id"] for model in opus)
    assert client.get("/api/models?q=opus&available=true").json() == []
    assert client.get("/api/models?available=perhaps").status_code == 400


def test_who_has_the_list_is_not_sent_it_again(client: httpx2.Client) -> None:
    for path in ("/api/models", "/api/models?q=gpt"):
        first = client.get(path)
        again = client.get(path, headers={"if-none-match": f'"other", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert client.get(path, headers={"if-none-match": '"other"'}).content == first.content


def test_the_document_describes_every_field(application: Litestar) -> None:
    document = document_of(application).value
    operation = document["paths"]["/api/models"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    model = document["components"]["schemas"][schema["items"]["$ref"].rpartition("/")[2]]
    assert set(model["properties"]) >= {"displayName", "contextWindow", "prices", "unavailableReason"}
    assert {parameter["name"] for parameter in operation["parameters"]} == {"available", "q"}
    assert "/comparison/models/available" in document["paths"]


def test_the_list_changes_with_what_a_local_server_has(
    price_list: PriceList,
) -> None:
    has = ["first"]

    async def names() -> Sequence[str]:
        return list(has)

    workshop = KnownEndpoint(Endpoint("workshop", "Workshop", discovers=True), ask=names)
    with served(app(Catalogue([workshop], None, Once(lambda: price_list), believed_seconds=-1))) as client:
        before = client.get("/api/models")
        assert [model["id"] for model in before.json()] == ["workshop/first"]
        has.append("second")
        after = next(now for _ in range(1_000) if len((now := client.get("/api/models")).json()) == len(has))
        assert after.headers["etag"] != before.headers["etag"]


def test_the_whole_list_travels_compressed_to_those_who_take_it(client: httpx2.Client) -> None:
    with client.stream("GET", "/api/models", headers={"accept-encoding": "gzip"}) as response:
        sent = b"".join(response.iter_raw())
    plain = client.get("/api/models", headers={"accept-encoding": "identity"})

    assert response.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(sent) == plain.content
    assert len(sent) < len(plain.content) / 10
