import pytest

from backend.kit.proxies import Origin, TrustedProxies

NEAR = TrustedProxies.parse(["10.0.0.0/8", "::1/128"])


def client_of(peer: str | None, forwarded_for: str, proxies: TrustedProxies = NEAR) -> str | None:
    return proxies.resolve(peer, forwarded_for, "", "").client


def test_a_stranger_cannot_say_that_it_is_somebody_else() -> None:
    assert NEAR.resolve("203.0.113.9", "198.51.100.1", "https", "evil.example") == Origin("203.0.113.9")


def test_a_trusted_proxy_names_client_scheme_and_host() -> None:
    origin = NEAR.resolve("10.0.0.1", "198.51.100.1", "https", "bakeoff.example")

    assert origin == Origin("198.51.100.1", "https", "bakeoff.example")


@pytest.mark.parametrize(
    ("forwarded_for", "client"),
    [
        ("", "10.0.0.1"),
        ("198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("6.6.6.6, 198.51.100.1, 10.0.0.2, 10.0.0.3", "198.51.100.1"),
        ("10.0.0.9, 10.0.0.2", "10.0.0.9"),
        ("198.51.100.1:4711", "198.51.100.1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("6.6.6.6, unknown, 10.0.0.2", "10.0.0.2"),
        ("<script>", "10.0.0.1"),
        (",,,", "10.0.0.1"),
    ],
)
def test_the_client_is_the_first_stranger_from_the_right(forwarded_for: str, client: str) -> None:
    assert client_of("10.0.0.1", forwarded_for) == client


def test_an_ipv4_peer_on_an_ipv6_socket_is_the_ipv4_address() -> None:
    assert client_of("::ffff:10.0.0.1", "198.51.100.1") == "198.51.100.1"
    assert client_of("::ffff:203.0.113.9", "198.51.100.1") == "203.0.113.9"


def test_a_peer_on_a_unix_socket_is_believed_only_when_asked_for() -> None:
    assert client_of(None, "198.51.100.1") is None
    assert client_of(None, "198.51.100.1", TrustedProxies.parse(["unix"])) == "198.51.100.1"


def test_scheme_and_host_are_what_the_nearest_proxy_said() -> None:
    origin = NEAR.resolve("10.0.0.1", "198.51.100.1", "https, HTTP", "evil.example, bakeoff.example:8443")

    assert (origin.scheme, origin.host) == ("http", "bakeoff.example:8443")


@pytest.mark.parametrize("host", ["a b", "a/b", "a\r\nx: y", "user@host", "é"])
def test_a_host_that_is_none_is_left_out(host: str) -> None:
    assert NEAR.resolve("10.0.0.1", "198.51.100.1", "gopher", host) == Origin("198.51.100.1")
