"""WebSockets as the port promises them, on both servers."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from backend.server.inbox import MAX_MESSAGES
from tests.server.conftest import RunningProbe, running_probe
from tests.server.test_http_contract import eventually


class Clients:
    """Opens sockets to one probe; all are closed when the test ends."""

    def __init__(self, probe: RunningProbe, stack: ExitStack) -> None:
        self._probe = probe
        self._stack = stack

    def __call__(self, query: str = "", **options: Any) -> ClientConnection:
        return self._stack.enter_context(
            connect(f"{self._probe.ws_url}?{query}", compression=None, **options)
        )

    def subscribed(self, topic: str) -> ClientConnection:
        client = self()
        client.send(f"!subscribe {topic}")
        assert client.recv(5) == "subscribed"
        return client


@pytest.fixture
def opened(probe: RunningProbe) -> Iterator[Clients]:
    with ExitStack() as stack:
        yield Clients(probe, stack)


def ending_of(client: ClientConnection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as caught:
        while True:
            client.recv(10)
    closed = caught.value.rcvd
    return (closed.code, closed.reason) if closed else (1006, "")


@pytest.mark.parametrize(
    "message",
    ["text", "ümläut 🍰", "", b"bytes", b"", "x" * 65536],
    ids=["text", "unicode", "empty text", "bytes", "empty bytes", "64 KiB"],
)
def test_a_message_comes_back_as_what_it_was(opened: Clients, message: str | bytes) -> None:
    with opened() as client:
        client.send(message)
        assert client.recv(5) == message


def test_messages_keep_their_order(opened: Clients) -> None:
    with opened() as client:
        for number in range(200):
            client.send(str(number))
        assert [client.recv(5) for _ in range(200)] == [str(number) for number in range(200)]


def test_the_request_is_told_to_the_endpoint(opened: Clients) -> None:
    with opened("room=%C3%A4") as client:
        client.send("!request")
        assert json.loads(client.recv(5)) == ["/ws", "room=%C3%A4", "127.0.0.1"]


def test_a_subprotocol_is_chosen_from_the_offered_ones(opened: Clients) -> None:
    with opened(subprotocols=["other", "chat.v1"]) as client:
        assert client.subprotocol == "chat.v1"
    with opened() as client:
        assert client.subprotocol is None


def test_admission_may_take_its_time(opened: Clients) -> None:
    with opened("wait") as client:
        client.send("hello")
        assert client.recv(5) == "hello"


def test_a_refused_socket_gets_the_status_and_the_reason(opened: Clients) -> None:
    with pytest.raises(InvalidStatus) as caught:
        opened("refuse")
    assert caught.value.response.status_code == 403
    assert b"not you" in bytes(caught.value.response.body or b"")


def test_a_failing_admission_refuses_and_tells_nothing(opened: Clients) -> None:
    with pytest.raises(InvalidStatus) as caught:
        opened("fail")
    assert caught.value.response.status_code == 500
    assert b"on purpose" not in bytes(caught.value.response.body or b"")


def test_an_unknown_path_is_no_socket(probe: RunningProbe) -> None:
    with pytest.raises(InvalidStatus) as caught, connect(probe.ws_url + "/other"):
        pass
    assert caught.value.response.status_code == 404


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (4001, "token expired"), (4999, "ä" * 60)])
def test_close_reaches_the_client_with_code_and_reason(opened: Clients, code: int, reason: str) -> None:
    client = opened()
    client.send(f"!close {code} {reason}")
    assert ending_of(client) == (code, reason)


def test_only_the_first_close_counts_and_nothing_is_sent_after_it(opened: Clients) -> None:
    with opened.subscribed("after") as witness:
        client = opened()
        client.send("!after-close")
        assert ending_of(client) == (4000, "first")
        assert witness.recv(5) == "closed"


def test_a_closing_client_gets_its_own_code_back(probe: RunningProbe, opened: Clients) -> None:
    client = opened()
    client.close(4321, "bye")
    assert client.close_code == 4321
    eventually(lambda: probe.stats()["sockets"] == 0)


def test_a_crashing_endpoint_closes_with_1011_and_tells_nothing(opened: Clients) -> None:
    client = opened()
    client.send("!crash")
    assert ending_of(client) == (1011, "internal error")


def test_a_message_over_64_kib_closes_with_1009(opened: Clients) -> None:
    client = opened()
    client.send("x" * 65537)
    assert ending_of(client)[0] == 1009


def test_a_client_that_sends_faster_than_it_is_read_is_closed_with_1008(opened: Clients) -> None:
    """It stops in time to hear of it: who goes on sending at full speed may get a reset before the code."""
    client = opened()
    client.send("!sleep 1")
    for _ in range(MAX_MESSAGES + 2):
        client.send("y" * 1000)
    assert ending_of(client)[0] == 1008


def test_on_the_native_server_even_a_client_that_never_stops_sending_hears_1008() -> None:
    with running_probe("native") as probe, connect(probe.ws_url, compression=None) as client:
        client.send("!sleep 1")
        with pytest.raises(ConnectionClosed):
            for _ in range(2000):
                client.send("y" * 1000)
            ending_of(client)
            client.send("never")
        assert client.close_code == 1008


def test_a_publish_reaches_every_subscriber_once_and_in_order(probe: RunningProbe, opened: Clients) -> None:
    clients = [opened.subscribed("order") for _ in range(5)]
    other = opened.subscribed("another topic")
    assert httpx2.get(f"{probe.url}/publish?300,50,order").content == b"published"
    for client in clients:
        assert [int(str(client.recv(5)).rstrip(".")) for _ in range(300)] == list(range(300))
    with pytest.raises(TimeoutError):
        other.recv(0.1)
    for client in (*clients, other):
        client.close()


def test_who_unsubscribes_hears_nothing_more(probe: RunningProbe, opened: Clients) -> None:
    with opened.subscribed("quiet") as client:
        client.send("!unsubscribe quiet")
        assert client.recv(5) == "unsubscribed"
        httpx2.get(f"{probe.url}/publish?3,10,quiet")
        client.send("still here")
        assert client.recv(5) == "still here"


def test_direct_messages_and_topics_keep_their_order_for_one_reader(
    probe: RunningProbe, opened: Clients
) -> None:
    with opened.subscribed("mixed") as client:
        httpx2.get(f"{probe.url}/publish?5,10,mixed")
        client.send("mine")
        received = [str(client.recv(5)).rstrip(".") for _ in range(6)]
        assert [message for message in received if message != "mine"] == list("01234")


def test_a_publish_without_readers_costs_nothing_and_breaks_nothing(probe: RunningProbe) -> None:
    assert httpx2.get(f"{probe.url}/publish?1000,100,nobody").content == b"published"


def test_many_sockets_talk_at_once(opened: Clients) -> None:
    failures: list[str] = []

    def talk(number: int) -> None:
        with opened() as client:
            for turn in range(20):
                client.send(f"{number}-{turn}")
                if client.recv(10) != f"{number}-{turn}":
                    failures.append(f"{number}-{turn}")

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_client_that_vanishes_leaves_nothing_behind(probe: RunningProbe, opened: Clients) -> None:
    eventually(lambda: probe.stats()["sockets"] == 0)
    tasks = probe.stats()["tasks"]
    clients = [opened.subscribed("vanishing") for _ in range(20)]
    assert probe.stats()["sockets"] == 20
    for client in clients:
        client.socket.shutdown(socket.SHUT_RDWR)
    eventually(lambda: probe.stats()["sockets"] == 0)
    eventually(lambda: probe.stats()["tasks"] <= tasks)
    for client in clients:
        client.close()


def test_an_idle_server_uses_no_cpu(probe: RunningProbe, opened: Clients) -> None:
    for client in (opened(), opened()):
        client.send("here")
        assert client.recv(5) == "here"
    before = nanoseconds_of_cpu(probe.pid)
    time.sleep(2)
    spent = nanoseconds_of_cpu(probe.pid) - before
    assert spent < 10_000_000, f"{spent / 1e6:.1f} ms of CPU in 2 s of silence"


def nanoseconds_of_cpu(pid: int) -> int:
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks)
