"""The ASGI lifespan: start the application before the first connection, stop it after the last."""

import asyncio

from backend.kit.application import AsgiApp, AsgiMessage


class StartupFailedError(Exception):
    """The application could not start; its own error is the cause."""


class Lifespan:
    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._inbound: asyncio.Queue[AsgiMessage] = asyncio.Queue()
        self._outbound: asyncio.Queue[AsgiMessage] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
        coroutine = self._app(scope, self._inbound.get, self._outbound.put)
        self._task = asyncio.ensure_future(coroutine)
        await self._ask("lifespan.startup")

    async def stop(self) -> None:
        if self._task is not None and not self._task.done():
            await self._ask("lifespan.shutdown")
            await self._task

    async def _ask(self, event: str) -> None:
        if self._task is None:
            return
        self._inbound.put_nowait({"type": event})
        answer = asyncio.ensure_future(self._outbound.get())
        await asyncio.wait((answer, self._task), return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
            self._task.result()  # raises what the application raised
            raise StartupFailedError(f"the application ended without answering {event}")
        if answer.result()["type"] == f"{event}.failed":
            await asyncio.wait((self._task,), timeout=1)
            cause = self._task.exception() if self._task.done() else None
            raise StartupFailedError(answer.result().get("message", "")) from cause
