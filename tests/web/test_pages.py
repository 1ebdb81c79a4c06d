import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.support.served import served
from tests.web.conftest import BROTLI, GZIP, INDEX, PLAIN_PIXEL, SCRIPT
from tests.web.standin import create_app

pytestmark = pytest.mark.anyio

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "accept-encoding": "identity"}
SCRIPT_PATH = "/assets/index-abc123.js"


async def test_a_browser_gets_the_page_and_must_ask_again(client: httpx2.AsyncClient):
    answer = await client.get("/", headers=BROWSER)
    assert answer.status_code == 200
    assert answer.content == INDEX
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["vary"] == "Accept, Accept-Encoding"


async def test_an_api_client_gets_the_status_at_the_same_address(client: httpx2.AsyncClient):
    assert (await client.get("/")).json()["service"] == "bakeoff"


async def test_the_reference_is_a_page_for_browsers_and_a_document_for_clients(client: httpx2.AsyncClient):
    assert "API reference" in (await client.get("/schema", headers=BROWSER)).text
    assert (await client.get("/schema")).json()["openapi"].startswith("3.1")


async def test_a_page_that_the_client_has_is_not_sent_again(client: httpx2.AsyncClient):
    first = await client.get("/", headers=BROWSER)
    again = await client.get("/", headers={**BROWSER, "if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == "no-cache"


async def test_assets_may_be_kept_forever(client: httpx2.AsyncClient):
    answer = await client.get(SCRIPT_PATH)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"


async def test_a_file_beside_the_page_is_served_but_not_kept_forever(client: httpx2.AsyncClient):
    answer = await client.get("/robots.txt")
    assert answer.text == "User-agent: *\n"
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        ("gzip, br", "br", BROTLI),
        ("gzip;q=0.9, br;q=0.1", "gzip", GZIP),
        ("identity", None, SCRIPT),
        ("br;q=0, gzip;q=0", None, SCRIPT),
    ],
)
async def test_the_compressed_copy_that_the_client_likes_best_is_sent(
    client: httpx2.AsyncClient, accepted: str, encoding: str | None, body: bytes
):
    async with client.stream("GET", SCRIPT_PATH, headers={"accept-encoding": accepted}) as answer:
        sent = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert int(answer.headers["content-length"]) == len(sent)
    assert sent == body


async def test_a_file_without_compressed_copies_goes_as_it_is(client: httpx2.AsyncClient):
    answer = await client.get("/assets/pixel-def456.png", headers={"accept-encoding": "br, gzip"})
    assert answer.content == PLAIN_PIXEL
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("path", ["/rooms/any", SCRIPT_PATH])
async def test_head_is_get_without_the_body(client: httpx2.AsyncClient, path: str):
    got = await client.get(path, headers=BROWSER)
    head = await client.head(path, headers=BROWSER)
    ignored = {"date"}
    assert head.status_code == 200
    assert head.content == b""
    assert {k: v for k, v in head.headers.items() if k not in ignored} == {
        k: v for k, v in got.headers.items() if k not in ignored
    }


@pytest.mark.parametrize("path", ["/rooms/any", "/history", "/a/b/c/d", "/apiary", "/healthy"])
async def test_an_address_of_the_page_itself_answers_with_the_page(client: httpx2.AsyncClient, path: str):
    assert (await client.get(path, headers=BROWSER)).content == INDEX
    assert (await client.get(path, headers={"accept": "*/*"})).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/unknown",
        "/api/unknown/deeper",
        "/auth/unknown",
        "/ws/unknown",
        "/health/unknown",
        "/metrics/unknown",
        "/comparison/unknown",
        "/assets/unknown.js",
        "/assets",
    ],
)
async def test_an_unknown_address_of_the_server_is_never_the_page(client: httpx2.AsyncClient, path: str):
    answer = await client.get(path, headers=BROWSER)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/api/unknown", "/rooms/any", SCRIPT_PATH])
async def test_nothing_here_can_be_written(client: httpx2.AsyncClient, method: str, path: str):
    assert (await client.request(method, path, headers=BROWSER)).status_code == 404


@pytest.mark.parametrize(
    "target",
    [
        "/assets/../../../../etc/passwd",
        "/assets/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/assets/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/assets/%252e%252e/%252e%252e/etc/passwd",
        "/assets/..\\..\\etc\\passwd",
        "/assets//etc/passwd",
        "/assets/link.txt",
        "/linked/secret.txt",
        "/assets/index-abc123.js%00.png",
        "/assets/index-abc123.js.br",
    ],
)
async def test_nothing_outside_the_built_files_can_be_reached(address: str, target: str):
    answer = await ask_exactly(address, target)
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"root:" not in answer
    assert b"not for the web" not in answer


async def test_without_a_built_page_a_browser_is_told_what_to_do(tmp_path: Path):
    with served(create_app(tmp_path / "nothing")) as address:
        async with httpx2.AsyncClient(base_url=address, headers=BROWSER) as client:
            for path in ("/", "/schema", "/rooms/any"):
                answer = await client.get(path)
                assert answer.status_code == 503
                assert answer.text == "The web page is not built: run make web\n"
                assert answer.headers["cache-control"] == "no-store"
            assert (await client.get("/", headers={"accept": "application/json"})).status_code == 200


async def ask_exactly(address: str, target: str) -> bytes:
    """A client library would tidy the path up before sending it."""
    where = urlsplit(address)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: {where.netloc}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer
