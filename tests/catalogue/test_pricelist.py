import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import genai_prices
import pytest
from genai_prices.data import providers
from genai_prices.types import ModelPrice
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.catalogue.pricelist import PriceList
from backend.catalogue.prices import Rate
from backend.providers.usage import BUCKETS, Usage

DAY = datetime(2026, 11, 21, 12, tzinfo=UTC)

moments = st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def as_the_package_counts(usage: Usage) -> genai_prices.Usage:
    """Its buckets contain each other, and where two overlap it asks for the overlap by name."""
    return genai_prices.Usage(
        input_tokens=usage.input_total,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write_5m + usage.cache_write_1h,
        cache_write_5m_tokens=usage.cache_write_5m,
        cache_write_1h_tokens=usage.cache_write_1h,
        input_audio_tokens=usage.input_audio,
        cache_audio_read_tokens=0,
        output_tokens=usage.output_total,
        output_reasoning_tokens=usage.reasoning,
        output_audio_tokens=usage.output_audio,
    )


@pytest.mark.parametrize("seed", range(4))
def test_every_model_costs_to_the_last_digit_what_the_package_itself_computes(
    price_list: PriceList, seed: int
) -> None:
    """Each with a usage and a moment of its own. What has no rate is zero there and unknown to us."""
    chance = random.Random(seed)
    compared = 0
    for provider in providers:
        listed = price_list.models(provider.id)
        assert [each.id for each in listed] == [model.id for model in provider.models]
        for ours, model in zip(listed, provider.models, strict=True):
            usage, at = some_usage(chance), some_moment(chance)
            theirs = model.calc_price(as_the_package_counts(usage), provider, genai_request_timestamp=at)
            price = ours.price(at)
            amount = price.cost(usage).amount if price else None
            if prices_all(model.get_prices(at), usage):
                assert amount == theirs.total_price, (provider.id, model.id, usage)
                compared += 1
            else:
                assert amount is None, (provider.id, model.id, usage)
    assert compared > 1_900


def some_usage(chance: random.Random) -> Usage:
    sizes = (0, 0, 7, 1_000, 150_000, 900_000)
    return Usage(**{bucket: chance.randint(0, chance.choice(sizes)) for bucket in BUCKETS})


def some_moment(chance: random.Random) -> datetime:
    return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(3 * 365 * 24 * 60))


def prices_all(stated: ModelPrice, usage: Usage) -> bool:
    input_known = usage.input_total == 0 or stated.input_mtok is not None
    output_known = usage.output_total == 0 or stated.output_mtok is not None
    return bool(stated.input_mtok or stated.output_mtok is not None) and input_known and output_known


def test_what_has_no_rate_is_unknown_where_the_package_says_zero(price_list: PriceList) -> None:
    whisper = price_list.find("openai", "whisper-1")
    assert whisper is not None
    assert whisper.price(DAY) is None

    embedding = price_list.find("openai", "text-embedding-3-small")
    assert embedding is not None
    price = embedding.price(DAY)
    assert price is not None
    assert price.cost(Usage(input=10**6)).amount == Decimal("0.02")
    assert price.cost(Usage(input=10**6, output=1)).amount is None


def test_a_price_follows_its_start_date(price_list: PriceList) -> None:
    opus = price_list.find("anthropic", "claude-opus-4-6")
    assert opus is not None
    before, after = (
        opus.price(datetime(2026, 3, 12, tzinfo=UTC)),
        opus.price(datetime(2026, 3, 13, tzinfo=UTC)),
    )
    assert before is not None
    assert after is not None
    usage = Usage(input=300_000, output=1_000)
    assert (before.cost(usage).amount, after.cost(usage).amount) == (Decimal("3.0375"), Decimal("1.525"))
    assert (before.condition, after.condition) == ("", "since 2026-03-13")


def test_a_price_follows_the_time_of_day_wherever_the_asker_lives(price_list: PriceList) -> None:
    model = price_list.find("deepseek", "deepseek-v4-pro")
    assert model is not None
    cheap, dear = model.price(DAY), model.price(DAY.replace(hour=2))
    assert cheap is not None
    assert dear is not None
    assert cheap.rates["input"].dollars * 2 == dear.rates["input"].dollars
    assert dear.condition == "01:00-04:00 UTC"
    turn = DAY.replace(hour=1)
    assert model.price(turn) != model.price(turn - timedelta(seconds=1))
    assert price_list.epoch(turn) != price_list.epoch(turn - timedelta(seconds=1))
    assert price_list.epoch(turn) == price_list.epoch(turn + timedelta(seconds=1))


@settings(max_examples=15, deadline=None)
@given(moments, st.timedeltas(timedelta(0), timedelta(days=2)))
def test_within_an_epoch_no_price_changes(price_list: PriceList, at: datetime, later: timedelta) -> None:
    if price_list.epoch(at) != price_list.epoch(at + later):
        return
    for provider in ("deepseek", "anthropic", "openai", "openrouter"):
        for model in price_list.models(provider):
            first, second = model.price(at), model.price(at + later)
            assert (first and first.rates) == (second and second.rates)


def test_an_hour_in_the_cache_is_priced_by_what_we_know_where_the_list_does_not(
    price_list: PriceList,
) -> None:
    silent = price_list.find("openrouter", "anthropic/claude-opus-4.6")
    stating = price_list.find("anthropic", "claude-opus-4-8")
    assert silent is not None
    assert stating is not None
    known, stated = silent.price(DAY, Decimal(3)), stating.price(DAY, Decimal(3))
    assert known is not None
    assert stated is not None
    assert known.rates["cache_write_1h"] == Rate(known.rates["input"].dollars * 3)
    assert stated.rates["cache_write_1h"] == Rate(stated.rates["input"].dollars * 2)


@pytest.mark.parametrize(
    ("provider", "name", "id_"),
    [
        ("openai", "gpt-4o-2024-08-06", "gpt-4o"),
        ("openai", "GPT-4o", "gpt-4o"),
        ("anthropic", "claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("azure", "gpt-4o", "gpt-4o"),
        ("openai", "gpt-6-sol-20261001", "gpt-6-sol"),
    ],
)
def test_a_dated_name_finds_its_model(price_list: PriceList, provider: str, name: str, id_: str) -> None:
    listed = price_list.find(provider, name)
    assert listed is not None
    assert listed.id == id_


def test_nobody_knows_a_name_that_is_not_one(price_list: PriceList) -> None:
    assert price_list.find("openai", "no-such-model") is None
    assert price_list.find("nobody", "gpt-4o") is None
    assert price_list.find("openai", "gpt-4o" + "x" * 100_000) is None
    assert price_list.models("nobody") == []


def test_a_model_belongs_to_who_made_it(price_list: PriceList) -> None:
    assert price_list.makes("openai", "gpt-4o")
    assert not price_list.makes("azure", "gpt-4o")
    assert not price_list.makes("nobody", "gpt-4o")
