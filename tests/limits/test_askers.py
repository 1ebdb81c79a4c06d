from uuid import UUID

import pytest

from backend.accounts.callers import Caller, ShareGrant
from backend.limits.askers import Asker, address_name

USER, KEY = UUID(int=1), UUID(int=2)


def caller(api_key_id: UUID | None = None) -> Caller:
    return Caller(
        user_id=USER,
        email="a@b.example",
        role="member",
        way="api_key" if api_key_id else "cookie",
        api_key_id=api_key_id,
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("2001:db8:1:2::1", "2001:0DB8:0001:0002::9"),
        ("fe80::1%eth0", "fe80::2%eth1"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
    ],
)
def test_these_are_one_address(one: str, other: str) -> None:
    assert address_name(one) == address_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:3::1"),
        ("198.51.100.7", "198.51.100.8"),
        ("::ffff:198.51.100.7", "::ffff:198.51.100.8"),
        ("::1", "127.0.0.1"),
        (None, "127.0.0.1"),
        ("unknown", "127.0.0.1"),
    ],
)
def test_these_are_two(one: str | None, other: str) -> None:
    assert address_name(one) != address_name(other)


def test_a_name_is_short_whatever_a_server_says() -> None:
    assert len(address_name("x" * 10_000)) == 64


def test_a_user_is_counted_by_name_wherever_they_are() -> None:
    here, there = Asker.of("198.51.100.7", caller()), Asker.of("198.51.100.8", caller(KEY))
    assert here.name("user") == there.name("user")
    assert here.name("address") != there.name("address")
    assert here.name("api_key") is None
    assert there.name("api_key") not in {None, there.name("user")}


def test_who_has_not_signed_in_is_counted_by_address() -> None:
    stranger = Asker.of("198.51.100.7")
    assert stranger.name("user") == stranger.name("address") == "198.51.100.7"
    assert stranger.name("api_key") is None


def test_guests_of_one_link_are_counted_where_they_come_from() -> None:
    guest = Caller.guest(ShareGrant(USER, KEY))
    here, there = Asker.of("198.51.100.7", guest), Asker.of("198.51.100.8", guest)
    assert here.name("user") != there.name("user")
    assert here.name("user") == here.name("address") == Asker.of("198.51.100.7").name("user")
