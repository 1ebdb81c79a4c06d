"""The way in: what the rest of the house asks providers for.

Next: backend/providers/answering.py
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import aiohttp
import msgspec

from backend.providers.admission import Admission, Outcome
from backend.providers.answering import Answer, Candidate
from backend.providers.chat import Call
from backend.providers.embedding import Embedded, embed, read_whole
from backend.providers.endpoints import Endpoint, SdkName
from backend.providers.failures import UNREADABLE, ProviderError, cleaned
from backend.providers.keys import Key
from backend.providers.sdks import Sdks
from backend.providers.target import Target
from backend.providers.transport import Connector

_LISTING_TAKES: Final = 10.0
_LISTING: Final[dict[SdkName, str]] = {"openai": "/models", "anthropic": "/v1/models?limit=1000"}


class _Listed(msgspec.Struct):
    id: str


class _Listing(msgspec.Struct):
    data: list[_Listed] | None = None


class Providers:
    def __init__(
        self,
        tried: Callable[[Target, Outcome], None],
        proxy: str | None = None,
        connector: Connector = aiohttp.TCPConnector,
    ) -> None:
        self.sdks = Sdks(proxy, connector)
        self._admission = Admission(tried)

    @property
    def waiting(self) -> int:
        return self._admission.waiting

    def answer(self, call: Call, candidates: Sequence[Candidate]) -> Answer:
        """The first candidate answers; the others only if it does not begin to."""
        return Answer(call, candidates, self._admission, self.sdks)

    async def embed(
        self, texts: Sequence[str], candidate: Candidate, dimensions: int | None = None
    ) -> Embedded:
        return await embed(texts, candidate, self._admission, self.sdks, dimensions)

    async def model_names(self, endpoint: Endpoint, key: Key) -> tuple[str, ...]:
        """As the server itself lists them."""
        sdk = await self.sdks.get(endpoint.sdk)
        try:
            async with asyncio.timeout(_LISTING_TAKES):
                response = await sdk.get(endpoint, key, _LISTING[endpoint.sdk])
                listing = msgspec.json.decode(await read_whole(response), type=_Listing)
        except TimeoutError:
            raise ProviderError("timeout", f"No answer within {_LISTING_TAKES:g} s.") from None
        except UNREADABLE as error:
            raise ProviderError("bad_stream", f"This is not a list of models: {error}") from None
        except ProviderError as error:
            error.message = cleaned(error.message, key.secret)
            raise
        return tuple(model.id for model in listing.data or ())

    async def aclose(self) -> None:
        await self.sdks.aclose()
