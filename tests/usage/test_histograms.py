"""Quantiles of what was counted in buckets are near those of the figures themselves."""

import math
from collections import Counter

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
    merged,
    pack,
    quantile,
    value_of,
)
from tests.support.laws import law

FIGURES = st.just(0.0) | st.floats(1e-3, 1e12)
HISTOGRAMS = st.dictionaries(
    st.sampled_from(SERIES),
    st.dictionaries(st.integers(-1000, 600), st.integers(1, 10**9), min_size=1).map(Counter),
)


@law
@given(FIGURES)
def test_a_bucket_stands_for_its_figures_to_two_and_a_half_per_cent(figure: float) -> None:
    assert value_of(bucket_of(figure)) == pytest.approx(figure, rel=0.025, abs=0)


@law
@given(st.lists(FIGURES, min_size=1), st.sampled_from([0.5, 0.9, 0.99]))
def test_a_quantile_is_that_of_the_figures(figures: list[float], share: float) -> None:
    exact = sorted(figures)[max(0, math.ceil(share * len(figures)) - 1)]
    counted = Counter(map(bucket_of, figures))
    assert quantile(counted, share) == pytest.approx(exact, rel=0.025, abs=0)


def test_nothing_has_no_quantile() -> None:
    assert quantile({}, 0.5) is None


def test_whole_numbers_of_a_few_tokens_come_back_exactly() -> None:
    assert [round(value_of(bucket_of(number))) for number in range(20)] == list(range(20))


@law
@given(HISTOGRAMS, HISTOGRAMS)
def test_packed_distributions_are_added_as_their_counts_are(
    one: dict[Series, Histogram], other: dict[Series, Histogram]
) -> None:
    expected = {
        series: one.get(series, Counter()) + other.get(series, Counter()) for series in {*one, *other}
    }

    at_once: dict[Series, Histogram] = {}
    add_packed(at_once, [merged(pack(one), other)])
    assert at_once == expected

    one_by_one: dict[Series, Histogram] = {}
    add_packed(one_by_one, [pack(one), pack(other)])
    assert one_by_one == expected


def test_what_was_packed_when_there_were_fewer_series_is_read() -> None:
    older = msgpack.encode([{3: 4}])
    found: dict[Series, Histogram] = {}
    add_packed(found, [merged(older, {SERIES[-1]: Counter({5: 6})})])
    assert found == {SERIES[0]: {3: 4}, SERIES[-1]: {5: 6}}
