"""The opening handshake of RFC 6455, and what becomes of a faulty one, on both servers."""

import pytest

from tests.server.conftest import RunningProbe
from tests.server.frames import Opcode, RawClient, dial, frame, upgrade_request
from tests.server.test_http_contract import eventually


def head_after(probe: RunningProbe, request: bytes) -> bytes:
    with dial(probe.host, probe.port) as connection:
        connection.sendall(request)
        return RawClient(connection).read_head()


@pytest.mark.parametrize("connection", ["Upgrade", "keep-alive, Upgrade", "upgrade"])
@pytest.mark.parametrize("upgrade", ["websocket", "WebSocket"])
def test_a_handshake_may_be_spelt_as_the_rfc_allows(
    probe: RunningProbe, connection: str, upgrade: str
) -> None:
    request = upgrade_request(connection=connection, upgrade=upgrade)
    assert head_after(probe, request).startswith(b"HTTP/1.1 101")


def test_no_extension_is_agreed_to(probe: RunningProbe) -> None:
    request = upgrade_request(sec_websocket_extensions="permessage-deflate; client_max_window_bits")
    head = head_after(probe, request)
    assert head.startswith(b"HTTP/1.1 101")
    assert b"sec-websocket-extensions" not in head.lower()


FAULTY_HANDSHAKES = {
    "no key": upgrade_request(without="sec-websocket-key"),
    "short key": upgrade_request(sec_websocket_key="c2hvcnQ="),
    "a key of 15 bytes": upgrade_request(sec_websocket_key="eHh4eHh4eHh4eHh4eHh4"),
    "a key that is not base64": upgrade_request(sec_websocket_key="!" * 22 + "=="),
    "no upgrade": upgrade_request(without="upgrade"),
    "no connection": upgrade_request(without="connection"),
    "another protocol": upgrade_request(upgrade="h2c"),
    "a connection that stays": upgrade_request(connection="keep-alive"),
    "no version": upgrade_request(without="sec-websocket-version"),
}


@pytest.mark.parametrize("request_bytes", FAULTY_HANDSHAKES.values(), ids=FAULTY_HANDSHAKES)
def test_a_faulty_handshake_is_refused(probe: RunningProbe, request_bytes: bytes) -> None:
    assert head_after(probe, request_bytes).startswith(b"HTTP/1.1 4")
    eventually(lambda: probe.stats()["sockets"] == 0)


def test_only_get_opens_a_socket(probe: RunningProbe) -> None:
    """granian neither looks at the method nor tells it; then at least a whole WebSocket comes of it."""
    head = head_after(probe, upgrade_request(method="POST"))
    assert head.startswith(b"HTTP/1.1 4" if probe.kind == "native" else b"HTTP/1.1 101")


@pytest.mark.parametrize("version", ["8", "0", "14", "13, 8", "x"])
def test_another_version_is_refused(probe: RunningProbe, version: str) -> None:
    """Native says which one to use instead; granian refuses by itself, before anyone could say so."""
    head = head_after(probe, upgrade_request(sec_websocket_version=version))
    if probe.kind == "native":
        assert head.startswith(b"HTTP/1.1 426")
        assert b"sec-websocket-version: 13" in head
    else:
        assert head.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("query", ["", "?wait"])
def test_frames_that_come_before_the_answer_do_no_harm(probe: RunningProbe, query: str) -> None:
    """A client must wait. Native refuses them as a second request, portable reads them when it is ready."""
    request = upgrade_request(f"/ws{query}") + frame(Opcode.TEXT, b"early")
    head = head_after(probe, request)
    assert head.startswith(b"HTTP/1.1 505" if probe.kind == "native" else b"HTTP/1.1 101")
