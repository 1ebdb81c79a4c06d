"""The page and its assets as Litestar answers.

Whoever composes the application decides what `/` and `/schema` do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from litestar import HttpMethod, Request, Response, route
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler

from backend.accounts.guards import needs
from backend.kit.http.negotiation import already_has, best_encoding, prefers_html
from backend.web.files import StaticFile, read_files

AnyRequest = Request[Any, Any, Any]

_ASSETS = "/assets/"
_FOREVER = "public, max-age=31536000, immutable"  # the build puts a hash of the content into every name
_ASK_AGAIN = "no-cache"

# Below these the server speaks for itself, so an unknown path is an error there and never the page.
_NOT_PAGES = ("/api", "/auth", "/ws", "/health", "/metrics", "/schema", "/comparison", "/assets")

_READING = {HttpMethod.GET.value, HttpMethod.HEAD.value}


@dataclass(frozen=True, slots=True)
class WebPages:
    files: Mapping[str, StaticFile]

    @classmethod
    def load(cls, dist: Path) -> Self:
        return cls(read_files(dist))

    def index(self, request: AnyRequest) -> Response[bytes]:
        return self._page("/index.html", request)

    def reference(self, request: AnyRequest) -> Response[bytes]:
        return self._page("/reference.html", request)

    def handlers(self) -> list[HTTPRouteHandler]:
        """The assets, and the page for every address that only the page itself understands."""

        # All methods, so that an unknown path is the same 404 whatever was tried on it.
        @route(
            "/{path:path}",
            http_method=list(HttpMethod),
            opt=needs("anyone"),
            include_in_schema=False,
            sync_to_thread=False,
        )
        def file_or_page(request: AnyRequest) -> Response[bytes]:
            return self._file_or_page(request)

        return [file_or_page]

    def _file_or_page(self, request: AnyRequest) -> Response[bytes]:
        path = request.scope["path"]
        if request.method not in _READING:
            raise NotFoundException
        if file := self.files.get(path):
            return _answer(file, request, cache=_FOREVER if path.startswith(_ASSETS) else _ASK_AGAIN)
        if _is_page(path) and prefers_html(request.headers.get("accept", "")):
            return self.index(request)
        raise NotFoundException

    def _page(self, name: str, request: AnyRequest) -> Response[bytes]:
        if file := self.files.get(name):
            return _answer(file, request, cache=_ASK_AGAIN, vary="Accept, Accept-Encoding")
        return Response(
            b"The web page is not built: run make web\n",
            status_code=503,
            media_type="text/plain",
            headers={"cache-control": "no-store"},
        )


def _is_page(path: str) -> bool:
    return not any(path == prefix or path.startswith(f"{prefix}/") for prefix in _NOT_PAGES)


def _answer(
    file: StaticFile, request: AnyRequest, *, cache: str, vary: str = "Accept-Encoding"
) -> Response[bytes]:
    headers = {"cache-control": cache, "etag": file.etag, "vary": vary}
    if already_has(request.headers.get("if-none-match", ""), file.etag):
        return Response(b"", status_code=304, headers=headers)

    compressed = {"br": file.br, "gzip": file.gzip}
    available = [encoding for encoding, body in compressed.items() if body is not None]
    encoding = best_encoding(request.headers.get("accept-encoding", ""), available)
    body = compressed.get(encoding or "") or file.body
    if encoding:
        headers["content-encoding"] = encoding
    headers["content-length"] = str(len(body))
    return Response(
        b"" if request.method == HttpMethod.HEAD else body,
        status_code=200,
        media_type=file.type,
        headers=headers,
    )
