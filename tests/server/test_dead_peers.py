"""Peers that are gone without a word: they are found, and the living are not taken for them."""

import ctypes
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from backend.server import limits
from backend.server.portable.server import watch_for_dead_peers
from tests.server.conftest import RunningProbe
from tests.server.frames import Frame, Opcode, RawClient
from tests.server.test_http_contract import eventually

PING, PONG = 0.5, 0.3  # seconds, instead of 25 and 8
KERNEL_SECONDS = 1  # the kernel knows whole seconds only
SO_ATTACH_FILTER = 26
KEEP_ALIVE_TIMER = "02"  # in /proc/net/tcp
StartProbe = Callable[..., RunningProbe]


def fall_silent(connection: socket.socket) -> None:
    """From now on the kernel drops what comes for this socket, unacknowledged: its cable is cut."""
    drop_everything = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
    program = struct.pack("HxxxxxxP", 1, ctypes.addressof(drop_everything))
    connection.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


def open_client(probe: RunningProbe) -> RawClient:
    return RawClient.connect(probe.host, probe.port)


def seconds_until_gone(probe: RunningProbe, *, at_most: float) -> float:
    began = time.monotonic()
    eventually(lambda: probe.stats()["sockets"] == 0, seconds=at_most)
    return time.monotonic() - began


def test_a_dead_peer_is_gone_within_33_seconds() -> None:
    assert limits.PING_AFTER + limits.PONG_WITHIN <= 33


def test_a_peer_that_answers_no_ping_is_dropped(start_probe: StartProbe) -> None:
    probe = start_probe("native", ping=PING, pong=PONG)
    with open_client(probe) as client:
        began = time.monotonic()
        frames = client.read_to_the_end()
        seconds = time.monotonic() - began
        assert {received.opcode for received in frames} == {Opcode.PING}
        assert PING + PONG - 0.1 < seconds < PING + PONG + 2
    eventually(lambda: probe.stats()["conversations"] == 0)


def test_a_peer_that_answers_pings_stays(start_probe: StartProbe) -> None:
    probe = start_probe("native", ping=PING, pong=PONG)
    with open_client(probe) as client:
        for _ in range(4):
            ping = client.read()
            assert ping is not None
            assert ping.opcode == Opcode.PING
            client.send(Opcode.PONG, ping.payload)
        client.send(Opcode.TEXT, b"alive")
        assert client.read() == Frame(Opcode.TEXT, b"alive")


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.PING])
def test_a_peer_that_talks_is_not_asked(start_probe: StartProbe, opcode: Opcode) -> None:
    probe = start_probe("native", ping=PING, pong=PONG)
    with open_client(probe) as client:
        until = time.monotonic() + 3 * (PING + PONG)
        answer = Opcode.PONG if opcode == Opcode.PING else opcode
        client.connection.settimeout(PING / 5)
        while time.monotonic() < until:
            client.send(opcode, b"here")
            assert client.read() == Frame(answer, b"here")
            with pytest.raises(TimeoutError):
                client.read()


def test_the_server_talking_does_not_keep_a_dead_peer_alive(start_probe: StartProbe) -> None:
    probe = start_probe("native", ping=PING, pong=PONG)
    with open_client(probe) as client:
        client.command("!subscribe news", "subscribed")
        began = time.monotonic()
        while probe.stats()["sockets"]:
            httpx2.get(f"{probe.url}/publish?1,10,news")
        assert time.monotonic() - began < PING + PONG + 2


def test_a_peer_whose_cable_is_cut_is_dropped(start_probe: StartProbe, kind: str) -> None:
    """Native asks by ping, portable lets the kernel ask."""
    probe = start_probe(kind, ping=KERNEL_SECONDS, pong=KERNEL_SECONDS)
    with open_client(probe) as client:
        fall_silent(client.connection)
        assert seconds_until_gone(probe, at_most=2 * KERNEL_SECONDS + 2) > KERNEL_SECONDS


def test_a_peer_whose_cable_is_cut_while_it_is_sent_to_is_dropped(start_probe: StartProbe, kind: str) -> None:
    probe = start_probe(kind, ping=KERNEL_SECONDS, pong=KERNEL_SECONDS)
    with open_client(probe) as client:
        client.command("!subscribe news", "subscribed")
        fall_silent(client.connection)
        httpx2.get(f"{probe.url}/publish?100,1000,news")
        seconds_until_gone(probe, at_most=2 * KERNEL_SECONDS + 3)


def test_a_silent_peer_that_lives_stays_on_portable(start_probe: StartProbe) -> None:
    probe = start_probe("portable", ping=KERNEL_SECONDS, pong=KERNEL_SECONDS)
    with open_client(probe) as client:
        client.connection.settimeout(3 * KERNEL_SECONDS)
        with pytest.raises(TimeoutError):
            client.read()
        client.send(Opcode.TEXT, b"alive")
        assert client.read() == Frame(Opcode.TEXT, b"alive")


def test_accepted_connections_inherit_the_kernels_watch() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        watch_for_dead_peers(listener)
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            tcp = [
                accepted.getsockopt(socket.IPPROTO_TCP, option)
                for option in (
                    socket.TCP_KEEPIDLE,
                    socket.TCP_KEEPINTVL,
                    socket.TCP_KEEPCNT,
                    socket.TCP_USER_TIMEOUT,
                )
            ]
            assert tcp == [25, 8, 1, 33_000]


def test_the_portable_server_has_every_connection_watched(start_probe: StartProbe) -> None:
    """As the kernel tells it: a keep-alive timer that is due in 25 seconds at most."""
    probe = start_probe("portable")
    with open_client(probe) as client:
        ports = probe.port, client.connection.getsockname()[1]
        eventually(lambda: kernel_timer(*ports)[0] == KEEP_ALIVE_TIMER)
        assert 15 < kernel_timer(*ports)[1] <= 25


def kernel_timer(local_port: int, remote_port: int) -> tuple[str, float]:
    """Kind and remaining seconds of the timer of one connection."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        ports = tuple(int(address.split(":")[1], 16) for address in fields[1:3])
        if ports == (local_port, remote_port):
            kind, when = fields[5].split(":")
            return kind, int(when, 16) / 100
    raise AssertionError("the kernel does not know the connection")
