"""What the simulator notices of clients that leave."""

import asyncio
import time

import aiohttp
import pytest

from backend.providers.simulator.server import Simulator
from tests.providers.simulator.wire import CHAT, PATHS, body, until

LONG = "swift@tokens:100000@pace:5@ttft:0"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("model", [LONG, "swift@stall:2@pace:0@ttft:0", "swift@stall-pings:2@pace:0@ttft:0"])
async def test_a_client_that_leaves_in_mid_stream_is_noticed_at_once(
    simulator: Simulator, path: str, model: str
) -> None:
    headers = {"anthropic-version": "2023-06-01"}
    async with aiohttp.ClientSession(simulator.url, headers=headers) as session:
        response = await session.post(path, json=body(path, model))
        await response.content.readany()
        left = time.monotonic()
        response.close()
        await until(lambda: simulator.stats.clients_left)
    departure = simulator.stats.departures[0]
    assert departure.path == path
    assert departure.noticed >= left
    assert departure.chunks > 0
    assert simulator.stats.streams_open == 0
    assert simulator.stats.chunks_after_leaving == 0


async def test_what_has_fallen_due_meanwhile_is_not_written_to_who_has_left(simulator: Simulator) -> None:
    async with aiohttp.ClientSession(simulator.url) as session:
        response = await session.post(CHAT, json=body(CHAT, LONG))
        await response.content.readany()
        time.sleep(0.2)  # noqa: ASYNC251 - the loop is held up: forty pieces are due at once
        response.close()
        await until(lambda: simulator.stats.clients_left)
    assert simulator.stats.chunks_after_leaving == 0


@pytest.mark.parametrize(
    "model", ["swift@hang", "swift@slow-headers:60", "swift@ttft:60000", "sage@pace:900"]
)
@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_leaves_before_any_byte_is_noticed_at_once(
    simulator: Simulator, model: str, stream: bool
) -> None:
    async with aiohttp.ClientSession(simulator.url) as session:
        asked = asyncio.create_task(session.post(CHAT, json=body(CHAT, model, stream=stream)))
        await until(lambda: simulator.requests)
        asked.cancel()
        response = (await asyncio.gather(asked, return_exceptions=True))[0]
        if isinstance(response, aiohttp.ClientResponse):
            response.close()
        await until(lambda: simulator.stats.clients_left)
    assert simulator.stats.departures[0].chunks == 0


async def test_a_client_that_leaves_a_flood_is_noticed(simulator: Simulator) -> None:
    async with aiohttp.ClientSession(simulator.url) as session:
        response = await session.post(CHAT, json=body(CHAT, "swift@tokens:1000000@pace:0@ttft:0"))
        await response.content.readany()
        response.close()
        await until(lambda: simulator.stats.clients_left)
    assert simulator.stats.departures[0].chunks < 1_000_000


async def test_a_client_that_stays_to_the_end_has_not_left(simulator: Simulator) -> None:
    models = ["swift@pace:0@ttft:0", "swift@cut:3@pace:0@ttft:0", "swift@end:3@pace:0@ttft:0", "swift@429"]
    async with aiohttp.ClientSession(simulator.url) as session:
        for model in models:
            async with session.post(CHAT, json=body(CHAT, model)) as response:
                try:
                    await response.read()
                except aiohttp.ClientPayloadError:
                    assert "cut" in model
    await until(lambda: not simulator.stats.connections_open)
    assert simulator.stats.clients_left == 0
    assert simulator.stats.connections_accepted >= 1


async def test_stopping_ends_every_stream_and_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    simulator = await Simulator.start(remember=100)
    headers = {"anthropic-version": "2023-06-01"}
    async with aiohttp.ClientSession(simulator.url, headers=headers) as session:
        streams = [await session.post(path, json=body(path, LONG)) for path in PATHS]
        hanging = [asyncio.create_task(session.post(path, json=body(path, "swift@hang"))) for path in PATHS]
        await until(lambda: len(simulator.requests) == 2 * len(PATHS))
        await simulator.stop()
        assert simulator.stats.connections_open == 0
        assert simulator.stats.streams_open == 0
        assert simulator.stats.clients_left == 0
        for stream in streams:
            with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ClientOSError)):
                await stream.read()
        failures = await asyncio.gather(*hanging, return_exceptions=True)
        assert all(isinstance(failure, aiohttp.ClientError) for failure in failures)
        await simulator.stop()
    assert {task for task in asyncio.all_tasks() - before if not task.done()} == set()
