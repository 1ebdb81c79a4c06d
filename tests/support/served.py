"""An ASGI application on a real socket, in a thread of this process, for as long as a test needs it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from litestar import Litestar


class _Announcing(uvicorn.Server):
    """Says when it listens, so that nobody has to poll."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, *args, **kwargs) -> None:
        await super().startup(*args, **kwargs)
        self.listening.set()


@contextmanager
def served(app: Litestar) -> Iterator[str]:
    """The address that the application answers at."""
    server = _Announcing(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert server.listening.wait(10), "the application did not start"
    host, port = server.servers[0].sockets[0].getsockname()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
