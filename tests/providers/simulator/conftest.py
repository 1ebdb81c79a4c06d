"""A running simulator and the official clients, which refuse what is not of the vendor's shape."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from backend.providers.simulator.server import Simulator


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    simulator = await Simulator.start(remember=1000)
    try:
        yield simulator
    finally:
        await simulator.stop()


@pytest.fixture
async def openai(simulator: Simulator) -> AsyncIterator[AsyncOpenAI]:
    client = AsyncOpenAI(
        base_url=simulator.openai_url, api_key="sk-test", max_retries=0, _strict_response_validation=True
    )
    async with client:
        yield client


@pytest.fixture
async def anthropic(simulator: Simulator) -> AsyncIterator[AsyncAnthropic]:
    client = AsyncAnthropic(
        base_url=simulator.anthropic_url, api_key="sk-test", max_retries=0, _strict_response_validation=True
    )
    async with client:
        yield client


@pytest.fixture
async def http(simulator: Simulator) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"anthropic-version": "2023-06-01"}
    async with aiohttp.ClientSession(simulator.url, headers=headers) as session:
        yield session
