"""Thousands of clients that misbehave in every way they can; one beside them that notices nothing of it."""

import asyncio
import random
import socket
import ssl
import struct
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from tests.server.conftest import RunningProbe
from tests.server.frames import PATIENCE, Opcode, closing, frame, upgrade_request

CONNECTIONS = 5_000
AT_ONCE = 200
MAX_GROWTH = 10 << 20
SEED = 6455
GIVE_BACK_WHAT_IS_FREE = {  # to the allocators, so that the memory counted is the memory in use
    "MALLOC_MMAP_THRESHOLD_": "65536",
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "_RJEM_MALLOC_CONF": "narenas:1,dirty_decay_ms:0,muzzy_decay_ms:0",
}


class Vandal:
    """One connection on its way to a bad end."""

    def __init__(self, probe: RunningProbe, dice: random.Random) -> None:
        self._loop = asyncio.get_running_loop()
        self._address = (probe.host, probe.port)
        self._connection = socket.socket()
        self._connection.settimeout(0)
        self.dice = dice

    async def run(self, misdeed: Callable[["Vandal"], Awaitable[None]]) -> None:
        with self._connection, suppress(OSError):  # the server may be the first to go
            await self._loop.sock_connect(self._connection, self._address)
            async with asyncio.timeout(5):
                await misdeed(self)
            self._leave()

    def _leave(self) -> None:
        match self.dice.randrange(3):
            case 0:  # a reset instead of a goodbye
                self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            case 1:
                self._connection.shutdown(socket.SHUT_WR)

    async def send(self, data: bytes) -> None:
        await self._loop.sock_sendall(self._connection, data)

    async def send_part(self, data: bytes) -> None:
        await self.send(data[: self.dice.randrange(1, len(data))])

    async def receive(self, size: int) -> bytes:
        return await self._loop.sock_recv(self._connection, size)

    async def upgrade(self, path: str = "/ws") -> None:
        await self.send(upgrade_request(path))
        await self.receive(4096)


async def half_a_head(vandal: Vandal) -> None:
    await vandal.send_part(b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX-Filler: " + b"x" * 500 + b"\r\n\r\n")


async def half_an_upload(vandal: Vandal) -> None:
    size = vandal.dice.choice([1_000, 100_000, 400_000])
    head = f"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n"
    await vandal.send(head.encode())
    await vandal.send_part(b"u" * size)


async def half_a_chunked_upload(vandal: Vandal) -> None:
    await vandal.send(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
    await vandal.send_part(b"3e8\r\n" + b"c" * 1000 + b"\r\nzz not a size\r\n" + b"c" * 100)


async def half_a_download(vandal: Vandal) -> None:
    route = vandal.dice.choice([b"/big?2", b"/sized?2", b"/trickle?1"])
    await vandal.send(b"GET " + route + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    for _ in range(vandal.dice.randrange(4)):
        await vandal.receive(50_000)


async def nobody_waits_for_the_answer(vandal: Vandal) -> None:
    route = vandal.dice.choice([b"/slow?0.1", b"/stream", b"/crash_late", b"/crash", b"/silent"])
    request = b"GET " + route + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
    await vandal.send(request * vandal.dice.randrange(1, 4))
    await asyncio.sleep(vandal.dice.random() * 0.02)


async def the_application_waits_in_vain(vandal: Vandal) -> None:
    """One request at a time: behind a second one, granian does not see its client leave."""
    await vandal.send(b"GET /waits HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await asyncio.sleep(vandal.dice.random() * 0.02)


async def garbage(vandal: Vandal) -> None:
    await vandal.send(vandal.dice.randbytes(vandal.dice.randrange(1, 3_000)))


def tls_hello() -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_bio(
        incoming, outgoing, server_hostname="localhost"
    )
    with suppress(ssl.SSLWantReadError):
        connection.do_handshake()
    return outgoing.read()


TLS_HELLO = tls_hello()


async def a_tls_hello(vandal: Vandal) -> None:
    await vandal.send(TLS_HELLO)


async def a_header_bomb(vandal: Vandal) -> None:
    line = vandal.dice.choice([b"X-Bomb: 1\r\n", b"X-Bomb: " + b"b" * 8_000 + b"\r\n"])
    await vandal.send(b"GET /hello HTTP/1.1\r\nHost: localhost\r\n" + line * (200_000 // len(line)))


async def garbage_frames(vandal: Vandal) -> None:
    await vandal.upgrade()
    dice = vandal.dice
    for _ in range(dice.randrange(1, 6)):
        opcode, reserved = dice.randrange(16), dice.choice([0, 0, 0, dice.randrange(8)])
        payload = dice.randbytes(dice.choice([0, 2, 125, 126, 3_000]))
        data = frame(opcode, payload, fin=dice.random() < 0.7, reserved=reserved, masked=dice.random() < 0.9)
        await vandal.send(data if dice.random() < 0.7 else data[: len(data) // 2 + 1])


async def noise_instead_of_frames(vandal: Vandal) -> None:
    await vandal.upgrade()
    await vandal.send(vandal.dice.randbytes(vandal.dice.randrange(1, 3_000)))


async def an_upgrade_and_away(vandal: Vandal) -> None:
    await vandal.upgrade()


async def away_during_admission(vandal: Vandal) -> None:
    await vandal.send(upgrade_request("/ws?wait"))
    await asyncio.sleep(vandal.dice.random() * 0.25)


async def half_a_handshake(vandal: Vandal) -> None:
    await vandal.send_part(upgrade_request(vandal.dice.choice(["/ws", "/ws?refuse", "/ws?fail"])))


async def orders_and_leaves(vandal: Vandal) -> None:
    """Echoes, floods, crashes and topics that nobody stays for."""
    await vandal.upgrade()
    orders = [b"!flood 20 60000", b"!crash", b"!subscribe chaos", b"!close 4000 on order", b"x" * 60_000]
    for order in vandal.dice.sample(orders, 2):
        await vandal.send(frame(Opcode.TEXT, order))
    if vandal.dice.random() < 0.3:
        await vandal.send(frame(Opcode.CLOSE, closing(1000)))


MISDEEDS = (
    half_a_head,
    half_an_upload,
    half_a_chunked_upload,
    half_a_download,
    nobody_waits_for_the_answer,
    the_application_waits_in_vain,
    garbage,
    a_tls_hello,
    a_header_bomb,
    garbage_frames,
    noise_instead_of_frames,
    an_upgrade_and_away,
    away_during_admission,
    half_a_handshake,
    orders_and_leaves,
)


async def rampage(probe: RunningProbe, connections: int, dice: random.Random) -> Counter[str]:
    """So many connections, at most AT_ONCE at a time."""
    done: Counter[str] = Counter()
    left = iter(range(connections))

    async def vandalise() -> None:
        for _ in left:
            misdeed = dice.choice(MISDEEDS)
            await Vandal(probe, random.Random(dice.random())).run(misdeed)
            done[misdeed.__name__] += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(vandalise())
    return done


class HealthyClient:
    """One kept-alive HTTP connection and one WebSocket, in use all the time."""

    def __init__(self, probe: RunningProbe) -> None:
        self._probe = probe
        self._leaves = False
        self.http_answers = 0
        self.echoes = 0

    def leave(self) -> None:
        self._leaves = True

    async def stay(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._use_http())
            group.create_task(self._use_the_socket())

    async def _use_http(self) -> None:
        async with self._connected() as (reader, writer):
            while not self._leaves:
                writer.write(b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
                async with asyncio.timeout(PATIENCE):
                    head = await reader.readuntil(b"\r\n\r\n")
                    body = await reader.readexactly(5)
                assert head.startswith(b"HTTP/1.1 200")
                assert body == b"hello"
                self.http_answers += 1

    async def _use_the_socket(self) -> None:
        async with self._connected() as (reader, writer):
            writer.write(upgrade_request())
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
            while not self._leaves:
                message = f"echo {self.echoes}".encode()
                writer.write(frame(Opcode.TEXT, message))
                async with asyncio.timeout(PATIENCE):
                    echo = await reader.readexactly(2 + len(message))
                assert echo == bytes((0x81, len(message))) + message
                self.echoes += 1

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection(self._probe.host, self._probe.port)
        try:
            yield reader, writer
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def quiet(probe: RunningProbe, idle_tasks: int) -> dict[str, Any]:
    """The server's figures once it has nothing left to do. Last words to the deaf may take it ten seconds."""
    async with asyncio.timeout(15):
        while True:
            stats = await asyncio.to_thread(probe.stats)
            if stats["live"] == stats["sockets"] == 0 and stats["tasks"] <= idle_tasks:
                return stats
            await asyncio.sleep(0.05)


async def test_a_healthy_client_notices_nothing_of_thousands_that_misbehave(
    start_probe: Callable[..., RunningProbe], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in GIVE_BACK_WHAT_IS_FREE.items():
        monkeypatch.setenv(name, value)
    probe = start_probe(kind)
    idle_tasks = probe.stats()["tasks"]
    dice = random.Random(SEED)
    for _ in range(2):  # until the allocators have all they will ever want; once is not always enough
        await rampage(probe, CONNECTIONS, dice)
    before = await quiet(probe, idle_tasks)

    healthy = HealthyClient(probe)
    async with asyncio.TaskGroup() as group:
        group.create_task(healthy.stay())
        done = await rampage(probe, CONNECTIONS, dice)
        healthy.leave()
    after = await quiet(probe, idle_tasks)

    assert probe.process.poll() is None
    assert done.total() == CONNECTIONS
    assert set(done) == {misdeed.__name__ for misdeed in MISDEEDS}
    assert healthy.http_answers >= 5
    assert healthy.echoes >= 5
    assert after["rss"] - before["rss"] < MAX_GROWTH
