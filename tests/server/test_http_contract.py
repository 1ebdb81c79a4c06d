"""HTTP as ASGI promises it, on both servers."""

import http.client
import json
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.server.conftest import RunningProbe

IDLE_AT_LEAST = 8.0
"""Seconds that a connection may be silent between two requests; what is in deploy/ relies on it."""


def raw(probe: RunningProbe, request: bytes, *, timeout: float = 5) -> bytes:
    """Everything that the server sends until it closes or falls silent."""
    with socket.create_connection((probe.host, probe.port), timeout=timeout) as connection:
        connection.sendall(request)
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
                if b"\r\n\r\n" in answer and b"Connection: close" not in request:
                    connection.settimeout(0.3)
        except TimeoutError:
            pass
        return answer


def eventually(holds: Any, *, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "did not happen in time"
        time.sleep(0.01)


def test_a_request_is_answered_with_status_headers_and_body(probe: RunningProbe) -> None:
    answer = httpx2.get(f"{probe.url}/hello")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"hello", "5")


def test_a_connection_is_kept_alive_for_the_next_request(probe: RunningProbe) -> None:
    connection = http.client.HTTPConnection(probe.host, probe.port, timeout=5)
    sockets = set()
    for _ in range(5):
        connection.request("GET", "/hello")
        assert connection.getresponse().read() == b"hello"
        sockets.add(connection.sock.getsockname())
    connection.close()
    assert len(sockets) == 1


def test_an_idle_connection_is_not_closed_before_a_proxy_gives_it_up(probe: RunningProbe) -> None:
    connection = http.client.HTTPConnection(probe.host, probe.port, timeout=5)
    connection.request("GET", "/hello")
    assert connection.getresponse().read() == b"hello"
    there = connection.sock
    time.sleep(IDLE_AT_LEAST - 1)
    connection.request("GET", "/hello")
    assert connection.getresponse().read() == b"hello"
    assert connection.sock is there
    connection.close()


@pytest.mark.parametrize("method", [b"QUERY", b"PROPFIND", b"get", b"X-1"])
def test_a_method_that_nobody_knows_is_answered_and_keeps_the_connection(
    probe: RunningProbe, method: bytes
) -> None:
    with socket.create_connection((probe.host, probe.port), timeout=10) as connection:
        for _ in range(2):
            head = method + b" /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi"
            connection.sendall(head)
            answer = connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 ")
            while not answer.endswith(b"hi") and b"ontent-length: 0" not in answer:
                answer += connection.recv(65536)


def test_connection_close_is_honoured(probe: RunningProbe) -> None:
    with socket.create_connection((probe.host, probe.port), timeout=5) as connection:
        connection.sendall(b"GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b""
        while piece := connection.recv(4096):  # ends only when the server closes
            answer += piece
    assert answer.endswith(b"hello")


def test_the_path_is_percent_decoded_and_the_raw_path_is_exact(probe: RunningProbe) -> None:
    scope = httpx2.get(f"{probe.url}/scope/%C3%A4%2Fb?q=%20&q=2").json()
    assert scope["path"] == "/scope/ä/b"
    assert scope["raw_path"] == "/scope/%C3%A4%2Fb"
    assert scope["query_string"] == "q=%20&q=2"


def test_a_path_that_is_not_utf_8_does_not_break_the_server(probe: RunningProbe) -> None:
    answer = raw(probe, b"GET /scope/%ff%fe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 ")


def test_the_clients_address_is_told(probe: RunningProbe) -> None:
    assert httpx2.get(f"{probe.url}/scope").json()["client"][0] == "127.0.0.1"


def test_duplicate_request_headers_arrive_in_order(probe: RunningProbe) -> None:
    request = b"GET /scope HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nX-A: 2\r\nConnection: close\r\n\r\n"
    scope = json.loads(raw(probe, request).split(b"\r\n\r\n", 1)[1])
    assert [value for name, value in scope["headers"] if name == "x-a"] == ["1", "2"]


def test_duplicate_response_headers_are_all_sent(probe: RunningProbe) -> None:
    assert httpx2.get(f"{probe.url}/headers").headers.get_list("set-cookie") == ["a=1", "b=2"]


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 1_000_000])
def test_a_body_arrives_to_the_byte(probe: RunningProbe, size: int) -> None:
    body = bytes(index * 7 % 256 for index in range(size))
    assert httpx2.post(f"{probe.url}/echo", content=body).content == body


def test_a_chunked_body_arrives_to_the_byte(probe: RunningProbe) -> None:
    pieces = [bytes([number % 256]) * 1000 for number in range(300)]
    assert httpx2.post(f"{probe.url}/echo", content=iter(pieces)).content == b"".join(pieces)


def test_a_body_split_at_every_packet_arrives_to_the_byte(probe: RunningProbe) -> None:
    request = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nConnection: close\r\n\r\n0123456789"
    with socket.create_connection((probe.host, probe.port), timeout=5) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for index in range(len(request)):
            connection.sendall(request[index : index + 1])
            time.sleep(0.001)
        answer = b""
        while piece := connection.recv(4096):
            answer += piece
    assert answer.endswith(b"0123456789")


def test_a_request_may_be_split_anywhere(probe: RunningProbe) -> None:
    request = b"GET /hello?abcd HTTP/1.1\r\nHost: x\r\nX-A: b\r\n\r\n"
    for cut in range(1, len(request)):
        with socket.create_connection((probe.host, probe.port), timeout=5) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(2):  # the second time between two requests of one connection
                connection.sendall(request[:cut])
                time.sleep(0.002)
                connection.sendall(request[cut:])
                assert connection.recv(4096).startswith(b"HTTP/1.1 200"), request[:cut]


def test_a_long_head_may_arrive_in_pieces(probe: RunningProbe) -> None:
    query = "q=" + "x" * 6000
    with socket.create_connection((probe.host, probe.port), timeout=5) as connection:
        for piece in (b"GET /scope?", query[:3000].encode(), query[3000:].encode(), b" HTTP/1.1\r\n"):
            connection.sendall(piece)
            time.sleep(0.01)
        connection.sendall(b"Host: x\r\nCookie: " + b"c" * 9000)
        time.sleep(0.01)
        connection.sendall(b"\r\nConnection: close\r\n\r\n")
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["query_string"] == query


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_answered_with_413(probe: RunningProbe, chunked: bool) -> None:
    body = b"x" * (3 << 20)
    content: Any = iter([body]) if chunked else body
    assert httpx2.post(f"{probe.url}/limited", content=content, timeout=20).status_code == 413
    assert httpx2.get(f"{probe.url}/hello").content == b"hello"


def test_a_body_that_nobody_reads_does_not_disturb_the_next_request(probe: RunningProbe) -> None:
    with httpx2.Client() as client:
        for _ in range(3):
            assert client.post(f"{probe.url}/unread", content=b"x" * 300_000).content == b"not read"
            assert client.get(f"{probe.url}/hello").content == b"hello"


SECOND = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nX-Words: PROPFIND /x\r\nContent-Length: 2\r\n\r\n"


@pytest.mark.parametrize("cut", [4, 12, SECOND.index(b"PROPFIND"), len(SECOND) - 2, len(SECOND)])
def test_a_request_that_comes_right_behind_an_unread_body_is_answered_however_it_is_cut(
    probe: RunningProbe, cut: int
) -> None:
    pieces = [
        b"POST /unread HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n",
        b"{}" + SECOND[:cut],
        SECOND[cut:],
        b"hi",
    ]
    with socket.create_connection((probe.host, probe.port), timeout=5) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in filter(None, pieces):
            connection.sendall(piece)
            time.sleep(0.1)  # so that each is read alone
        answer = b""
        while not answer.endswith(b"hi"):
            piece = connection.recv(65536)
            assert piece, answer
            answer += piece
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert b"not read" in answer


def test_expect_100_continue_is_invited_before_the_body(probe: RunningProbe) -> None:
    with socket.create_connection((probe.host, probe.port), timeout=5) as connection:
        connection.sendall(
            b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"
            b"Connection: close\r\n\r\n"
        )
        assert connection.recv(4096).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(b"ok")
        answer = b""
        while piece := connection.recv(4096):
            answer += piece
    assert answer.endswith(b"ok")


def test_head_has_the_length_and_no_body(probe: RunningProbe) -> None:
    answer = raw(probe, b"HEAD /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b"content-length: 5\r\n" in answer.lower()
    assert answer.endswith(b"\r\n\r\n")


def test_304_has_no_body_and_keeps_the_connection(probe: RunningProbe) -> None:
    with httpx2.Client() as client:
        answer = client.get(f"{probe.url}/unchanged")
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", '"x"')
        assert client.get(f"{probe.url}/hello").content == b"hello"


def test_204_has_neither_body_nor_length(probe: RunningProbe) -> None:
    answer = raw(probe, b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 204")
    assert b"content-length" not in answer.lower()
    assert b"transfer-encoding" not in answer.lower()


def test_parts_of_a_stream_arrive_as_they_are_sent(probe: RunningProbe) -> None:
    with httpx2.stream("GET", f"{probe.url}/stream") as answer:
        parts = list(answer.iter_bytes())
    assert b"".join(parts) == b"part 0\npart 1\npart 2\n"
    assert len(parts) >= 3


@pytest.mark.parametrize("asked", [{}, {"connection": "close"}], ids=["by the server", "by both"])
def test_a_streamed_answer_that_is_the_last_on_its_connection_is_whole(
    probe: RunningProbe, asked: dict[str, str]
) -> None:
    with httpx2.Client(timeout=10) as client:
        answer = client.get(f"{probe.url}/stream?close", headers=asked)
    assert answer.text == "part 0\npart 1\npart 2\n"
    assert answer.headers["connection"] == "close"
    head = "".join(f"{name}: {value}\r\n" for name, value in {"host": "x", **asked}.items())
    request = f"GET /stream?close HTTP/1.1\r\n{head}\r\n"
    assert raw(probe, request.encode()).endswith(b"part 2\n\r\n0\r\n\r\n")


@pytest.mark.parametrize("route", ["big", "sized"])
def test_a_large_response_reaches_a_slow_reader_whole(probe: RunningProbe, route: str) -> None:
    received = 0
    with httpx2.stream("GET", f"{probe.url}/{route}?24", timeout=20) as answer:
        for number, piece in enumerate(answer.iter_bytes(1 << 18)):
            received += len(piece)
            if number % 16 == 0:
                time.sleep(0.02)
    assert received == 24 << 20


def test_a_sized_stream_keeps_its_content_length(probe: RunningProbe) -> None:
    with httpx2.stream("GET", f"{probe.url}/sized?2") as answer:
        assert answer.headers["content-length"] == str(2 << 20)
        assert len(answer.read()) == 2 << 20


def test_a_client_that_goes_is_told_to_the_application(probe: RunningProbe) -> None:
    before = probe.stats()["disconnects"]
    with socket.create_connection((probe.host, probe.port), timeout=5) as connection:
        connection.sendall(b"GET /waits HTTP/1.1\r\nHost: x\r\n\r\n")
        eventually(lambda: probe.stats()["live"] >= 1)
    eventually(lambda: probe.stats()["disconnects"] == before + 1)


def test_a_failing_application_answers_500_and_tells_nothing(probe: RunningProbe) -> None:
    answer = httpx2.get(f"{probe.url}/crash")
    assert answer.status_code == 500
    assert "on purpose" not in answer.text


def test_an_application_that_answers_nothing_is_a_500(probe: RunningProbe) -> None:
    assert httpx2.get(f"{probe.url}/silent").status_code == 500


def test_a_response_that_breaks_off_is_not_taken_for_complete(probe: RunningProbe) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        httpx2.get(f"{probe.url}/crash_late")


def test_a_header_with_a_line_break_is_not_sent(probe: RunningProbe) -> None:
    answer = httpx2.get(f"{probe.url}/split")
    assert answer.status_code == 500
    assert "x-injected" not in answer.headers


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nBad Header: x\r\n\r\n",
    ],
    ids=["garbage", "smuggling", "negative length", "long path", "bad header"],
)
def test_a_malformed_request_is_refused(probe: RunningProbe, request_bytes: bytes) -> None:
    try:
        answer = raw(probe, request_bytes, timeout=1)
    except ConnectionResetError:
        answer = b""
    assert not answer.startswith(b"HTTP/1.1 2")
    assert httpx2.get(f"{probe.url}/hello").content == b"hello"


def test_tls_by_certificate_files(start_probe: Any, certificate: tuple[Path, Path]) -> None:
    running = start_probe("auto", certificate=certificate[0], key=certificate[1])
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    with httpx2.Client(verify=trust) as client:
        assert client.get(f"{running.url}/hello").content == b"hello"
        assert client.get(f"{running.url}/scope").json()["scheme"] == "https"
        assert len(client.get(f"{running.url}/big?8").content) == 8 << 20
        body = b"y" * 500_000
        assert client.post(f"{running.url}/echo", content=body).content == body


def test_ipv6(start_probe: Any, kind: str) -> None:
    running = start_probe(kind, host="::1")
    assert httpx2.get(f"http://[::1]:{running.port}/hello").content == b"hello"


def test_a_unix_socket(start_probe: Any, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "bakeoff.sock"
    running = start_probe(kind, unix=path)
    transport = httpx2.HTTPTransport(uds=str(path))
    with httpx2.Client(transport=transport, base_url="http://localhost") as client:
        assert client.get("/hello").content == b"hello"
    assert running.terminate() == 0
    assert not path.exists()


def test_many_clients_at_once_are_all_answered(probe: RunningProbe) -> None:
    bodies = [str(number).encode() * 500 for number in range(32)]
    answers: dict[int, list[bytes]] = {}

    def client(number: int) -> None:
        with httpx2.Client() as session:
            answers[number] = [
                session.post(f"{probe.url}/echo", content=bodies[number]).content for _ in range(20)
            ]

    threads = [threading.Thread(target=client, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answers[number] == [bodies[number]] * 20 for number in range(32))


def test_no_exchange_outlives_its_response(probe: RunningProbe) -> None:
    for _ in range(50):
        httpx2.get(f"{probe.url}/hello")
    eventually(lambda: probe.stats()["live"] == 0)
