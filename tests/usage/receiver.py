"""A webhook's receiver: a server on this machine that remembers what it was sent."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from backend.kit.outside import Outside, Reach

HERE = Outside(Reach(local=True))


@dataclass
class Receiver:
    url: str = ""
    answers: list[int] = field(default_factory=list)
    """Statuses, one after the other, then 204."""
    heard: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    arrived: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    """Acquired once for each."""

    async def hear(self, request: web.Request) -> web.Response:
        self.heard.append((request.headers, await request.read()))
        self.arrived.release()
        status = self.answers.pop(0) if self.answers else 204
        headers = {"location": self.url} if status == 307 else {}
        return web.Response(status=status, headers=headers)


@asynccontextmanager
async def receiver(*answers: int) -> AsyncIterator[Receiver]:
    found = Receiver(answers=list(answers))
    app = web.Application()
    app.router.add_post("/hook", found.hear)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    found.url = f"http://{host}:{port}/hook"
    try:
        yield found
    finally:
        await runner.cleanup()
