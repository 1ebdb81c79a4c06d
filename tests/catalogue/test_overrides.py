import tomllib
from decimal import Decimal

from backend.catalogue.facts import Facts
from backend.catalogue.overrides import CustomEndpoint, Overrides, read_overrides
from backend.catalogue.prices import PriceTable
from backend.providers.endpoints import Clocks, Endpoint


def read(text: str) -> tuple[Overrides, list[str]]:
    tables = tomllib.loads(text)
    return read_overrides(tables.get("endpoints", []), tables.get("models", {}), {"openai", "anthropic"})


def test_nothing_said_is_nothing_wrong() -> None:
    assert read("") == (Overrides(), [])


def test_an_endpoint_needs_no_more_than_a_name_and_an_address() -> None:
    overrides, problems = read("""
        [[endpoints]]
        name = "workshop"
        base_url = "http://10.0.0.7:8080/v1/"
    """)
    endpoint = Endpoint("workshop", "workshop", "http://10.0.0.7:8080/v1", needs_key=False, discovers=True)
    assert (overrides.endpoints, problems) == ((CustomEndpoint(endpoint),), [])


def test_an_endpoint_may_say_all_its_quirks() -> None:
    overrides, problems = read("""
        [[endpoints]]
        name = "proxy"
        display_name = "Our proxy"
        base_url = "https://llm.example.org"
        key_variable = "PROXY_KEY"
        sdk = "anthropic"
        dialect = "messages"
        prices = "anthropic"
        refuses = ["seed", "stop"]
        max_tokens_field = "max_completion_tokens"
        stream_options = false
        extra_body = { route = "fast" }
        headers = { "X-Team" = "blue" }
        clocks = { first_chunk = 90 }
        models = ["claude-opus-5", { name = "small", hidden = true, price = { input = 0.1, output = 1 } }]
    """)
    assert problems == []
    (custom,) = overrides.endpoints
    assert (custom.key_variable, custom.dialect) == ("PROXY_KEY", "messages")
    assert custom.endpoint == Endpoint(
        "proxy",
        "Our proxy",
        "https://llm.example.org",
        sdk="anthropic",
        prices="anthropic",
        refuses=frozenset({"seed", "stop"}),
        max_tokens_field="max_completion_tokens",
        stream_options=False,
        extra_body={"route": "fast"},
        headers={"X-Team": "blue"},
        clocks=Clocks(first_chunk=90.0),
    )
    assert overrides.facts == {
        "proxy/claude-opus-5": Facts(),
        "proxy/small": Facts(hidden=True, price=PriceTable(input=Decimal("0.1"), output=Decimal(1))),
    }


def test_a_key_is_not_shown() -> None:
    overrides, _ = read("[[endpoints]]\nname = 'a'\nbase_url = 'http://b'\nkey = 'very-secret'")
    assert overrides.endpoints[0].key == "very-secret"
    assert "very-secret" not in repr(overrides)
    assert overrides.endpoints[0].endpoint.needs_key


def test_a_model_may_be_corrected() -> None:
    overrides, problems = read("""
        [models."openai/gpt-5.1"]
        display_name = "Ours"
        context_window = 1000
        max_output_tokens = 500
        hidden = true
        inputs = ["image"]
        efforts = ["low"]
        price = { input = 1.25, cache_write_1h = "2.5", per_request = 0 }
    """)
    assert problems == []
    assert overrides.facts["openai/gpt-5.1"] == Facts(
        display_name="Ours",
        context_window=1000,
        max_output_tokens=500,
        hidden=True,
        inputs=("image",),
        efforts=("low",),
        price=PriceTable(input=Decimal("1.25"), cache_write_1h=Decimal("2.5"), per_request=Decimal(0)),
    )


def test_everything_that_is_wrong_is_said_at_once_by_its_path() -> None:
    _, problems = read("""
        [[endpoints]]
        name = "Big Name"
        base_url = "ftp://here"
        dialect = "messages"

        [[endpoints]]
        name = "openai"
        base_url = "http://a"
        models = [7, { name = "x", context_windo = 1 }]

        [[endpoints]]
        nam = "x"
        stream_options = "yes"
        refuses = ["temprature"]

        [models."openai/gpt-4o"]
        price = { inptu = 1, output = -2 }
        context_window = "big"
        hidden = 1

        [models."opnai/gpt-4o"]
        [models.gpt-4o]
    """)
    assert problems == [
        "endpoints[0].name: is not made of small letters, digits and . _ -",
        "endpoints[0].base_url: is not a URL that begins with http:// or https://",
        "endpoints[0].dialect: the SDK of openai speaks chat and responses",
        "endpoints[1].name: there is an endpoint openai already",
        "endpoints[1].models[0]: is neither a name nor a table with a name",
        "endpoints[1].models[1].context_windo: unknown, did you mean context_window?",
        "endpoints[2].nam: unknown, did you mean name?",
        "endpoints[2].name: missing",
        "endpoints[2].base_url: missing",
        "endpoints[2].refuses[0]: invalid enum value 'temprature'",
        "endpoints[2].stream_options: expected `bool`, got `str`",
        'models."openai/gpt-4o".hidden: expected `bool`, got `int`',
        'models."openai/gpt-4o".context_window: expected `int`, got `str`',
        'models."openai/gpt-4o".price.inptu: unknown, did you mean input?',
        'models."openai/gpt-4o".price.output: is less than nothing, or no number',
        'models."opnai/gpt-4o": there is no endpoint opnai, did you mean openai?',
        'models."gpt-4o": is not of the form endpoint/name',
    ]


def test_tables_of_the_wrong_shape_are_told_how_to_be_written() -> None:
    _, problems = read("endpoints = 'x'\nmodels = 3")
    assert problems == [
        "endpoints: is not a list of tables: write [[endpoints]]",
        'models: is not a table: write [models."endpoint/name"]',
    ]
    assert read("endpoints = [3]")[1] == ["endpoints[0]: is not a table"]


def test_a_window_of_nothing_is_refused() -> None:
    _, problems = read('[models."openai/a"]\ncontext_window = 0\nmax_output_tokens = -1')
    assert problems == [
        'models."openai/a".context_window: expected `int` >= 1',
        'models."openai/a".max_output_tokens: expected `int` >= 1',
    ]
