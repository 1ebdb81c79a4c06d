import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.limits.turnstile import Capacity, QueueFull, Turnstile
from tests.support.laws import law

ANNA, BERT, CLEO = (UUID(int=number) for number in range(3))
USERS = [ANNA, BERT, CLEO]


@asynccontextmanager
async def passage(turnstile: Turnstile, user: UUID, told: Callable[[int], None]) -> AsyncIterator[None]:
    mine = turnstile.line_up(user)
    try:
        await mine.wait(told)
        yield
    finally:
        mine.leave()


class Stream:
    """Lines up, stays until told to end, and writes down what it was told."""

    def __init__(self, turnstile: Turnstile, user: UUID, entered: list["Stream"]) -> None:
        self.user = user
        self.heard: list[int] = []
        self.over = asyncio.Event()
        self.inside = False
        self._entered = entered
        self.task = asyncio.create_task(self._run(turnstile))

    async def _run(self, turnstile: Turnstile) -> None:
        async with passage(turnstile, self.user, self.heard.append):
            self.inside = True
            self._entered.append(self)
            try:
                await self.over.wait()
            finally:
                self.inside = False

    @property
    def waits(self) -> bool:
        return not self.task.done() and not self.inside


class Crowd:
    def __init__(self, **capacity: int) -> None:
        self.capacity = Capacity(**capacity)
        self.turnstile = Turnstile(self.capacity)
        self.streams: list[Stream] = []
        self.entered: list[Stream] = []

    def join(self, user: UUID) -> Stream:
        self.streams.append(stream := Stream(self.turnstile, user, self.entered))
        return stream

    async def joined(self, *users: UUID) -> list[Stream]:
        streams = [self.join(user) for user in users]
        await settle()
        return streams

    @property
    def inside(self) -> list[Stream]:
        return [stream for stream in self.streams if stream.inside]

    @property
    def waiting(self) -> list[Stream]:
        return [stream for stream in self.streams if stream.waits]

    async def finish(self) -> None:
        """Everybody ends; who is still there when all could have had their turn never gets one."""
        for _ in range(len(self.streams) + 1):
            for stream in self.streams:
                stream.over.set()
            await settle()
        stuck = [stream for stream in self.streams if not stream.task.done()]
        for stream in stuck:
            stream.task.cancel()
        ends = await asyncio.gather(*(stream.task for stream in self.streams), return_exceptions=True)
        assert stuck == []
        assert {type(end) for end in ends} <= {type(None), QueueFull, asyncio.CancelledError}


async def settle() -> None:
    """Everything that can happen without a new cause has happened."""
    for _ in range(6):
        await asyncio.sleep(0)


async def test_a_user_has_so_many_inside_and_the_rest_wait_in_order() -> None:
    crowd = Crowd(inside_per_user=2)
    streams = await crowd.joined(ANNA, ANNA, ANNA, ANNA)
    assert [stream.inside for stream in streams] == [True, True, False, False]
    assert [stream.heard for stream in streams] == [[], [], [1], [2]]
    streams[1].over.set()
    await settle()
    assert [stream.heard for stream in streams] == [[], [], [1], [2, 1]]
    assert crowd.entered == streams[:3]
    await crowd.finish()


async def test_one_users_line_does_not_hold_up_anothers() -> None:
    crowd = Crowd(inside_per_user=2, inside=3)
    await crowd.joined(ANNA, ANNA, ANNA, ANNA)
    [bert] = await crowd.joined(BERT)
    assert bert.inside
    await crowd.finish()


async def test_a_full_server_lets_users_in_by_turns_however_long_their_lines() -> None:
    crowd = Crowd(inside_per_user=10, inside=1)
    [first] = await crowd.joined(ANNA)
    await crowd.joined(*[ANNA] * 5, BERT, BERT, CLEO)
    first.over.set()
    for _ in range(8):
        await settle()
        crowd.entered[-1].over.set()
    await settle()
    order = ["abc"[stream.user.int] for stream in crowd.entered]
    assert "".join(order) == "aabcabaaa"
    await crowd.finish()


async def test_who_is_cancelled_while_waiting_gives_the_place_on() -> None:
    crowd = Crowd(inside_per_user=1)
    streams = await crowd.joined(ANNA, ANNA, ANNA, ANNA)
    streams[1].task.cancel()
    await settle()
    assert [stream.heard for stream in streams[2:]] == [[2, 1], [3, 2]]
    streams[0].over.set()
    await settle()
    assert streams[2].inside
    await crowd.finish()


async def test_whose_only_one_in_line_is_cancelled_is_waited_for_by_nobody() -> None:
    crowd = Crowd(inside=1)
    anna, bert, cleo = await crowd.joined(ANNA, BERT, CLEO)
    bert.task.cancel()
    await settle()
    anna.over.set()
    await settle()
    assert cleo.inside
    await crowd.finish()
    assert crowd.turnstile.users == 0


async def test_who_is_cancelled_in_the_moment_of_being_let_in_gives_the_place_on() -> None:
    crowd = Crowd(inside_per_user=1)
    streams = await crowd.joined(ANNA, ANNA, ANNA)
    streams[0].over.set()
    await asyncio.sleep(0)
    assert (crowd.turnstile.waiting, streams[1].inside) == (1, False), "let in, and does not know it yet"
    streams[1].task.cancel()
    await settle()
    assert (streams[1] in crowd.entered, streams[2].inside) == (False, True)
    await crowd.finish()
    assert crowd.turnstile.inside == 0


async def test_a_stream_that_fails_gives_its_place_on() -> None:
    turnstile = Turnstile(Capacity(inside_per_user=1))
    with pytest.raises(ZeroDivisionError):
        async with passage(turnstile, ANNA, print):
            raise ZeroDivisionError
    assert (turnstile.inside, turnstile.users) == (0, 0)


async def test_who_cannot_be_told_loses_its_own_place_only() -> None:
    crowd = Crowd(inside_per_user=1)
    await crowd.joined(ANNA)

    def gone(_position: int) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        async with passage(crowd.turnstile, ANNA, gone):
            pass
    assert (crowd.turnstile.inside, crowd.turnstile.waiting) == (1, 0)
    await crowd.finish()


@pytest.mark.parametrize("bound", ["waiting_per_user", "waiting"])
async def test_a_full_line_refuses_with_429_and_takes_again_when_there_is_room(bound: str) -> None:
    crowd = Crowd(inside_per_user=1, **{bound: 2})
    streams = await crowd.joined(ANNA, ANNA, ANNA, ANNA)
    error = streams[3].task.exception()
    assert isinstance(error, QueueFull)
    assert (error.status, error.code) == (429, "queue_full")
    streams[0].over.set()
    await settle()
    [again] = await crowd.joined(ANNA)
    assert again.waits
    await crowd.finish()


async def test_a_full_line_of_one_user_refuses_no_other() -> None:
    crowd = Crowd(inside_per_user=1, inside=1, waiting_per_user=1)
    await crowd.joined(ANNA, ANNA, ANNA)
    [bert] = await crowd.joined(BERT)
    assert bert.waits
    await crowd.finish()


async def test_where_nobody_may_wait_who_fits_still_goes_in() -> None:
    crowd = Crowd(inside_per_user=1, waiting=0)
    anna, bert, too_many = await crowd.joined(ANNA, BERT, ANNA)
    assert (anna.inside, bert.inside) == (True, True)
    assert isinstance(too_many.task.exception(), QueueFull)
    await crowd.finish()


async def test_users_who_have_left_are_forgotten() -> None:
    turnstile = Turnstile(Capacity())
    for number in range(1000):
        async with passage(turnstile, UUID(int=number), print):
            assert turnstile.users == 1
    assert turnstile.users == 0


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["join", "join", "join", "end", "end", "cancel"]), st.integers(0, 30), st.booleans()
    ),
    max_size=120,
)


@law
@given(st.integers(1, 3), st.integers(1, 5), st.integers(0, 6), st.integers(0, 10), STEPS)
def test_however_they_come_and_go(
    per_user: int, inside: int, waiting_per_user: int, waiting: int, steps: list[tuple[str, int, bool]]
) -> None:
    crowd_size = {
        "inside_per_user": per_user,
        "inside": inside,
        "waiting_per_user": waiting_per_user,
        "waiting": waiting,
    }
    asyncio.run(come_and_go(crowd_size, steps))


async def come_and_go(capacity: dict[str, int], steps: list[tuple[str, int, bool]]) -> None:
    crowd = Crowd(**capacity)
    cancelled: set[Stream] = set()
    for what, number, at_rest in steps:
        cancelled |= step(crowd, what, number)
        within_limits(crowd)
        if at_rest:  # otherwise the next step comes in the same turn of the loop
            await settle()
            within_limits(crowd)
            nobody_waits_for_nothing(crowd)
    await settle()
    await crowd.finish()
    everyone_was_treated_fairly(crowd, cancelled)


def step(crowd: Crowd, what: str, number: int) -> set[Stream]:
    """Who was cancelled by it."""
    live = [stream for stream in crowd.streams if not stream.task.done()]
    if what == "join":
        crowd.join(USERS[number % 3])
    elif what == "end" and crowd.inside:
        crowd.inside[number % len(crowd.inside)].over.set()
    elif what == "cancel" and live:
        chosen = live[number % len(live)]
        chosen.task.cancel()
        return {chosen}
    return set()


def within_limits(crowd: Crowd) -> None:
    capacity, each = crowd.capacity, Counter(stream.user for stream in crowd.inside)
    assert len(crowd.inside) <= crowd.turnstile.inside <= capacity.inside
    assert all(count <= capacity.inside_per_user for count in each.values())
    assert crowd.turnstile.waiting <= capacity.waiting


def nobody_waits_for_nothing(crowd: Crowd) -> None:
    capacity, each = crowd.capacity, Counter(stream.user for stream in crowd.inside)
    assert crowd.turnstile.inside == len(crowd.inside), "a place is held by nobody"
    assert crowd.turnstile.waiting == len(crowd.waiting)
    for user in USERS:
        line = [stream for stream in crowd.waiting if stream.user == user]
        assert len(line) <= capacity.waiting_per_user
        assert [stream.heard[-1] for stream in line] == list(range(1, len(line) + 1))
        if line:
            assert len(crowd.inside) == capacity.inside or each[user] == capacity.inside_per_user


def everyone_was_treated_fairly(crowd: Crowd, cancelled: set[Stream]) -> None:
    assert (crowd.turnstile.inside, crowd.turnstile.waiting, crowd.turnstile.users) == (0, 0, 0)
    for stream in crowd.streams:
        assert all(later < earlier for earlier, later in pairwise(stream.heard)), "a place fell back"
        refused = not stream.task.cancelled() and stream.task.exception() is not None  # only ever QueueFull
        assert stream in crowd.entered or refused or stream in cancelled, "somebody was forgotten"
    for user in USERS:
        own = [stream for stream in crowd.entered if stream.user == user]
        assert own == [stream for stream in crowd.streams if stream in own], "somebody was overtaken"


@law
@given(st.integers(1, 3), st.integers(1, 4), STEPS)
def test_nobody_who_could_go_in_is_passed_twice_by_the_same_user(
    per_user: int, inside: int, steps: list[tuple[str, int, bool]]
) -> None:
    asyncio.run(pass_one_another(Crowd(inside_per_user=per_user, inside=inside), steps))


async def pass_one_another(crowd: Crowd, steps: list[tuple[str, int, bool]]) -> None:
    passed: Counter[tuple[UUID, UUID]] = Counter()
    for what, number, _ in steps:
        before, known = ready(crowd), len(crowd.entered)
        step(crowd, what, number)
        await settle()
        entered = [stream.user for stream in crowd.entered[known:]]
        patient = (before & ready(crowd)) - set(entered)
        passed = Counter({pair: count for pair, count in passed.items() if pair[0] in patient})
        passed.update((waiting, other) for waiting in patient for other in entered)
        assert max(passed.values(), default=0) <= 1
    await crowd.finish()


def ready(crowd: Crowd) -> set[UUID]:
    """Who waits for room in the server alone."""
    each = Counter(stream.user for stream in crowd.inside)
    return {stream.user for stream in crowd.waiting if each[stream.user] < crowd.capacity.inside_per_user}


async def test_it_is_known_who_waits_for_others_and_who_for_himself() -> None:
    crowd = Crowd(inside_per_user=2, inside=3)
    running = await crowd.joined(ANNA, ANNA, BERT)
    assert (crowd.turnstile.waiting, crowd.turnstile.waiting_for_others) == (0, 0)
    await crowd.joined(ANNA, BERT, BERT, BERT)
    # One of Bert's would fit his own limit; the others, and Anna's, would not.
    assert (crowd.turnstile.waiting, crowd.turnstile.waiting_for_others) == (4, 1)
    running[0].over.set()
    await settle()
    assert (crowd.turnstile.waiting, crowd.turnstile.waiting_for_others) == (3, 1)
    await crowd.finish()
