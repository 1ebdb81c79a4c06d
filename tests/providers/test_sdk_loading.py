"""An SDK is loaded once, when it is first needed, and nobody else waits while it is."""

import asyncio
import importlib.abc
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

from backend.providers.sdk import Sdk
from backend.providers.sdks import Sdks

MODULE = "backend.providers.openai.sdk"
PATIENCE = 20


class Gate(importlib.abc.MetaPathFinder):
    """Holds the import of one module until it is opened, and remembers which threads came by."""

    def __init__(self) -> None:
        self.came = threading.Event()
        self.open = threading.Event()
        self.threads: list[threading.Thread] = []
        self.fails = 0

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name == MODULE:
            self.threads.append(threading.current_thread())
            self.came.set()
            if threading.current_thread() is threading.main_thread():
                raise ImportError("the event loop stands still while it imports")
            assert self.open.wait(PATIENCE)
            if len(self.threads) <= self.fails:
                raise ImportError("cannot be loaded")
        return None


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    monkeypatch.setattr(sys, "meta_path", [gate, *sys.meta_path])
    yield gate
    gate.open.set()


async def arrival(gate: Gate) -> None:
    assert await asyncio.to_thread(gate.came.wait, PATIENCE)


async def test_many_that_ask_at_once_get_the_same_sdk_from_one_import(gate: Gate) -> None:
    sdks = Sdks()
    asking = [asyncio.create_task(sdks.get("openai")) for _ in range(20)]
    await arrival(gate)
    assert not any(task.done() for task in asking), "the loop goes on while the import is held"
    gate.open.set()
    loaded = await asyncio.gather(*asking)

    assert {id(sdk) for sdk in loaded} == {id(await sdks.get("openai"))}
    assert isinstance(loaded[0], Sdk)
    (thread,) = gate.threads
    assert thread is not threading.main_thread()
    await sdks.aclose()


async def test_who_is_cancelled_while_it_loads_leaves_it_to_the_others(gate: Gate) -> None:
    sdks = Sdks()
    first, second = (asyncio.create_task(sdks.get("openai")) for _ in range(2))
    await arrival(gate)
    first.cancel()
    with suppress(asyncio.CancelledError):
        await first
    assert first.cancelled()
    assert not second.done()
    gate.open.set()

    assert await second is await sdks.get("openai")
    assert len(gate.threads) == 1
    await sdks.aclose()


async def test_it_is_still_loaded_where_all_who_asked_were_cancelled(gate: Gate) -> None:
    sdks = Sdks()
    asking = asyncio.create_task(sdks.get("openai"))
    await arrival(gate)
    asking.cancel()
    with suppress(asyncio.CancelledError):
        await asking
    gate.open.set()

    assert isinstance(await sdks.get("openai"), Sdk)
    assert len(gate.threads) == 1
    await sdks.aclose()


async def test_closing_waits_for_what_is_being_loaded(gate: Gate) -> None:
    sdks = Sdks()
    asking = asyncio.create_task(sdks.get("openai"))
    await arrival(gate)
    closing = asyncio.create_task(sdks.aclose())
    done, _ = await asyncio.wait([closing], timeout=0.05)
    assert not done, "a thread that still imports would outlive the application"
    gate.open.set()

    await closing
    assert isinstance(await asking, Sdk)


async def test_closing_is_not_held_up_by_what_cannot_be_loaded(gate: Gate) -> None:
    gate.fails = 1
    sdks = Sdks()
    asking = asyncio.create_task(sdks.get("openai"))
    await arrival(gate)
    closing = asyncio.create_task(sdks.aclose())
    gate.open.set()

    await closing
    with pytest.raises(ImportError, match="cannot be loaded"):
        await asking


async def test_closing_what_was_never_used_loads_nothing(gate: Gate) -> None:
    await Sdks().aclose()
    assert gate.threads == []


def test_neither_sdk_is_imported_until_somebody_asks() -> None:
    """Each takes a second or more, and most need only one of them."""
    code = """
import asyncio, sys
import backend.providers.calling
from backend.providers.sdks import Sdks

async def main():
    sdks = Sdks()
    before = {"openai", "anthropic"} & set(sys.modules)
    await sdks.get("openai")
    print(sorted(before), sorted({"openai", "anthropic"} & set(sys.modules)))
    await sdks.aclose()

asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[] ['openai']\n", "")
