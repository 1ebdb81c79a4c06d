"""Stands before a server and refuses every request once, as a server does that is asked too much."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2

_PATIENCE = 60.0


class _Refusing(BaseHTTPRequestHandler):
    server: "_Server"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if body not in self.server.seen:
            self.server.seen.append(body)
            self._say(429, b"{}", {"retry-after": "0"})
            return
        headers = {name: self.headers[name] for name in ("authorization", "content-type")}
        answer = httpx2.post(self.server.url + self.path, content=body, headers=headers, timeout=_PATIENCE)
        self._say(answer.status_code, answer.content, {})

    def _say(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The test says what is wrong."""


class _Server(ThreadingHTTPServer):
    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Refusing)
        self.url = url
        self.seen: list[bytes] = []


@contextmanager
def impatient(url: str) -> Iterator[tuple[str, list[bytes]]]:
    """Its address, and the bodies that it has refused."""
    with _Server(url) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", server.seen
        finally:
            server.shutdown()
            thread.join()
