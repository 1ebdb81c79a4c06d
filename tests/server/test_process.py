"""Start and end of a server process."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.server.conftest import RunningProbe
from tests.server.frames import upgrade_request


def start_and_fail(kind: str, *options: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "tests.server.probe", f"server={kind}", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    return done.returncode, done.stderr


def test_a_port_in_use_is_one_clear_line_and_exit_2(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, words = start_and_fail(kind, f"port={port}")
    assert code == 2
    assert words.strip().splitlines() == [
        f"port {port} on 127.0.0.1 is in use by another program; stop it or choose another with --port"
    ]


def test_a_second_server_does_not_share_the_port_in_silence(probe: RunningProbe) -> None:
    for kind in ("native", "portable"):
        assert start_and_fail(kind, f"port={probe.port}")[0] == 2


def test_a_port_is_free_again_at_once(start_probe: Any, kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    first = start_probe(kind, port=port)
    with connect(first.ws_url):
        assert first.terminate() == 0
    assert start_probe(kind, port=port).port == port


def test_an_unreadable_certificate_is_one_clear_line_and_exit_2(kind: str, tmp_path: Path) -> None:
    code, words = start_and_fail(
        kind, "port=0", f"certificate={tmp_path / 'none.pem'}", f"key={tmp_path / 'none'}"
    )
    assert code == 2
    assert words.startswith("cannot read the TLS certificate")


def test_a_file_that_is_no_certificate_is_exit_2(kind: str, tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_text("hello")
    code, words = start_and_fail(
        kind, "port=0", f"certificate={tmp_path / 'c.pem'}", f"key={tmp_path / 'c.pem'}"
    )
    assert code == 2
    assert "do not work" in words


def test_a_host_that_is_not_ours_is_exit_2(kind: str) -> None:
    code, words = start_and_fail(kind, "port=0", "host=192.0.2.1")
    assert code == 2
    assert "192.0.2.1" in words


def test_a_socket_file_of_a_killed_server_is_no_obstacle(start_probe: Any, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "left.sock"
    killed = start_probe(kind, unix=path)
    killed.process.kill()
    killed.process.wait(10)
    assert path.exists()
    start_probe(kind, unix=path)


def test_a_socket_file_in_use_is_exit_2(start_probe: Any, kind: str, tmp_path: Path) -> None:
    start_probe(kind, unix=tmp_path / "used.sock")
    assert start_and_fail(kind, f"unix={tmp_path / 'used.sock'}")[0] == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_with_exit_0(start_probe: Any, kind: str, number: signal.Signals) -> None:
    running = start_probe(kind)
    running.process.send_signal(number)
    assert running.process.wait(10) == 0


def test_open_sockets_are_told_to_reconnect_with_1012(start_probe: Any, kind: str) -> None:
    running = start_probe(kind)
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(running.ws_url)) for _ in range(10)]
        for client in clients:
            client.send("here")
            assert client.recv(5) == "here"
        running.process.send_signal(signal.SIGTERM)
        codes = []
        for client in clients:
            with pytest.raises(ConnectionClosed) as caught:
                client.recv(5)
            codes.append(caught.value.rcvd and caught.value.rcvd.code)
    assert codes == [1012] * 10
    assert running.process.wait(10) == 0


def test_a_socket_that_is_being_let_in_when_the_end_begins_is_refused(start_probe: Any, kind: str) -> None:
    """Nobody would tell it of the end, and the end would wait for it."""
    running = start_probe(kind, drain=60)
    with socket.create_connection((running.host, running.port), timeout=20) as connection:
        connection.sendall(upgrade_request("/ws?end"))
        while running.stats()["held"] < 1:
            time.sleep(0.01)
        running.process.send_signal(signal.SIGTERM)
        assert connection.recv(4096).startswith(b"HTTP/1.1 503 ")
    assert running.process.wait(20) == 0


def test_a_running_request_is_finished_before_the_end(start_probe: Any, kind: str) -> None:
    running = start_probe(kind)
    answers: list[bytes] = []

    def ask() -> None:
        connection = http.client.HTTPConnection(running.host, running.port, timeout=10)
        connection.request("GET", "/slow?1")
        answers.append(connection.getresponse().read())
        connection.close()

    asking = threading.Thread(target=ask)
    asking.start()
    while running.stats()["live"] < 1:
        time.sleep(0.01)
    running.process.send_signal(signal.SIGTERM)
    asking.join()
    assert answers == [b"slow"]
    assert running.process.wait(10) == 0


def test_a_request_that_does_not_end_is_cut_off_in_time(start_probe: Any, kind: str) -> None:
    running = start_probe(kind, drain=0.5)
    with socket.create_connection((running.host, running.port)) as connection:
        connection.sendall(b"GET /slow?60 HTTP/1.1\r\nHost: x\r\n\r\n")
        while running.stats()["live"] < 1:
            time.sleep(0.01)
        started = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(10) == 0
    assert time.monotonic() - started < 5


def test_a_second_signal_ends_at_once(start_probe: Any, kind: str) -> None:
    running = start_probe(kind, drain=60)
    with socket.create_connection((running.host, running.port)) as connection:
        connection.sendall(b"GET /slow?60 HTTP/1.1\r\nHost: x\r\n\r\n")
        while running.stats()["live"] < 1:
            time.sleep(0.01)
        running.process.send_signal(signal.SIGTERM)
        while is_listening(running):
            time.sleep(0.01)
        started = time.monotonic()
        while running.process.poll() is None:  # two within a moment count as one
            assert time.monotonic() - started < 5
            os.kill(running.pid, signal.SIGTERM)
            time.sleep(0.05)
        assert running.process.returncode == 1


def is_listening(running: RunningProbe) -> bool:
    """The native server stops listening at the first signal; the portable one refuses new requests."""
    with closing(http.client.HTTPConnection(running.host, running.port, timeout=2)) as connection:
        try:
            connection.request("GET", "/hello")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


def test_the_native_server_refuses_tls_instead_of_speaking_it_badly(certificate: tuple[Path, Path]) -> None:
    code, words = start_and_fail("native", "port=0", f"certificate={certificate[0]}", f"key={certificate[1]}")
    assert code == 2
    assert "does not speak TLS" in words
