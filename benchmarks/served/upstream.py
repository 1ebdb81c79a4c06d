"""A model server for clients to be measured on: the simulator alone in a process, at full speed if asked to.

`python -m benchmarks.served.upstream`; on asyncio's own loop, whose timers are finer than uvloop's.
"""

import asyncio
import signal

from backend.providers.simulator.server import Simulator

PROGRAM = ("-m", "benchmarks.served.upstream")


async def main() -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    simulator = await Simulator.start()
    print(simulator.url, flush=True)
    await ended.wait()
    await simulator.stop()


if __name__ == "__main__":
    asyncio.run(main())
