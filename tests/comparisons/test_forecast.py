"""What is said before a model is asked: counted, guessed and marked as such, or unknown."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from backend.catalogue.entry import Entry
from backend.catalogue.facts import Facts
from backend.catalogue.prices import Price, PriceTable
from backend.catalogue.tokens import Count, TokenCounter
from backend.comparisons.contestants import Contestant
from backend.comparisons.forecast import Output, fits, forecast, require_fits, total
from backend.kit.errors import Invalid
from backend.providers.admission import Outcome
from backend.providers.answering import Candidate
from backend.providers.calling import Providers
from backend.providers.capabilities import Capabilities
from backend.providers.chat import Call, Parameters, ResponseFormat, user
from backend.providers.endpoints import Endpoint
from backend.providers.keys import NO_KEY
from backend.providers.target import Target
from tests.comparisons.askable import TOKENIZERS

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PRICE = PriceTable(input=Decimal(1), output=Decimal(10)).price("a test")
WORDS = "word " * 1000  # each is a token


def untold(_target: Target, _outcome: Outcome) -> None:
    """Nobody wants to know."""


def contestant(
    window: int | None = 10_000,
    most: int | None = 4_000,
    *,
    reasoning: bool = False,
    price: Price | None = PRICE,
) -> Contestant:
    takes = Capabilities(reasoning=reasoning, max_output_tokens=most)
    target = Target(Endpoint("house", "House"), "model", "chat", takes)
    entry = Entry(
        target=target,
        display_name="Model",
        kind="chat",
        context_window=window,
        pricing=price,
        unavailable_reason=None,
        hidden=False,
        deprecated=False,
    )
    return Contestant((Candidate(target, NO_KEY),), {target.id: entry}, Providers(untold))


def counter(**facts: object) -> TokenCounter:
    said = Facts(**{"tokens_error_percent": 0, **facts})  # type: ignore[arg-type]
    return TokenCounter(TOKENIZERS, lambda _: said)


def call(prompt: str = WORDS, **parameters: object) -> Call:
    return Call("model", (user(prompt),), parameters=Parameters(**parameters))  # type: ignore[arg-type]


async def test_what_is_likely_is_between_the_prompt_alone_and_the_longest_answer() -> None:
    told = await forecast(counter(), contestant(), call(), NOW)
    given = told.given.tokens
    assert 1000 <= given < 1020
    assert told.left == 10_000 - given
    assert told.output == Output(500, 4_000)
    assert [told.low.amount, told.likely.amount, told.high.amount] == [
        Decimal(given + 10 * out) / 1_000_000 for out in (0, 500, 4_000)
    ]
    assert told.likely.origin == "estimated"


async def test_an_answer_is_expected_to_be_like_the_earlier_ones() -> None:
    told = await forecast(counter(), contestant(), call(), NOW, Output(120, 900, 17))
    assert told.output == Output(120, 900, 17)


@pytest.mark.parametrize(
    ("asked", "changed", "earlier", "expected"),
    [
        ({"max_output_tokens": 50}, {}, None, Output(50, 50)),
        ({"max_output_tokens": 50}, {}, Output(120, 900, 3), Output(50, 50, 3)),
        ({}, {"most": 300}, Output(120, 900, 3), Output(120, 300, 3)),
        ({}, {"most": None, "window": None}, None, Output(500, None)),
        ({}, {"most": None, "window": None, "reasoning": True}, None, Output(2_000, None)),
        ({}, {"window": 1_000}, None, Output(0, 0)),
    ],
)
async def test_no_answer_is_longer_than_it_can_be(
    asked: Mapping[str, object], changed: Mapping[str, int], earlier: Output | None, expected: Output
) -> None:
    told = await forecast(counter(), contestant(**changed), call(**asked), NOW, earlier)  # type: ignore[arg-type]
    assert told.output == expected


async def test_an_end_that_nobody_knows_has_no_upper_price() -> None:
    told = await forecast(counter(), contestant(window=None, most=None), call(), NOW)
    assert (told.window, told.left, told.fits) == (None, None, None)
    assert told.likely.amount
    assert (told.high.amount, told.high.origin) == (None, "unknown")


async def test_without_a_price_nothing_is_said_to_cost_nothing() -> None:
    told = await forecast(counter(), contestant(price=None), call(), NOW)
    costs = [told.low, told.likely, told.high]
    assert {cost.amount for cost in costs} == {None}
    assert total(costs) is None


@pytest.mark.parametrize(
    ("tokens", "error", "expected"),
    [
        (999, 0, True),
        (1_000, 0, False),
        (790, 25, True),
        (900, 25, None),
        (1_300, 25, None),
        (1_400, 25, False),
    ],
)
def test_what_is_too_long_is_said_only_where_the_count_is_good_enough(
    tokens: int, error: int, expected: bool | None
) -> None:
    assert fits(Count(tokens, "estimated", "", error), 1_000) is expected
    assert fits(Count(tokens, "estimated", "", error), None) is None


async def test_a_prompt_that_is_too_long_is_refused_lane_by_lane() -> None:
    lanes = [
        ("lanes.0.modelId", contestant(window=900), call()),
        ("lanes.1.modelId", contestant(window=2_000), call()),
        ("lanes.2.modelId", contestant(window=None), call()),
        ("lanes.3.modelId", contestant(window=900), call("Hello")),
    ]
    with pytest.raises(Invalid) as refused:
        await require_fits(counter(), lanes)
    assert [problem.field for problem in refused.value.details] == ["lanes.0.modelId"]
    assert "holds 900 tokens" in refused.value.details[0].message
    await require_fits(counter(), lanes[1:])


async def test_what_the_bytes_say_already_is_not_counted() -> None:
    """A broken counter is not asked, and one whose words are not plain text is."""

    class Untouched(TokenCounter):
        async def call(self, call: Call, target: Target) -> Count:
            raise AssertionError("counted")

    untouched = Untouched(TOKENIZERS, lambda _: Facts())
    await require_fits(untouched, [("lanes.0.modelId", contestant(window=4_000), call("word " * 200))])
    schema = ResponseFormat(schema={"description": WORDS})
    for long in (call(WORDS), call("Hello", response_format=schema)):
        with pytest.raises(AssertionError, match="counted"):
            await require_fits(untouched, [("lanes.0.modelId", contestant(window=4_000), long)])


@pytest.mark.parametrize(
    "text", ["🦜" * 400, "\u0e01\u0e33" * 500, "zqxj" * 300, "\x00\x01" * 500, "a" * 1500]
)
async def test_no_text_has_more_tokens_than_its_bytes_say(text: str) -> None:
    count = await counter(tokens_factor=1.5).call(call(text), contestant().entry.target)
    assert count.tokens <= 3 * (len(text.encode()) + 8) + 100
