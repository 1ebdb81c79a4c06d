"""A Python error between uWebSockets and its parser must not become a null pointer in C."""

from types import SimpleNamespace
from typing import Any

from structlog.testing import capture_logs

from backend.server.native.interpose import on_data
from backend.server.native.library import load_library


def test_an_error_gives_the_socket_back_and_is_logged() -> None:
    ffi = load_library().ffi
    wire: Any = SimpleNamespace(callback=ffi.callback)
    socket = ffi.cast("struct us_socket_t*", 4096)

    def fail(*_arguments: object) -> None:
        raise RuntimeError("on purpose")

    with capture_logs() as logs:
        assert on_data(wire, fail)(socket, ffi.NULL, 0) == socket
    assert [line["event"] for line in logs] == ["native.data_failed"]
