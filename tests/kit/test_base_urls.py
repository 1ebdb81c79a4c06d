import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kit.base_urls import BaseUrl, InvalidBaseUrl


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("https://api.openai.com", "https://api.openai.com"),
        ("HTTPS://API.OpenAI.com/v1/", "https://api.openai.com/v1"),
        ("https://models.example:443/v1", "https://models.example/v1"),
        ("https://models.example:8443", "https://models.example:8443"),
        ("http://localhost:11434/v1", "http://localhost:11434/v1"),
        ("http://localhost:80", "http://localhost"),
        ("https://bücher.example/v1", "https://xn--bcher-kva.example/v1"),
        ("https://BÜCHER.example/v1", "https://xn--bcher-kva.example/v1"),
        ("https://xn--bcher-kva.example/v1", "https://xn--bcher-kva.example/v1"),
        ("https://192.0.2.1/v1", "https://192.0.2.1/v1"),
        ("https://[2001:DB8:0:0::1]:8443/v1", "https://[2001:db8::1]:8443/v1"),
        (
            "https://one.example/v1/Acct-1/my_gateway/openai",
            "https://one.example/v1/Acct-1/my_gateway/openai",
        ),
        ("https://one.example/v1beta1/m@2,x=1+2", "https://one.example/v1beta1/m@2,x=1+2"),
    ],
)
def test_an_address_is_read_and_written_in_one_way(written: str, read: str) -> None:
    assert str(BaseUrl.parse(written)) == read
    assert BaseUrl.parse(read) == BaseUrl.parse(written)


REFUSED = [
    "",
    "https://",
    "https:///v1",
    "api.openai.com/v1",
    "//api.openai.com/v1",
    "ftp://api.openai.com",
    "file:///etc/passwd",
    "gopher://one.example/",
    "unix:///var/run/docker.sock",
    "javascript:alert(1)",
    "https:one.example",
    "https:/one.example",
    "https:\\\\one.example",
    " https://one.example",
    "https://one.example ",
    "https://one.example\n",
    "https://one.example\r\nHost: two.example",
    "https://one.example\0.two.example",
    "https://one\texample",
    "https://one example",
    "https://user@one.example",
    "https://user:word@one.example",
    "https://@one.example",
    "https://one.example:80@two.example",
    "https://one.example\\@two.example",
    "https://one.example#@two.example",
    "https://one.example?@two.example",
    "https://one.example/v1?key=1",
    "https://one.example/v1#top",
    "https://one.example?",
    "https://one.example#",
    "https://one.example.",
    "https://one.example./v1",
    "https://one..example",
    "https://.one.example",
    "https://-one.example",
    "https://one-.example",
    "https://one_two.example",
    "https://%6fne.example",
    "https://one.example%00.two.example",
    "https://one.example%2f@two.example",
    "https://one.example/%2e%2e/v1",
    "https://one.example/../v1",
    "https://one.example/./v1",
    "https://one.example/v1/..",
    "https://one.example//v1",
    "https://one.example/v1//",
    "https://one.example/v1\\x",
    "https://one.example/v 1",
    "https://one.example/v1;x",
    "https://one.example:",
    "https://one.example:/v1",
    "https://one.example:0",
    "https://one.example:65536",
    "https://one.example:443443",
    "https://one.example:-1",
    "https://one.example:+443",
    "https://one.example:٤٤٣",
    "https://one.example:443:443",
    "https://127.1",
    "https://2130706433",
    "https://0x7f000001",
    "https://0x7f.0.0.1",
    "https://0177.0.0.1",
    "https://127.0.0.01",
    "https://127.0.0.1.",
    "https://1.2.3.4.5",
    "https://256.1.1.1",
    "https://one.example.1",
    "https://one.example.0x1",
    "https://0x",
    "https://[::1",
    "https://::1",
    "https://[::1]x",
    "https://[::1%25lo]",
    "https://[fe80::1%eth0]",
    "https://[127.0.0.1]",
    "https://[1:2:3:4:5:6:7:8:9]",
    "https://[]",
    "https://xn--a",
    "https://one\u2044two.example",
    "https://\u2100.example",
    "https://" + "a" * 64 + ".example",
    "https://" + "a." * 127 + "example",
    "https://one.example/" + "a" * 500,
]


@pytest.mark.parametrize("written", REFUSED)
def test_what_could_be_read_in_two_ways_is_refused(written: str) -> None:
    with pytest.raises(InvalidBaseUrl):
        BaseUrl.parse(written)


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("https://\uff11\uff12\uff17.0.0.1", "127.0.0.1"),
        ("https://①②⑦.0.0.1", "127.0.0.1"),
        ("https://127。0。0。1", "127.0.0.1"),
        ("https://ⓛocalhost", "localhost"),
        ("https://LOCALHOST", "localhost"),
        ("https://local\u200bhost", "localhost"),
        ("https://[0:0:0:0:0:0:0:1]", "::1"),
        ("https://[::ffff:127.0.0.1]", "::ffff:7f00:1"),
    ],
)
def test_a_host_in_disguise_is_shown_as_what_it_is(written: str, host: str) -> None:
    assert BaseUrl.parse(written).host == host


def test_a_refusal_does_not_repeat_what_was_written() -> None:
    for written in ("https://user:sk-canary-1@one.example", "https://sk-canary-1_.example"):
        with pytest.raises(InvalidBaseUrl) as refused:
            BaseUrl.parse(written)
        assert "canary" not in str(refused.value)


@given(st.text(max_size=40), st.text(max_size=20))
def test_whatever_is_written_is_refused_or_read_alike_twice(host: str, path: str) -> None:
    try:
        url = BaseUrl.parse(f"https://{host}/{path}")
    except InvalidBaseUrl:
        return
    assert BaseUrl.parse(str(url)) == url
    assert str(url).isascii()
    assert not set(str(url).removeprefix("https://")) & set("\\#?%@ ") - {"@"}
