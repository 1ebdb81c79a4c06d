"""Quantiles of what was counted in buckets are near those of the figures themselves."""

import math
from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack

from backend.usage.histograms import (
    SERIES,
    Histogram,
    Series,
    add_packed,
    bucket_of,
    counts_of,
    one_in,
    pack,
    quantile,
    value_of,
)
from tests.support.laws import law

FIGURES = st.just(0.0) | st.floats(1e-3, 1e12)
COUNTS = st.dictionaries(
    st.integers(0, 700), st.integers(1, 300) | st.integers(1, 10**9), min_size=1, max_size=12
)
DISTRIBUTIONS = st.dictionaries(st.sampled_from(SERIES), COUNTS)


def histograms(counts: Mapping[Series, Mapping[int, int]]) -> dict[Series, Histogram]:
    return {
        series: sum(one_in(bucket) * count for bucket, count in of.items()) for series, of in counts.items()
    }


@law
@given(FIGURES)
def test_a_bucket_stands_for_its_figures_to_two_and_a_half_per_cent(figure: float) -> None:
    assert value_of(bucket_of(figure)) == pytest.approx(figure, rel=0.025, abs=0)


@pytest.mark.parametrize("figure", [-5.0, 0.0, 1e-9, 1e300, float("inf")])
def test_figures_that_cannot_be_have_a_bucket_too(figure: float) -> None:
    assert 0 <= bucket_of(figure) < 1000


@law
@given(st.lists(FIGURES, min_size=1), st.sampled_from([0.5, 0.9, 0.99]))
def test_a_quantile_is_that_of_the_figures(figures: list[float], share: float) -> None:
    exact = sorted(figures)[max(0, math.ceil(share * len(figures)) - 1)]
    counted = counts_of(sum(one_in(bucket_of(figure)) for figure in figures))
    assert quantile(counted, share) == pytest.approx(exact, rel=0.025, abs=0)


def test_nothing_has_no_quantile() -> None:
    assert quantile(counts_of(0), 0.5) is None


def test_whole_numbers_of_a_few_tokens_come_back_exactly() -> None:
    assert [round(value_of(bucket_of(number))) for number in range(20)] == list(range(20))


@law
@given(DISTRIBUTIONS, DISTRIBUTIONS)
def test_packed_distributions_are_added_as_their_counts_are(
    one: dict[Series, dict[int, int]], other: dict[Series, dict[int, int]]
) -> None:
    found: dict[Series, Histogram] = {}
    add_packed(found, [pack(histograms(one)), pack(histograms(other))])
    assert {series: counts_of(histogram) for series, histogram in found.items()} == {
        series: Counter(one.get(series, {})) + Counter(other.get(series, {})) for series in {*one, *other}
    }


def test_what_was_packed_when_there_were_fewer_series_is_read() -> None:
    found: dict[Series, Histogram] = {}
    add_packed(found, [msgpack.encode([(3, False, bytes([4]))])])
    assert found == {SERIES[0]: 4 * one_in(3)}


def test_a_distribution_of_few_answers_takes_few_bytes() -> None:
    near = {series: sum(one_in(100 + place) for place in range(20)) for series in SERIES[:5]}
    assert len(pack(near)) < 150
