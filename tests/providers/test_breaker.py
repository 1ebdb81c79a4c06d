from collections.abc import Callable
from itertools import repeat
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.providers.breaker import SAYS_IT_IS_DOWN, Attempt, Breaker, Breakers
from backend.providers.failures import FailureKind
from tests.support.laws import law

KINDS: tuple[FailureKind, ...] = get_args(FailureKind)


class Clock:
    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock)


def call(breaker: Breaker, *failures: FailureKind | None) -> None:
    """One call for each; None is a success."""
    for failure in failures:
        with admitted(breaker) as attempt:
            attempt.succeeded() if failure is None else attempt.failed(failure)


def admitted(breaker: Breaker) -> Attempt:
    attempt = breaker.admit()
    assert isinstance(attempt, Attempt)
    return attempt


def opened(breaker: Breaker) -> None:
    call(breaker, *repeat("overloaded", 5))
    assert breaker.admit() == 15


def test_a_new_one_lets_everybody_through(breaker: Breaker) -> None:
    call(breaker, *repeat(None, 100))
    admitted(breaker)


@pytest.mark.parametrize("kind", sorted(SAYS_IT_IS_DOWN))
def test_five_failures_open_it(breaker: Breaker, kind: FailureKind) -> None:
    call(breaker, *repeat(kind, 4))
    admitted(breaker)
    call(breaker, kind)
    assert breaker.admit() == 15


def test_which_kinds_count_is_written_down() -> None:
    assert set(KINDS) - SAYS_IT_IS_DOWN == {
        *("rate_limited", "credentials", "not_found", "refused", "context_too_long", "content_filter")
    }


@pytest.mark.parametrize("kind", sorted(set(KINDS) - SAYS_IT_IS_DOWN))
def test_a_failure_that_is_the_callers_own_opens_nothing_and_excuses_nothing(
    breaker: Breaker, kind: FailureKind
) -> None:
    call(breaker, *repeat(kind, 100))
    admitted(breaker)
    call(breaker, *repeat("timeout", 5))
    assert breaker.admit() == 15


def test_half_of_all_calls_must_fail(breaker: Breaker) -> None:
    call(breaker, *repeat(None, 7), *repeat("timeout", 6))
    admitted(breaker)
    call(breaker, "timeout")
    assert breaker.admit() == 15


def test_a_success_opens_nothing(breaker: Breaker, clock: Clock) -> None:
    """Not even one that comes when the good calls of long ago have just left the window."""
    call(breaker, *repeat(None, 10))
    clock.now += 10
    call(breaker, *repeat("timeout", 9))
    clock.now += 20
    call(breaker, None)
    admitted(breaker)
    call(breaker, "timeout")
    assert breaker.admit() == 15


def test_failures_older_than_the_window_are_forgotten(breaker: Breaker, clock: Clock) -> None:
    call(breaker, *repeat("timeout", 4))
    clock.now += 30
    call(breaker, "timeout")
    admitted(breaker)
    clock.now += 29
    call(breaker, *repeat("timeout", 4))
    assert breaker.admit() == 15


def test_who_asks_is_told_how_long_it_stays_open(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 14.5
    assert breaker.admit() == 0.5


def test_one_at_a_time_probes(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 15
    with admitted(breaker) as probe:
        assert breaker.admit() == 1
        assert breaker.admit() == 1
        probe.succeeded()
        admitted(breaker)
        admitted(breaker)


def test_a_failed_probe_opens_it_again(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 20
    call(breaker, "unreachable")
    assert breaker.admit() == 15
    clock.now += 15
    call(breaker, None)
    admitted(breaker)


def test_after_a_good_probe_old_failures_are_forgotten(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 15
    call(breaker, None, *repeat("timeout", 4))
    admitted(breaker)
    call(breaker, "timeout")
    assert breaker.admit() == 15


def test_a_probe_that_is_refused_has_found_somebody(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 15
    call(breaker, "refused")
    admitted(breaker)
    admitted(breaker)


def test_a_cancelled_probe_lets_the_next_one_probe(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 15
    with pytest.raises(KeyboardInterrupt), admitted(breaker):
        raise KeyboardInterrupt
    with admitted(breaker):
        assert breaker.admit() == 1


def test_calls_from_before_it_opened_say_nothing_once_it_is_open(breaker: Breaker, clock: Clock) -> None:
    early = [admitted(breaker) for _ in range(4)]
    opened(breaker)
    clock.now += 10
    early[0].failed("timeout")
    early[1].succeeded()
    assert breaker.admit() == 5
    clock.now += 5
    with admitted(breaker):
        with early[2]:
            early[2].succeeded()
        early[3].failed("timeout")
        assert breaker.admit() == 1


def test_a_stream_that_breaks_off_counts_after_its_good_beginning(breaker: Breaker) -> None:
    for _ in range(5):
        attempt = admitted(breaker)
        attempt.succeeded()
        attempt.failed("bad_stream")
    assert breaker.admit() == 15


def test_a_million_calls_take_no_more_room_than_one(breaker: Breaker, clock: Clock) -> None:
    def cells() -> int:
        return sum(len(getattr(breaker._recent, name)) for name in breaker._recent.__slots__)

    call(breaker, None)
    before = cells()
    for _ in range(1000):
        clock.now += 0.7
        call(breaker, None, "timeout", None)
    assert cells() == before


class Plain:
    """The same as a list of everything that ever happened."""

    def __init__(self) -> None:
        self.outcomes: list[tuple[float, bool]] = []
        self.open_until: float | None = None
        self.probing = False

    def admit(self, now: float) -> float | None:
        if self.open_until is None:
            return None
        if now < self.open_until:
            return self.open_until - now
        if self.probing:
            return 1
        self.probing = True
        return None

    def end(self, now: float, *, down: bool, probe: bool) -> None:
        if probe:
            self.probing, self.outcomes = False, []
            self.open_until = now + 15 if down else None
        elif self.open_until is None:
            self.outcomes.append((now, down))
            inside = [failed for at, failed in self.outcomes if int(at) > int(now) - 30]
            if down and sum(inside) >= 5 and sum(inside) >= len(inside) / 2:
                self.open_until = now + 15


class SideBySide:
    """The same calls on both."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.breaker, self.plain = Breaker(self.clock), Plain()
        self.running: list[tuple[Attempt, bool]] = []

    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    def begin(self, _amount: float = 0) -> bool:
        probe = self.plain.open_until is not None
        attempt, expected = self.breaker.admit(), self.plain.admit(self.clock.now)
        if not isinstance(attempt, Attempt):
            assert attempt == expected
            return False
        assert expected is None
        self.running.append((attempt, probe))
        return True

    def succeed(self, number: float) -> None:
        self._end(number, down=False)

    def fail(self, number: float) -> None:
        self._end(number, down=True)

    def leave(self, number: float) -> None:
        self._end(number, down=None)

    def fail_often(self, times: float) -> None:
        for _ in range(int(times)):
            if self.begin():
                self.fail(len(self.running) - 1)

    def _end(self, number: float, *, down: bool | None) -> None:
        if not self.running:
            return
        attempt, probe = self.running.pop(int(number) % len(self.running))
        with attempt:
            if down is None:
                self.plain.probing &= not probe
            else:
                attempt.failed("timeout") if down else attempt.succeeded()
                self.plain.end(self.clock.now, down=down, probe=probe)


STEPS = st.one_of(
    st.tuples(st.just(SideBySide.wait), st.sampled_from([0.25, 1.0, 4.5, 15.0, 29.0, 30.0, 61.0])),
    st.tuples(st.just(SideBySide.begin), st.just(0)),
    st.tuples(
        st.sampled_from([SideBySide.succeed, SideBySide.fail, SideBySide.fail, SideBySide.leave]),
        st.integers(0, 5),
    ),
    st.tuples(st.just(SideBySide.fail_often), st.integers(1, 6)),
)


@law
@given(st.lists(STEPS, max_size=80))
def test_it_behaves_like_the_plain_list_of_everything(
    steps: list[tuple[Callable[[SideBySide, float], object], float]],
) -> None:
    both = SideBySide()
    for step, amount in steps:
        step(both, amount)
        assert sum(probe for _, probe in both.running) == both.plain.probing


def test_every_model_has_its_own(clock: Clock) -> None:
    breakers = Breakers(clock)
    opened(breakers["openai", "key", "a"])
    assert breakers["openai", "key", "a"].admit() == 15
    for other in (("openai", "key", "b"), ("openai", "other", "a"), ("azure", "key", "a")):
        admitted(breakers[other])


def test_an_open_one_is_not_forgotten_before_its_time(clock: Clock) -> None:
    breakers = Breakers(clock, most=2)
    down = ("openai", "key", "down")
    opened(breakers[down])
    for number in range(10):
        breakers["openai", "key", str(number)].admit()
    assert len(breakers) == 2
    assert down in breakers
    clock.now += 15
    with admitted(breakers[down]):
        for number in range(10, 20):
            breakers["openai", "key", str(number)].admit()
        assert down in breakers
    for number in range(20, 30):
        breakers["openai", "key", str(number)].admit()
    assert down not in breakers
