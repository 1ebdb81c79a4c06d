"""The models of a server that only it knows: asked for in the background, remembered for half a minute."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from backend.providers.endpoints import Endpoint
from backend.providers.failures import ProviderError

Ask: TypeAlias = Callable[[], Awaitable[Sequence[str]]]
"""Asks the server for the names of its models; raises ProviderError or OSError."""

FRESH: Final = 30.0
_PATIENCE: Final = 1.0  # nobody who wants a list waits longer for a server that hangs
_LONGEST: Final = 10.0


@dataclass(frozen=True, slots=True)
class Found:
    names: tuple[str, ...] = ()
    problem: str | None = None


class Discovery:
    def __init__(
        self, endpoint: Endpoint, ask: Ask, fresh: float = FRESH, patience: float = _PATIENCE
    ) -> None:
        self._endpoint = endpoint
        self._ask = ask
        self._fresh = fresh
        self._patience = patience
        self._found: Found | None = None
        self._found_at = 0.0
        self._asking: asyncio.Task[None] | None = None

    async def look(self) -> Found:
        """What was found last; only who looks first waits for the server, and not for long."""
        if self._found is None or time.monotonic() - self._found_at > self._fresh:
            asking = self._asking = self._asking or asyncio.create_task(self._asked())
            if self._found is None:
                await asyncio.wait({asking}, timeout=self._patience)
        return self._found or Found(problem=f"has not answered yet at {self._endpoint.base_url}")

    async def close(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait({self._asking})

    async def _asked(self) -> None:
        try:
            async with asyncio.timeout(_LONGEST):
                self._found = Found(tuple(await self._ask()))
        except ProviderError as error:
            self._found = Found(problem=self._reason(error))
        except OSError:
            self._found = Found(problem=f"not running at {self._endpoint.base_url}")
        finally:
            self._found_at = time.monotonic()
            self._asking = None

    def _reason(self, error: ProviderError) -> str:
        if error.kind in {"unreachable", "timeout"}:
            return f"not running at {self._endpoint.base_url}"
        return f"does not list its models: {error.message}"
