"""Ask several models the same thing at once. Pure concurrency: no web, no database, no SDK.

Next: backend/comparisons/recorder.py
"""

import asyncio
from collections.abc import Sequence

from backend.comparisons.lane import Emit, RunningLane


async def fan_out(lanes: Sequence[RunningLane], admitted: asyncio.Event, emit: Emit) -> None:
    """Until every lane has ended, each in its own way: none of them can end another."""
    async with asyncio.TaskGroup() as group:
        for lane in lanes:
            group.create_task(lane.run(admitted, emit), name=f"lane:{lane.id}")
