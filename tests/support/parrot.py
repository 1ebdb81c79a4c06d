"""A model server that takes every key and fails at every prompt, each time saying both again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from threading import Thread
from typing import Any, Final

_STREAM: Final = "text/event-stream"


class _Parrot(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_GET(self) -> None:
        self._say(200, "application/json", b'{"object": "list", "data": []}')

    def do_POST(self) -> None:
        heard = self.rfile.read(int(self.headers["content-length"])).decode()
        said = f"What is {self.headers['authorization']}? And what is {heard}?"
        error = {"error": {"message": said, "type": "invalid_request_error", "code": said[:200]}}
        match next(self.server.moods):
            case "error":
                self._say(400, "application/json", json.dumps(error).encode())
            case "credentials":
                self._say(401, "application/json", json.dumps(error).encode())
            case "page":
                self._say(500, "text/html", f"<h1>{said}</h1>".encode())
            case "event":
                self._say(200, _STREAM, f"data: {json.dumps(error)}\n\n".encode())
            case "garbage":
                self._say(200, _STREAM, f"data: {said}\n\n".encode())
        self.server.answered += 1

    def _say(self, status: int, media_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", media_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """It is quiet otherwise."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    answered = 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Parrot)
        self.moods = cycle(("error", "credentials", "page", "event", "garbage"))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


@contextmanager
def parrot() -> Iterator[_Server]:
    with _Server() as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(10)
