"""Hashes that fit, threads that leave the loop free, passwords that nobody guesses at once."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest
from argon2 import extract_parameters
from hypothesis import given
from hypothesis import strategies as st

from backend.accounts import passwords
from backend.accounts.passwords import LONGEST, MOST_WAITING, THREADS, Passwords, refuse_weak
from backend.kit.errors import AppError, Invalid
from tests.support.laws import law


@pytest.fixture
def real() -> Iterator[Passwords]:
    opened = Passwords()
    yield opened
    opened.close()


@pytest.fixture
def quick() -> Iterator[Passwords]:
    opened = Passwords(memory_kib=8, rounds=1)
    yield opened
    opened.close()


async def test_a_hash_is_argon2id_at_the_price_that_is_recommended(real: Passwords) -> None:
    hashed = await real.hash("correct horse")
    found = extract_parameters(hashed)
    assert (found.memory_cost, found.time_cost, found.parallelism) == (19 * 1024, 2, 1)
    assert hashed.startswith("$argon2id$")
    assert await real.hash("correct horse") != hashed
    assert await real.verify(hashed, "correct horse")


@pytest.mark.parametrize(
    ("password", "other"),
    [
        ("correct horse", "Correct horse"),
        ("correct horse", "correct horse "),
        ("correct horse", ""),
        ("x" * 100 + "a", "x" * 100 + "b"),
        ("before\0after", "before\0other"),
        ("ﬁsh and chips", "fish and chips"),
        ("caf\u00e9 noir", "cafe\u0301 noir"),
        ("half \ud800 of a pair", "half ? of a pair"),
    ],
)
async def test_a_password_is_compared_to_the_last_bit(quick: Passwords, password: str, other: str) -> None:
    hashed = await quick.hash(password)
    assert await quick.verify(hashed, password)
    assert not await quick.verify(hashed, other)


async def test_nobody_signs_in_without_a_password(quick: Passwords) -> None:
    assert not await quick.verify(None, "")
    assert not await quick.verify(None, "anything")
    assert not await quick.verify("", "")
    assert not await quick.verify("$argon2id$broken", "anything")


async def test_what_is_too_long_for_anybody_is_not_computed(quick: Passwords) -> None:
    hashed = await quick.hash("x" * (LONGEST + 1))
    assert not await quick.verify(hashed, "x" * (LONGEST + 1))


async def test_unknown_users_cost_as_much_as_known_ones(real: Passwords) -> None:
    """CPU time of the threads, not time on the wall: neighbours on the machine do not count."""
    hashed = await real.hash("correct horse")

    def cost(stored: str | None) -> float:
        start = time.thread_time()
        real._fits(stored, b"wrong")
        return time.thread_time() - start

    known, unknown = (min(cost(stored) for _ in range(5)) for stored in (hashed, None))
    assert 0.5 < unknown / known < 2


async def test_a_hash_with_other_parameters_is_outdated(quick: Passwords, real: Passwords) -> None:
    old, new = await quick.hash("correct horse"), await real.hash("correct horse")
    assert real.outdated(old)
    assert not real.outdated(new)
    assert await real.verify(old, "correct horse")


async def test_the_loop_stays_free_while_sixty_four_sign_in(real: Passwords) -> None:
    hashed = await real.hash("correct horse")
    frames, threads = 0, set()

    async def stream() -> None:
        nonlocal frames
        while True:
            await asyncio.sleep(0.001)
            frames += 1
            threads.update(t.name for t in threading.enumerate() if t.name.startswith("passwords"))

    ticker = asyncio.create_task(stream())
    outcomes = await asyncio.gather(*(real.verify(hashed, "wrong") for _ in range(64)))
    ticker.cancel()
    assert outcomes == [False] * 64
    assert len(threads) <= THREADS
    # On the loop itself not one frame would pass; two for each sign-in is a tenth of what a busy machine has.
    assert frames >= 128


async def test_whoever_comes_when_too_many_wait_is_asked_to_come_again(quick: Passwords) -> None:
    outcomes = await asyncio.gather(
        *(quick.hash("correct horse") for _ in range(MOST_WAITING + 3)), return_exceptions=True
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, AppError)]
    assert [(error.status, "Retry-After" in error.headers) for error in refused] == [(503, True)] * 3
    assert await quick.hash("correct horse")


async def test_who_leaves_while_he_waits_gives_his_place_back(real: Passwords) -> None:
    waiting = [asyncio.create_task(real.hash("correct horse")) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert await real.hash("correct horse")


WEAK = {
    "short": "1x!Zq",
    "seven": "k3$vQ9z",
    "endless": "k3$vQ9z!" * 129,
    "one letter": "aaaaaaaaaaaa",
    "two letters": "abababababab",
    "counting": "12345678",
    "counting down": "87654321",
    "alphabet": "abcdefgh",
    "keyboard": "qwertyuiop",
    "a word with numbers": "Password123!",
    "the product": "Bakeoff2026",
    "the address": "Ada.Lovelace@example.org",
    "the name in it": "ada.lovelace",
    "the name with a number": "Ada.Lovelace1815",
}


@pytest.mark.parametrize("password", WEAK.values(), ids=WEAK)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        refuse_weak(password, about=("ada.lovelace@example.org", ""))
    assert [problem.field for problem in refused.value.details] == ["password"]
    assert password not in str(refused.value)


@pytest.mark.parametrize(
    "password",
    ["k3$vQ9z!", "correct horse", "パスワードは長い方がいい", "🦉🦊🐸🦄🐙🦀🐝🐢", "k3$vQ9z!" * 128],
)
def test_any_character_may_be_in_a_password(password: str) -> None:
    refuse_weak(password, about=("ada.lovelace@example.org", ""))


@law
@given(st.text(max_size=2000))
def test_what_is_not_refused_has_an_allowed_length(password: str) -> None:
    try:
        refuse_weak(password)
    except Invalid:
        return
    assert passwords.SHORTEST <= len(password) <= LONGEST
