"""Whoever stops listening stops the provider, at every stage: what a provider goes on writing is billed."""

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

import pytest

from backend.providers.admission import Outcome
from backend.providers.answering import Answer, Candidate
from backend.providers.calling import Providers
from backend.providers.chat import Call, Text, user
from backend.providers.endpoints import Endpoint
from backend.providers.simulator.server import Simulator
from tests.support.wires import CHAT, KEY, WIRES, Wire, ask, listen, quick, sent_bodies

every_wire = pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)

PROMPTLY = 0.5  # seconds in which the upstream must see that nobody listens


def answer_of(providers: Providers, simulator: Simulator, wire: Wire, model: str) -> Answer:
    return providers.answer(Call("", (user("Hello"),)), [Candidate(wire.target(simulator, model), KEY)])


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - the simulator counts, it does not notify
            await asyncio.sleep(0.005)


@asynccontextmanager
async def stopped_within_the_bar(simulator: Simulator, providers: Providers) -> AsyncIterator[None]:
    """What happens inside stops a call; the upstream says when it noticed, and that nothing is left."""
    left = simulator.stats.clients_left
    stopped = time.monotonic()
    yield
    await until(lambda: simulator.stats.clients_left > left)
    assert simulator.stats.departures[-1].noticed - stopped < PROMPTLY
    await until(lambda: simulator.stats.connections_open == 0)
    assert simulator.stats.streams_open == 0
    assert simulator.stats.chunks_after_leaving <= 1
    assert providers.sdks.transport.idle_connections() == 0


@pytest.mark.parametrize("model", ["swift@hang", "swift@slow-headers:60", "sage@ttft:60000"])
@every_wire
async def test_a_call_that_is_cancelled_before_its_first_chunk_closes_its_socket(
    wire: Wire, model: str, simulator: Simulator, providers: Providers, tried: list[tuple[str, Outcome]]
) -> None:
    listening = asyncio.create_task(listen(answer_of(providers, simulator, wire, model)))
    await until(lambda: len(sent_bodies(simulator)) == 1)

    async with stopped_within_the_bar(simulator, providers):
        listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listening
    assert tried[-1][1] == "cancelled"


@pytest.mark.parametrize("model", ["swift@ttft:0@pace:5@tokens:100000", "swift@ttft:0@pace:0@stall:20"])
@every_wire
async def test_a_call_that_is_cancelled_in_mid_answer_closes_its_socket(
    wire: Wire, model: str, simulator: Simulator, providers: Providers
) -> None:
    answer = answer_of(providers, simulator, wire, model)
    listening = asyncio.create_task(listen(answer))
    await until(lambda: answer.marks.first_text is not None)

    async with stopped_within_the_bar(simulator, providers):
        listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listening


@every_wire
async def test_a_reader_that_simply_leaves_closes_the_socket(
    wire: Wire, simulator: Simulator, providers: Providers
) -> None:
    answer = answer_of(providers, simulator, wire, "swift@ttft:0@pace:5@tokens:100000")
    async with stopped_within_the_bar(simulator, providers), aclosing(answer.pieces()) as pieces:
        async for batch in pieces:
            if any(isinstance(piece, Text) for piece in batch):
                break


async def test_a_reader_that_leaves_a_flood_unread_closes_the_socket(
    simulator: Simulator, providers: Providers
) -> None:
    """The rest stands in buffers on both sides, and none of it may keep the connection open."""
    answer = answer_of(providers, simulator, CHAT, "swift@ttft:0@pace:0@tokens:1000000")
    async with aclosing(answer.pieces()) as pieces:
        async for _ in pieces:
            break
    await until(lambda: simulator.stats.connections_open == 0)
    assert providers.sdks.transport.idle_connections() == 0


async def test_a_call_that_waits_between_two_tries_can_be_cancelled(
    simulator: Simulator, providers: Providers
) -> None:
    answer = answer_of(providers, simulator, CHAT, "swift@429:30")
    waits: list[float] = []

    async def wait() -> None:
        async with aclosing(answer.pieces()) as pieces:
            async for (piece,) in pieces:
                waits.append(piece.wait)  # type: ignore[union-attr] - nothing else comes

    waiting = asyncio.create_task(wait())
    await until(lambda: waits != [])
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert waits[0] >= 30
    assert len(sent_bodies(simulator)) == 1


async def test_an_embedding_that_is_cancelled_closes_its_socket_too(
    simulator: Simulator, providers: Providers
) -> None:
    endpoint = Endpoint("x", "X", simulator.openai_url, headers={"x-simulate": "hang"})
    target = dataclasses.replace(CHAT.target(simulator, "compass"), endpoint=endpoint)
    embedding = asyncio.create_task(providers.embed(["a"], Candidate(target, KEY)))
    await until(lambda: len(simulator.requests) == 1)

    async with stopped_within_the_bar(simulator, providers):
        embedding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await embedding


async def test_a_listing_of_models_that_is_cancelled_closes_its_socket_too(providers: Providers) -> None:
    asked, left = asyncio.Event(), asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        assert await reader.read() == b""
        left.set()
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        listing = asyncio.create_task(providers.model_names(Endpoint("x", "X", address), KEY))
        await asked.wait()
        listing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listing
        async with asyncio.timeout(PROMPTLY):
            await left.wait()


async def test_stopping_one_lane_leaves_the_others_running(
    simulator: Simulator, providers: Providers
) -> None:
    stopped = asyncio.create_task(
        listen(answer_of(providers, simulator, CHAT, "swift@ttft:0@pace:5@tokens:100000"))
    )
    others = [
        asyncio.create_task(ask(providers, wire.target(simulator, "swift@ttft:0@pace:5@tokens:60")))
        for wire in WIRES
    ]
    await until(lambda: simulator.stats.streams_open == 5)
    stopped.cancel()

    told = await asyncio.gather(*others)
    assert [each.heard.end["end"] for each in told] == ["finished"] * 4
    assert simulator.stats.clients_left == 1


async def test_a_hundred_calls_cancelled_at_any_moment_leave_nothing_behind(
    simulator: Simulator, providers: Providers
) -> None:
    """Each a little later than the one before: somewhere among them is every moment there is."""
    for wire in WIRES:
        assert (await ask(providers, wire.target(simulator, quick("swift")))).error is None
    tasks = asyncio.all_tasks()
    for number in range(100):
        wire = WIRES[number % len(WIRES)]
        model = "sage@ttft:2@pace:1@tokens:40"
        listening = asyncio.create_task(listen(answer_of(providers, simulator, wire, model)))
        await asyncio.sleep(number / 1000)
        listening.cancel()
        await asyncio.wait([listening])

    await until(lambda: simulator.stats.streams_open == 0)
    idle = providers.sdks.transport.idle_connections()
    await until(lambda: simulator.stats.connections_open == idle)
    await until(lambda: asyncio.all_tasks() - tasks - simulator_tasks(simulator) == set())


def simulator_tasks(simulator: Simulator) -> set[asyncio.Task[object]]:
    """Its connections each have one, in this same process."""
    return {task for task in asyncio.all_tasks() if "RequestHandler" in repr(task.get_coro())}
