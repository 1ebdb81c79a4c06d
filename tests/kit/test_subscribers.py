import pytest

from backend.kit.subscribers import subscriber


@pytest.mark.parametrize(
    ("address", "who"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:DB8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("unknown", ""),
    ],
)
def test_a_subscriber_is_an_address_or_a_network(address: str, who: str) -> None:
    assert subscriber(address) == who
