"""A built page made by hand, so that serving it is tested without building one."""

import gzip
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.served import served
from tests.web.standin import create_app

INDEX = b"<!doctype html><title>Bakeoff</title>" + b"<p>many lanes</p>" * 60
SCRIPT = b"console.log('lanes');\n" * 80
PLAIN_PIXEL = b"\x89PNG not really"
BROTLI = b"brotli stands here"  # the server never looks inside
GZIP = gzip.compress(SCRIPT, mtime=0)


@pytest.fixture(scope="session")
def dist(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    assets = folder / "assets"
    assets.mkdir()
    (folder / "index.html").write_bytes(INDEX)
    (folder / "index.html.gz").write_bytes(gzip.compress(INDEX))
    (folder / "reference.html").write_bytes(b"<!doctype html><title>API reference</title>")
    (folder / "robots.txt").write_bytes(b"User-agent: *\n")
    (assets / "index-abc123.js").write_bytes(SCRIPT)
    (assets / "index-abc123.js.br").write_bytes(BROTLI)
    (assets / "index-abc123.js.gz").write_bytes(GZIP)
    (assets / "pixel-def456.png").write_bytes(PLAIN_PIXEL)

    secret = tmp_path_factory.mktemp("elsewhere") / "secret.txt"
    secret.write_text("not for the web")
    (assets / "link.txt").symlink_to(secret)
    (folder / "linked").symlink_to(secret.parent)
    return folder


@pytest.fixture(scope="session")
def address(dist: Path) -> Iterator[str]:
    with served(create_app(dist)) as listening:
        yield listening


@pytest.fixture
async def client(address: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=address) as opened:
        yield opened
