import asyncio
import threading

import pytest

from backend.catalogue.once import Once


async def test_it_is_made_once_for_all_who_ask() -> None:
    made = []
    all_have_asked = threading.Event()

    def make() -> int:
        all_have_asked.wait()
        made.append(threading.current_thread())
        return len(made)

    once = Once(make)
    asking = [asyncio.create_task(once.get()) for _ in range(20)]
    await asyncio.sleep(0)
    all_have_asked.set()
    assert await asyncio.gather(*asking) == [1] * 20
    assert await once.get() == len(made) == 1
    assert made != [threading.main_thread()]


async def test_who_gives_up_waiting_does_not_stop_it() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def make() -> str:
        begun.set()
        go_on.wait()
        return "made"

    once = Once(make)
    impatient = asyncio.create_task(once.get())
    await asyncio.to_thread(begun.wait)
    impatient.cancel()
    waiting = asyncio.create_task(once.get())
    go_on.set()
    assert await waiting == "made"
    assert impatient.cancelled() or impatient.cancelling()


async def test_what_failed_is_tried_again() -> None:
    results = iter([ValueError("not yet"), "made"])

    def make() -> str:
        result = next(results)
        if isinstance(result, ValueError):
            raise result
        return result

    once = Once(make)
    with pytest.raises(ValueError, match="not yet"):
        await once.get()
    assert await once.get() == "made"
