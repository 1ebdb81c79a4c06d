"""Full collections of garbage, when nobody waits for an answer.

Python goes through all the objects it has each time their number has grown by a quarter. While a thousand
streams run that takes half a second, in which no frame leaves. What dies young is collected as ever; what has
grown old, in a quiet moment, or when so much has happened that it is time.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

YOUNG: Final = (2_000, 10)
"""New objects to a collection of the youngest, and of those to one of the next."""
NEVER: Final = 1_000_000_000
LOOK_EVERY: Final = 5.0  # seconds
OVERDUE: Final = 400
"""Collections of the young after which no quiet moment is waited for: five minutes of a thousand streams."""


def none_while_starting() -> None:
    """Nearly all that is made at the start stays: to look for what does not takes a fifth of the start."""
    gc.disable()


def none_while_ending() -> None:
    """Python would go through all there is once more, for a second or more, before the process is gone."""
    gc.disable()
    gc.freeze()


@asynccontextmanager
async def collected_when_quiet(busy: Callable[[], bool], every: float = LOOK_EVERY) -> AsyncIterator[None]:
    before = gc.get_threshold()
    gc.freeze()  # what was built at the start stays; there is no need to look at it again
    gc.enable()
    gc.set_threshold(*YOUNG, NEVER)
    watching = asyncio.create_task(_watch(busy, every), name="garbage")
    try:
        yield
    finally:
        watching.cancel()
        gc.set_threshold(*before)
        gc.unfreeze()


async def _watch(busy: Callable[[], bool], every: float) -> None:
    collections = 0
    while True:
        await asyncio.sleep(every)
        happened = gc.get_count()[2]
        if happened and (happened > OVERDUE or not busy()):
            gc.collect()
            collections += 1
            if collections == 1:
                gc.freeze()  # what is loaded when first needed: SDKs, prices, token tables
