"""The issuer's keys, kept: when they are fetched, and when they are not."""

import asyncio
from collections.abc import Mapping

import pytest

from backend.accounts.oidc.failures import SignInFailed, unreachable
from backend.accounts.oidc.key_set import KeySet
from backend.accounts.oidc.keys import Key
from tests.accounts.oidc.conftest import Clock


class Published:
    """What there is to be fetched, and how often it was."""

    def __init__(self, *kids: str | None) -> None:
        self.kids = kids
        self.fetched = 0
        self.is_down = False
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def fetch(self) -> Mapping[str | None, Key]:
        self.fetched += 1
        self.asked.set()
        await self.may_answer.wait()
        if self.is_down:
            raise unreachable("keys: down")
        return {kid: Key(kid, "RS256", {}) for kid in self.kids}


@pytest.fixture
def published() -> Published:
    return Published("a", "b")


@pytest.fixture
def keys(published: Published, clock: Clock) -> KeySet:
    return KeySet(published.fetch, clock.seconds)


async def id_of(keys: KeySet, kid: str | None) -> str | None:
    key = await keys.key(kid)
    return key and key.id


async def test_known_keys_are_fetched_once(keys: KeySet, published: Published) -> None:
    assert [await id_of(keys, kid) for kid in ("a", "b", "a")] == ["a", "b", "a"]
    assert published.fetched == 1


async def test_made_up_key_ids_cost_the_issuer_one_question_a_minute(
    keys: KeySet, published: Published, clock: Clock
) -> None:
    await keys.key("a")
    for second in range(300):
        assert await keys.key(f"made up {second}") is None
        clock.pass_seconds(1)
    assert published.fetched == 5


async def test_a_new_key_is_found_after_a_minute_at_most(
    keys: KeySet, published: Published, clock: Clock
) -> None:
    await keys.key("a")
    published.kids = ("c",)
    clock.pass_seconds(59)
    assert await keys.key("c") is None
    clock.pass_seconds(1)
    assert await id_of(keys, "c") == "c"
    assert await keys.key("a") is None


async def test_many_who_wait_are_one_fetch(keys: KeySet, published: Published, clock: Clock) -> None:
    await keys.key("a")
    published.kids = ("c",)
    clock.pass_seconds(60)
    assert await asyncio.gather(*(id_of(keys, "c") for _ in range(500))) == ["c"] * 500
    assert published.fetched == 2


async def test_many_who_wait_for_a_failure_are_one_fetch_too(keys: KeySet, published: Published) -> None:
    published.is_down = True
    results = await asyncio.gather(*(keys.key("a") for _ in range(500)), return_exceptions=True)
    assert {type(result) for result in results} == {SignInFailed}
    assert published.fetched == 1


async def test_an_empty_set_is_never_kept(keys: KeySet, published: Published, clock: Clock) -> None:
    published.kids = ()
    with pytest.raises(SignInFailed, match="cannot be used"):
        await keys.key("a")
    published.kids = ("a",)
    clock.pass_seconds(5)
    assert await id_of(keys, "a") == "a"


async def test_an_empty_set_does_not_replace_a_full_one(
    keys: KeySet, published: Published, clock: Clock
) -> None:
    await keys.key("a")
    published.kids = ()
    clock.pass_seconds(60)
    assert await keys.key("c") is None
    assert await id_of(keys, "a") == "a"
    assert published.fetched == 2


async def test_old_keys_stay_while_the_issuer_is_down(
    keys: KeySet, published: Published, clock: Clock
) -> None:
    await keys.key("a")
    published.is_down = True
    for _ in range(10):
        clock.pass_seconds(3600)
        assert await id_of(keys, "a") == "a"
        assert await keys.key("c") is None
    assert published.fetched == 11


async def test_without_any_key_a_failure_is_repeated_for_a_moment_only(
    keys: KeySet, published: Published, clock: Clock
) -> None:
    published.is_down = True
    for _ in range(10):
        with pytest.raises(SignInFailed) as raised:
            await keys.key("a")
        assert len(raised.traceback) < 10, "the failure that is kept grows"
    assert published.fetched == 1
    published.is_down = False
    clock.pass_seconds(5)
    assert await id_of(keys, "a") == "a"


async def test_a_key_that_was_withdrawn_is_forgotten_in_an_hour(
    keys: KeySet, published: Published, clock: Clock
) -> None:
    await keys.key("a")
    published.kids = ("b",)
    clock.pass_seconds(3599)
    assert await id_of(keys, "a") == "a"
    clock.pass_seconds(1)
    assert await keys.key("a") is None


async def test_no_key_id_means_the_only_key(clock: Clock) -> None:
    assert await id_of(KeySet(Published("a").fetch, clock.seconds), None) == "a"
    assert await id_of(KeySet(Published(None).fetch, clock.seconds), None) is None
    assert await KeySet(Published("a", "b").fetch, clock.seconds).key(None) is None


async def test_a_key_without_id_is_no_match_for_a_token_with_one(clock: Clock) -> None:
    assert await KeySet(Published(None).fetch, clock.seconds).key("a") is None


async def test_who_gives_up_waiting_leaves_the_others_their_keys(keys: KeySet, published: Published) -> None:
    published.may_answer.clear()
    waiting = [asyncio.create_task(id_of(keys, "a")) for _ in range(3)]
    await published.asked.wait()
    waiting[0].cancel()
    published.may_answer.set()
    assert await asyncio.gather(*waiting[1:]) == ["a", "a"]
    assert published.fetched == 1


async def test_closing_ends_a_fetch_that_hangs(keys: KeySet, published: Published) -> None:
    published.may_answer.clear()
    waiting = asyncio.create_task(keys.key("a"))
    await published.asked.wait()
    await keys.aclose()
    with pytest.raises(asyncio.CancelledError):
        await waiting
