"""What is measured beside each other does the same work."""

from collections.abc import AsyncIterator

import pytest

from backend.providers.simulator.server import Simulator
from benchmarks.load.streams import SDKS, readers
from benchmarks.readers.reading import CutOffError

every_dialect = pytest.mark.parametrize("dialect", SDKS)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    simulator = await Simulator.start()
    try:
        yield simulator
    finally:
        await simulator.stop()


@every_dialect
async def test_every_reader_hears_every_piece_of_the_same_answer(dialect, simulator: Simulator) -> None:
    answers = []
    for connect in readers(dialect).values():
        heard: list[str] = []
        async with connect(simulator.url) as read:
            await read("swift@ttft:0@pace:0@tokens:500", heard.append)
        answers.append(heard)

    ours, *others = answers
    assert len(ours) == 500
    assert all(heard == ours for heard in others)


@every_dialect
async def test_no_reader_takes_a_cut_answer_for_a_whole_one(dialect, simulator: Simulator) -> None:
    for connect in readers(dialect).values():
        async with connect(simulator.url) as read:
            with pytest.raises(CutOffError):
                await read("swift@ttft:0@pace:0@tokens:20@end:5", lambda _: None)


@every_dialect
async def test_a_connection_serves_one_answer_after_another(dialect, simulator: Simulator) -> None:
    for connect in readers(dialect).values():
        before = simulator.stats.connections_accepted
        async with connect(simulator.url) as read:
            for _ in range(3):
                await read("swift@ttft:0@pace:0@tokens:1", lambda _: None)
        assert simulator.stats.connections_accepted == before + 1
