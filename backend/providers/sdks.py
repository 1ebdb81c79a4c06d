"""Both SDKs over one connection pool. Each is imported when first needed, in a thread: it takes seconds."""

import asyncio
import importlib
from typing import Final

import aiohttp

from backend.providers.endpoints import SdkName
from backend.providers.sdk import Sdk, Vendor
from backend.providers.transport import Connector, UpstreamTransport, http_client

_MODULES: Final[dict[SdkName, str]] = {
    "openai": "backend.providers.openai.sdk",
    "anthropic": "backend.providers.anthropic.sdk",
}


class Sdks:
    def __init__(self, proxy: str | None = None, connector: Connector = aiohttp.TCPConnector) -> None:
        self.transport = UpstreamTransport(proxy, connector)
        self._http = http_client(self.transport)
        self._loaded: dict[SdkName, Sdk] = {}
        self._loading: dict[SdkName, asyncio.Task[None]] = {}

    async def get(self, name: SdkName) -> Sdk:
        if name not in self._loaded:
            if name not in self._loading:
                self._loading[name] = asyncio.create_task(self._load(name))
            # Who is cancelled while it waits leaves the others their SDK.
            await asyncio.shield(self._loading[name])
        return self._loaded[name]

    async def aclose(self) -> None:
        await asyncio.gather(*self._loading.values(), return_exceptions=True)
        await self._http.aclose()

    async def _load(self, name: SdkName) -> None:
        vendor: Vendor = await asyncio.to_thread(_vendor, _MODULES[name])
        self._loaded[name] = Sdk(vendor, self._http)


def _vendor(module: str) -> Vendor:
    vendor: Vendor = importlib.import_module(module).VENDOR
    return vendor
