"""Delays that grow, per account and per address, and end."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.accounts.throttle import ACCOUNT, ADDRESS, Throttle
from tests.support.laws import law

HOME, EVIL = "203.0.113.7", "198.51.100.66"
ADA = "ada@example.org"


def tried(throttle: Throttle, account: str | None, address: str, times: int, now: float) -> float:
    """Fail so often, each time as soon as it is allowed; when the last try was."""
    for _ in range(times):
        while wait := throttle.attempt(account, address, now):
            now += wait
    return now


def others(count: int) -> list[str]:
    return [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(count)]


def test_a_few_slips_cost_nothing() -> None:
    throttle = Throttle()
    assert [throttle.attempt(ADA, HOME, 0) for _ in range(ACCOUNT.free)] == [0] * ACCOUNT.free
    assert throttle.attempt(ADA, HOME, 0) == 1


def test_the_delay_doubles_up_to_the_longest() -> None:
    throttle, now = Throttle(), 0.0
    moments = []
    for _ in range(13):
        now = tried(throttle, ADA, "", 1, now)
        moments.append(now)
    waits = [later - earlier for earlier, later in pairwise(moments)]
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_refused_try_is_no_try() -> None:
    throttle = Throttle()
    tried(throttle, ADA, HOME, ACCOUNT.free, 0)
    assert [throttle.attempt(ADA, HOME, 0.5) for _ in range(100)] == [0.5] * 100
    assert throttle.attempt(ADA, HOME, 1) == 0


def test_a_hundred_at_once_are_a_hundred() -> None:
    throttle = Throttle()
    assert [throttle.attempt(ADA, HOME, 0) for _ in range(100)].count(0) == ACCOUNT.free


def test_a_rotating_address_does_not_free_an_account() -> None:
    throttle = Throttle()
    allowed = sum(throttle.attempt(ADA, address, n / 10) == 0 for n, address in enumerate(others(36_000)))
    assert allowed <= ACCOUNT.free + 10 + 3600 / ACCOUNT.longest


def test_one_bad_address_keeps_nobody_else_out_for_long() -> None:
    throttle = Throttle()
    now = tried(throttle, ADA, EVIL, 60, 0)
    assert throttle.attempt(ADA, EVIL, now) == ADDRESS.longest
    assert 0 < throttle.attempt(ADA, HOME, now) <= ACCOUNT.longest
    assert throttle.attempt(ADA, HOME, now + ACCOUNT.longest) == 0


def test_where_its_owner_signed_in_before_an_account_is_never_kept_from_him() -> None:
    throttle = Throttle()
    throttle.attempt(ADA, HOME, 0)
    throttle.succeeded(ADA, HOME)
    now = 0.0
    for address in others(50):
        now = tried(throttle, ADA, address, 1, now)
    assert throttle.attempt(ADA, EVIL, now) == ACCOUNT.longest
    assert throttle.attempt(ADA, HOME, now) == 0


def test_from_a_known_address_guessing_is_still_slow() -> None:
    throttle = Throttle()
    throttle.attempt(ADA, HOME, 0)
    throttle.succeeded(ADA, HOME)
    assert [throttle.attempt(ADA, HOME, 0) for _ in range(100)].count(0) == ADDRESS.free


def test_trying_one_password_on_many_accounts_is_slow() -> None:
    throttle = Throttle()
    waits = [throttle.attempt(f"user{n}@example.org", EVIL, 0) for n in range(100)]
    assert waits.count(0) == ADDRESS.free


def test_an_account_of_ones_own_does_not_free_the_address() -> None:
    throttle, allowed = Throttle(), 0
    for n in range(200):
        allowed += throttle.attempt(f"user{n}@example.org", EVIL, 0) == 0
        if throttle.attempt("eve@example.org", EVIL, 0) == 0:
            throttle.succeeded("eve@example.org", EVIL)
    assert allowed == ADDRESS.free


def test_signing_in_costs_an_address_nothing() -> None:
    throttle = Throttle()
    for n in range(1000):
        assert throttle.attempt(f"user{n}@example.org", HOME, 0) == 0
        throttle.succeeded(f"user{n}@example.org", HOME)


def test_after_a_success_the_account_is_as_new() -> None:
    throttle = Throttle()
    now = tried(throttle, ADA, EVIL, 12, 0)
    throttle.succeeded(ADA, HOME)
    assert throttle.attempt(ADA, others(1)[0], now) == 0


def test_after_an_hour_all_is_forgotten() -> None:
    throttle = Throttle()
    now = tried(throttle, ADA, EVIL, 60, 0)
    assert throttle.attempt(ADA, EVIL, now + ADDRESS.forgotten_after + 1) == 0
    assert throttle.attempt(ADA, EVIL, now + ADDRESS.forgotten_after + 1) == 0


@pytest.mark.parametrize("written", ["ADA@example.org", "  ada@EXAMPLE.org "])
def test_an_account_is_the_same_however_it_is_written(written: str) -> None:
    throttle = Throttle()
    tried(throttle, ADA, "", ACCOUNT.free, 0)
    assert throttle.attempt(written, "", 0) == 1


def test_a_customer_of_ipv6_is_one_address() -> None:
    throttle = Throttle()
    waits = [throttle.attempt(None, f"2001:db8:1:2::{n:x}", 0) for n in range(1, 101)]
    assert waits.count(0) == ADDRESS.free
    assert throttle.attempt(None, "2001:db8:1:3::1", 0) == 0


def test_an_ipv4_address_is_the_same_inside_ipv6() -> None:
    throttle = Throttle()
    tried(throttle, None, "::ffff:203.0.113.7", ADDRESS.free, 0)
    assert throttle.attempt(None, HOME, 0) == 1


def test_who_has_no_address_is_not_taken_for_everybody_without_one() -> None:
    throttle = Throttle()
    assert [throttle.attempt(None, "", 0) for _ in range(1000)].count(0) == 1000


def test_memory_is_bounded_whatever_is_tried() -> None:
    throttle = Throttle(most=1000)
    for n, address in enumerate(others(20_000)):
        throttle.attempt(f"user{n}@example.org" + "x" * 500, address, n)
        throttle.succeeded(f"user{n}@example.org", address)
        throttle.attempt(f"user{n}@example.org", address, n)
    assert len(throttle._accounts) == len(throttle._addresses) == len(throttle._known) == 1000


TRIES = st.lists(
    st.tuples(
        st.sampled_from(["ada@example.org", "bob@example.org", "nobody@example.org"]),
        st.sampled_from(["203.0.113.7", "198.51.100.66", "2001:db8::1"]),
        st.floats(0, 40),
    ),
    max_size=200,
)


@law
@given(TRIES)
def test_no_account_is_tried_more_often_than_its_pace_allows(tries: list[tuple[str, str, float]]) -> None:
    """Nobody succeeds here: then the tries of an account are free ones and one for each delay that passed."""
    throttle, now = Throttle(), 0.0
    allowed: dict[str, list[float]] = {}
    for account, address, pause in tries:
        now += pause
        if throttle.attempt(account, address, now) == 0:
            allowed.setdefault(account, []).append(now)
    for moments in allowed.values():
        for number in range(ACCOUNT.free, len(moments)):
            assert (
                moments[number] - moments[number - 1]
                >= min(ACCOUNT.longest, 2 ** (number - ACCOUNT.free)) - 1e-6
            )


@law
@given(TRIES)
def test_what_has_to_be_waited_suffices_and_never_exceeds_the_longest(
    tries: list[tuple[str, str, float]],
) -> None:
    throttle, now = Throttle(), 0.0
    for account, address, pause in tries:
        now += pause
        wait = throttle.attempt(account, address, now)
        assert 0 <= wait <= ADDRESS.longest
        if wait:
            now += wait + 1e-6
            assert throttle.attempt(account, address, now) == 0


@law
@given(TRIES, st.permutations(["ada@example.org", "bob@example.org", "nobody@example.org"]))
def test_no_name_is_treated_in_a_way_of_its_own(
    tries: list[tuple[str, str, float]], names: list[str]
) -> None:
    renamed = dict(zip(["ada@example.org", "bob@example.org", "nobody@example.org"], names, strict=True))
    one, other, now = Throttle(), Throttle(), 0.0
    for account, address, pause in tries:
        now += pause
        assert one.attempt(account, address, now) == other.attempt(renamed[account], address, now)
