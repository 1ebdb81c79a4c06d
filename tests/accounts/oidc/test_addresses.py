"""Which addresses are believed, and which ways back after signing in."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.accounts.oidc import addresses
from tests.support.laws import law

GOOD_PATHS = [
    "/",
    "/compare/0198",
    "/compare/0198?lane=2&view=side",
    "/history?q=a%20b#last",
    "/search?next=//evil.example",
    "/a.b/~c_d-e/(f)",
    "/auth/callback?x=https://evil.example",
]

TRICKS = [
    None,
    "",
    "compare",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "/\x00/evil.example",
    "/\x0b/evil.example",
    "/\x7f/evil.example",
    "/compare\r\nSet-Cookie: a=b",
    "/compare\r\nLocation: https://evil.example",
    "/%0d%0aSet-Cookie:%20a=b",
    "/%0D%0ALocation:%20https://evil.example",
    "/%00",
    "/%09/evil.example",
    "/%2f/evil.example",
    "/%2F%2Fevil.example",
    "/%5cevil.example",
    "/%5C%5Cevil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/a/..//evil.example",
    "/a//evil.example",
    "/%2e%2e//evil.example",
    "/%7f",
    "https://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "HTTPS://evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "?next=//evil.example",
    "#//evil.example",
    "@evil.example",
    ".evil.example",
    ":80/evil",
    "//evil.example%2f@bakeoff.example",
    "//user@evil.example",
    "//[::1]/",
    "//evil。example",
    "/／evil.example",  # noqa: RUF001 - the slash of another width
    "/\u2028/evil.example",
    "/\ufeff/evil.example",
    "\ufeff//evil.example",
    "/ü",
    "/\ud800",
    "/" + "a" * 1024,
]


@pytest.mark.parametrize("path", GOOD_PATHS)
def test_a_path_of_this_server_is_gone_back_to(path: str) -> None:
    assert addresses.local_path(path) == path


@pytest.mark.parametrize("trick", TRICKS, ids=ascii)
def test_a_trick_leads_to_the_first_page(trick: str | None) -> None:
    assert addresses.local_path(trick) == "/"


@law
@given(st.text(alphabet=st.sampled_from("/\\.:@?#%2f5Cc0aA\t\n e;"), max_size=12).map("/".__add__))
def test_whatever_is_asked_for_stays_here(wanted: str) -> None:
    path = addresses.local_path(wanted)
    # As lenient as browsers: what they drop is dropped, and a backslash is a slash.
    read = path.replace("\\", "/").translate({9: None, 10: None, 13: None})
    home = urlsplit(urljoin("https://bakeoff.example/auth/callback", read))
    assert (home.scheme, home.netloc) == ("https", "bakeoff.example")
    assert not home.path.startswith("//")


@pytest.mark.parametrize(
    "url",
    [
        "https://idp.example",
        "https://idp.example/realms/main/",
        "https://idp.example:8443/x?tenant=1",
        "http://127.0.0.1:8080",
        "http://127.9.9.9",
        "http://localhost:8080/realms/main",
        "http://[::1]:8080",
    ],
)
def test_https_and_this_machine_are_believed(url: str) -> None:
    assert addresses.checked(url).geturl() == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "idp.example",
        "//idp.example",
        "http://idp.example",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://127.0.0.1@evil.example",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://[::ffff:10.0.0.1]",
        "https://user@idp.example",
        "https://user:password@idp.example",
        "https://@idp.example",
        "https://idp.example#",
        "https://idp.example/#x",
        "https://idp.example:99999",
        "https://idp.example:x",
        "https://[::1",
        "https://",
        "https:///path",
        "https://idp.example\\@evil.example",
        "https://idp.example/\n",
        "https://idp.example/a b",
        "https://idp.exämple",
        "ftp://idp.example",
        "javascript:alert(1)",
        "data:text/plain,x",
        "file:///etc/passwd",
        "https://idp.example/" + "a" * 2048,
    ],
    ids=ascii,
)
def test_every_other_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError) as raised:
        addresses.checked(url)
    assert not url or url not in str(raised.value)


def test_an_issuer_has_no_query() -> None:
    with pytest.raises(ValueError, match="query"):
        addresses.checked_issuer("https://idp.example/?tenant=1")
