"""The tempo of an answer, and that paced frames come one by one."""

import asyncio
from itertools import islice

import aiohttp
import pytest

from backend.providers.simulator.cast import Pacing
from backend.providers.simulator.faults import NONE, Faults
from backend.providers.simulator.server import Simulator
from backend.providers.simulator.staging import Tempo
from tests.providers.simulator.wire import CHAT, body, until

PACING = Pacing(0.5, 0.02, 0.5)
SEED = b"0123456789abcdef"


def test_gaps_lie_around_the_mean_and_are_the_same_for_the_same_seed() -> None:
    first, second, *gaps = islice(Tempo.of(PACING, NONE, SEED).gaps(), 1_000)
    assert (first, second) == (0.5, 0.0)
    assert all(0.01 <= gap <= 0.03 for gap in gaps)
    assert sum(gaps) / len(gaps) == pytest.approx(0.02, rel=0.1)
    assert [0.5, 0.0, *gaps] == list(islice(Tempo.of(PACING, NONE, SEED).gaps(), 1_000))
    assert gaps != list(islice(Tempo.of(PACING, NONE, SEED[::-1]).gaps(), 1_000))[2:]


def test_a_pace_that_is_asked_for_has_no_jitter() -> None:
    tempo = Tempo.of(PACING, Faults(pace=0.01, ttft=0.1), SEED)
    assert list(islice(tempo.gaps(), 5)) == [0.1, 0.0, 0.01, 0.01, 0.01]
    assert tempo.total(100) == pytest.approx(1.1)


async def test_a_paced_answer_takes_its_time_and_each_chunk_is_one_of_http(simulator: Simulator) -> None:
    loop = asyncio.get_running_loop()
    asked = body(CHAT, "swift@tokens:20@pace:10@ttft:50")
    async with aiohttp.ClientSession(simulator.url) as session:
        began = loop.time()
        async with session.post(CHAT, json=asked) as response:
            pieces = [data async for data, _ in response.content.iter_chunks() if data]
        took = loop.time() - began
    assert took >= 0.05 + 19 * 0.01
    assert len(pieces) == simulator.stats.chunks_sent == 22
    assert all(piece.count(b"data: ") == 1 for piece in pieces[:-1])
    assert pieces[-1].endswith(b"data: [DONE]\n\n")


async def test_a_flood_waits_for_a_reader_that_is_slow(simulator: Simulator) -> None:
    host, port = simulator.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    data = aiohttp.payload.JsonPayload(body(CHAT, "swift@tokens:200000@pace:0@ttft:0"))._value
    head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {len(data)}\r\n\r\n"
    writer.write(head.encode() + data)
    await reader.readexactly(1)
    await until(lambda: simulator.stats.chunks_sent)
    for _ in range(8_000):  # turns in which it could send everything
        await asyncio.sleep(0)
    assert simulator.stats.chunks_sent < 150_000
    received = 1
    while data := await reader.read(1024 * 1024):
        received += len(data)
    assert received > 200_000 * 100
    assert simulator.stats.chunks_sent == 200_002
    writer.close()
    await writer.wait_closed()
