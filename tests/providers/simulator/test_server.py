"""Starting, who is let in, what is counted and kept."""

import asyncio

import aiohttp
import pytest
from anthropic import AsyncAnthropic, AuthenticationError
from openai import AsyncOpenAI

from backend.providers.simulator.server import Recorded, Simulator
from tests.providers.simulator.wire import CHAT, PATHS, body, is_terminal

FAST = "@pace:0@ttft:0"


async def test_two_run_side_by_side_and_a_port_is_free_again_after_stopping() -> None:
    one, two = await Simulator.start(), await Simulator.start()
    assert one.url != two.url
    port = int(one.url.rsplit(":", 1)[1])
    await one.stop()
    again = await Simulator.start(port=port)
    assert again.url == one.url
    await again.stop()
    await two.stop()


@pytest.mark.parametrize(
    "headers",
    [{"authorization": "Bearer sk-right-and-long-enough"}, {"x-api-key": "sk-right-and-long-enough"}],
)
async def test_with_a_key_only_its_owner_is_let_in(headers: dict[str, str]) -> None:
    simulator = await Simulator.start(key="sk-right-and-long-enough")
    wrong = {name: value.replace("right", "wrong") for name, value in headers.items()}
    async with aiohttp.ClientSession(simulator.url) as session:
        statuses = []
        for given in ({}, wrong, headers):
            async with session.post(CHAT, json=body(CHAT, "swift" + FAST), headers=given) as response:
                statuses.append(response.status)
                text = await response.text()
                assert "sk-wrong-and-long-enough" not in text
    assert statuses == [401, 401, 200]
    await simulator.stop()


async def test_a_wrong_key_is_what_the_sdks_call_it(simulator: Simulator) -> None:
    strict = await Simulator.start(key="right")
    async with AsyncAnthropic(base_url=strict.anthropic_url, api_key="wrong", max_retries=0) as client:
        with pytest.raises(AuthenticationError, match="invalid x-api-key"):
            await client.messages.create(model="swift", max_tokens=9, messages=[])
    await strict.stop()


async def test_what_happened_is_told_as_json(simulator: Simulator, openai: AsyncOpenAI) -> None:
    await openai.models.list()
    stream = await openai.chat.completions.create(
        model="swift@tokens:20" + FAST, messages=[{"role": "user", "content": "Hi"}], stream=True
    )
    chunks = [chunk async for chunk in stream]
    async with aiohttp.ClientSession(simulator.url) as session, session.get("/stats") as response:
        told = await response.json()
    assert told["requests"] == {"/openai/v1/models": 1, "/openai/v1/chat/completions": 1}
    assert told["chunksSent"] == simulator.stats.chunks_sent == len(chunks)
    assert told["chunksAfterLeaving"] == told["clientsLeft"] == told["streamsOpen"] == 0
    assert told["connectionsAccepted"] >= 2


def test_requests_are_kept_within_bounds() -> None:
    async def fill() -> None:
        simulator = Simulator(None, remember=1_000)
        for number in range(1_500):
            simulator._remember(Recorded("POST", f"/{number}", {}, b"x"))
        assert len(simulator.requests) == 1_000
        assert simulator.requests[-1].path == "/1499"
        for _ in range(4):
            simulator._remember(Recorded("POST", "/", {}, b"x" * 20_000_000))
        assert sum(len(recorded.body) for recorded in simulator.requests) <= 64 * 1024 * 1024

    asyncio.run(fill())


@pytest.mark.parametrize("path", PATHS)
async def test_a_client_of_the_old_protocol_gets_a_body_without_chunks(
    simulator: Simulator, path: str
) -> None:
    async with aiohttp.ClientSession(version=aiohttp.HttpVersion10) as session:
        headers = {"anthropic-version": "2023-06-01"}
        asked = body(path, "swift" + FAST)
        async with session.post(simulator.url + path, json=asked, headers=headers) as response:
            assert "transfer-encoding" not in response.headers
            assert is_terminal(path, await response.read())


async def test_a_connection_is_used_again(simulator: Simulator, http: aiohttp.ClientSession) -> None:
    for _ in range(5):
        async with http.post(CHAT, json=body(CHAT, "swift" + FAST)) as response:
            await response.read()
    assert simulator.stats.connections_accepted == 1
