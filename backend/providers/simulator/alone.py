"""The simulator as a program of its own, until a signal comes."""

import asyncio
import signal
import sys

from backend.providers.simulator.server import Simulator


async def run(host: str, port: int) -> None:
    simulator = await Simulator.start(host, port)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    sys.stdout.write(
        f"OpenAI's API is simulated at {simulator.openai_url} and Anthropic's at {simulator.anthropic_url};"
        f" any key will do.\nThe simulator is listening on {simulator.url}\n"
    )
    sys.stdout.flush()
    await stopped.wait()
    await simulator.stop()
