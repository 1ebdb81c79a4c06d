"""UUIDv7."""

import threading
from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

from backend.kit.ids import Ids, created_at, new_id


def test_an_id_has_version_7_and_the_variant_of_the_rfc() -> None:
    key = new_id()
    assert key.version == 7
    assert key.variant == RFC_4122


def test_an_id_carries_the_millisecond_it_was_made_in() -> None:
    moment = datetime(2026, 11, 21, 12, 30, 15, 123_000, tzinfo=UTC)
    ids = Ids(lambda: int(moment.timestamp() * 1000) * 1_000_000)
    assert created_at(ids()) == moment
    assert abs(created_at(new_id()) - datetime.now(UTC)) < timedelta(seconds=5)


def test_the_example_of_the_rfc_is_read_as_the_rfc_says() -> None:
    assert created_at(UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")) == datetime(
        2022, 2, 22, 19, 22, 22, tzinfo=UTC
    )


def test_ids_rise_within_one_millisecond() -> None:
    ids = Ids(lambda: 1_700_000_000_000 * 1_000_000)
    keys = [ids() for _ in range(10_000)]
    assert keys == sorted(set(keys))
    assert [str(key) for key in keys] == sorted(str(key) for key in keys)


def test_ids_rise_when_the_clock_goes_back() -> None:
    moments = iter([5_000_000, 3_000_000, 1_000_000, 6_000_000])
    ids = Ids(lambda: next(moments))
    keys = [ids() for _ in range(4)]
    assert keys == sorted(set(keys))


def test_a_full_counter_borrows_the_next_millisecond() -> None:
    ids = Ids(lambda: 7_000_000)
    first = ids()
    ids._counter = (1 << 42) - 1
    second = ids()
    assert first < second
    assert created_at(second) - created_at(first) == timedelta(milliseconds=1)


def test_threads_never_share_an_id() -> None:
    made: list[UUID] = []
    threads = [threading.Thread(target=lambda: made.extend(new_id() for _ in range(2_000))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8_000
