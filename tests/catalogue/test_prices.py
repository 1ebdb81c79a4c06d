from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from backend.catalogue.prices import UNKNOWN, Cost, Price, PriceTable, Rate, Tier, cost_of
from backend.providers.usage import Usage

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def price(**dollars: str) -> Price:
    return Price(rates={bucket: Rate(Decimal(each)) for bucket, each in dollars.items()}, source="a test")


def test_every_bucket_is_charged_at_its_own_rate() -> None:
    stated = price(
        input="1",
        cache_read="0.1",
        cache_write_5m="1.25",
        cache_write_1h="2",
        input_audio="10",
        output="5",
        reasoning="3",
        output_audio="20",
    )
    usage = Usage(
        input=10**6,
        cache_read=10**7,
        cache_write_5m=10**6,
        cache_write_1h=10**6,
        input_audio=10**5,
        output=10**6,
        reasoning=10**6,
        output_audio=10**5,
    )
    assert stated.cost(usage) == Cost(Decimal("16.25"), "computed")


def test_a_bucket_without_a_rate_is_charged_like_the_one_it_is_part_of() -> None:
    stated = price(input="2", output="8")
    usage = Usage(
        cache_read=1, cache_write_5m=1, cache_write_1h=1, input_audio=1, reasoning=1, output_audio=1
    )
    assert stated.cost(usage).amount == Decimal("0.000024")

    assert price(input="2", cache_write_5m="3").cost(Usage(cache_write_1h=10**6)).amount == Decimal(3)


def test_a_tier_holds_for_the_whole_call_once_its_input_is_larger() -> None:
    stated = Price(
        rates={
            "input": Rate(Decimal(1), (Tier(200_000, Decimal(2)), Tier(500_000, Decimal(3)))),
            "output": Rate(Decimal(10), (Tier(200_000, Decimal(20)),)),
        },
        source="a test",
    )
    at_the_edge = Usage(input=100_000, cache_read=100_000, output=1_000)
    assert stated.cost(at_the_edge).amount == Decimal("0.21")
    assert stated.cost(Usage(input=100_001, cache_read=100_000, output=1_000)).amount == Decimal("0.420002")
    assert stated.cost(Usage(input=600_000)).amount == Decimal("1.8")


def test_a_request_may_cost_something_by_itself() -> None:
    stated = msgspec.structs.replace(price(input="1"), per_request=Decimal("0.012"))
    assert stated.cost(Usage(input=1_000)).amount == Decimal("0.013")


def test_what_the_provider_says_is_believed_before_what_is_computed() -> None:
    usage = Usage(input=10**6, cost=Decimal("0.5"))
    assert price(input="1").cost(usage) == Cost(Decimal("0.5"), "reported")
    assert cost_of(usage, None) == Cost(Decimal("0.5"), "reported")


def test_a_cost_is_no_more_certain_than_its_usage() -> None:
    assert price(input="1").cost(Usage(input=10**6, origin="estimated")) == Cost(Decimal(1), "estimated")
    assert price(input="1").cost(Usage(origin="unknown")) == UNKNOWN


def test_an_unknown_price_is_not_zero() -> None:
    assert cost_of(Usage(input=5), None) == Cost(None, "unknown")
    assert price(output="1").cost(Usage(input=5, output=5)) == UNKNOWN
    assert Price(rates={}, source="a test").cost(Usage(output=1)) == UNKNOWN


def test_what_is_given_away_costs_zero_and_says_so() -> None:
    assert price(input="0", output="0").cost(Usage(input=5, output=5)) == Cost(Decimal(0), "computed")


@pytest.mark.parametrize(
    "kept",
    [
        price(input="0.1", output="0.4"),
        Price(
            rates={"input": Rate(Decimal("1.10"), (Tier(200_000, Decimal("2.20")),))},
            per_request=Decimal("0.005"),
            source="genai-prices 0.2.3",
            condition="since 2026-03-13",
            at=NOON,
        ),
    ],
)
def test_a_price_survives_being_stored_as_json(kept: Price) -> None:
    stored = msgspec.json.encode(kept)
    assert msgspec.json.decode(stored, type=Price) == kept
    assert b'"0.1"' in stored or b'"1.10"' in stored


def test_a_table_written_by_a_person_states_only_what_it_says() -> None:
    table = msgspec.convert({"input": 0.15, "output": 1, "per_request": "0.01"}, PriceTable)
    assert table.price("bakeoff.toml") == Price(
        rates={"input": Rate(Decimal("0.15")), "output": Rate(Decimal(1))},
        per_request=Decimal("0.01"),
        source="bakeoff.toml",
    )
