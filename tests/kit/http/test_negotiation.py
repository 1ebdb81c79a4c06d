import pytest

from backend.kit.http.negotiation import already_has, best_encoding, prefers_html

CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
BOTH = ("br", "gzip")


@pytest.mark.parametrize(
    "accept",
    [
        CHROMIUM,
        "text/html",
        "TEXT/HTML; charset=utf-8",
        "text/html, */*",
        "application/json;q=0.4, text/html;q=0.5",
        "application/xhtml+xml",
    ],
)
def test_a_browser_prefers_the_page(accept: str):
    assert prefers_html(accept)


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "application/json",
        "application/json, text/plain, */*",
        "application/json, text/html",
        "text/html;q=0.3, application/json;q=0.9",
        "text/html;q=0.5, */*",
        "text/html;q=0.5, application/*;q=0.8",
        "text/html;q=0",
        "text/html;q=nan",
        "text/*",
        ";;q=1,,",
    ],
)
def test_an_api_client_does_not(accept: str):
    assert not prefers_html(accept)


@pytest.mark.parametrize(
    ("accept_encoding", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("*", "br"),
        ("*;q=0.5, br;q=0", "gzip"),
        ("br;q=0.2, identity;q=0.8", None),
        ("BR", "br"),
        ("deflate", None),
        ("", None),
        ("*;q=0", None),
        ("br;q=2", None),
    ],
)
def test_the_best_encoding_is_the_one_the_client_weighs_most(accept_encoding: str, encoding: str | None):
    assert best_encoding(accept_encoding, BOTH) == encoding


def test_without_compressed_copies_the_file_goes_as_it_is():
    assert best_encoding("br, gzip", ()) is None


@pytest.mark.parametrize("header", ['W/"a"', '"a"', '"b", W/"a"', "*"])
def test_a_known_tag_is_recognised(header: str):
    assert already_has(header, 'W/"a"')


@pytest.mark.parametrize("header", ["", '"b"', "a", '"A"'])
def test_an_unknown_tag_is_not(header: str):
    assert not already_has(header, 'W/"a"')
