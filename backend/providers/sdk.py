"""Requests through a vendor's own SDK, which builds them, signs them and names what went wrong.

Both SDKs are of one make: what differs between them is who they connect and which exceptions are theirs.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx2
import msgspec

from backend.kit.recently_used import RecentlyUsed
from backend.providers.endpoints import Endpoint
from backend.providers.error_bodies import error_in_response
from backend.providers.failures import ProviderError
from backend.providers.keys import Key

_MOST_CLIENTS: Final = 256


@dataclass(frozen=True, slots=True)
class Vendor:
    logger: str
    connect: Callable[[Endpoint, Key, httpx2.AsyncClient], Any]
    status_error: type[Exception]
    timeout_error: type[Exception]
    connection_error: type[Exception]


class Sdk:
    def __init__(self, vendor: Vendor, http: httpx2.AsyncClient) -> None:
        self._vendor = vendor
        # At debug it writes whole requests, prompts included, and a variable of its own can ask it to.
        logging.getLogger(vendor.logger).setLevel(logging.WARNING)
        self._http = http
        self._clients: RecentlyUsed[tuple[str, str, Key], Any] = RecentlyUsed(_MOST_CLIENTS)

    async def post(self, endpoint: Endpoint, key: Key, path: str, body: Mapping[str, Any]) -> httpx2.Response:
        """The response with its headers; its body is still to be read, and to be closed."""
        client = self._client(endpoint, key)
        content = msgspec.json.encode(body)
        return await self._send(endpoint, client.post, path, content=content)

    async def get(self, endpoint: Endpoint, key: Key, path: str) -> httpx2.Response:
        return await self._send(endpoint, self._client(endpoint, key).get, path)

    async def _send(
        self, endpoint: Endpoint, verb: Callable[..., Any], path: str, **content: bytes
    ) -> httpx2.Response:
        vendor = self._vendor
        try:
            response: httpx2.Response = await verb(path, cast_to=httpx2.Response, stream=True, **content)
        except vendor.status_error as error:
            answer: httpx2.Response = error.response  # type: ignore[attr-defined]
            said = error.body  # type: ignore[attr-defined]
            raise error_in_response(answer.status_code, answer.headers, said) from None
        except vendor.timeout_error:
            after = endpoint.clocks.connect
            raise ProviderError("timeout", f"No connection within {after:g} s.", retryable=True) from None
        except vendor.connection_error as error:
            reason = str(error.__cause__ or error)
            raise ProviderError("unreachable", f"{endpoint.display_name}: {reason}") from None
        except httpx2.TransportError as error:  # while the SDK read a refusal
            raise ProviderError("unreachable", f"{endpoint.display_name}: {error}") from None
        return response

    def _client(self, endpoint: Endpoint, key: Key) -> Any:
        """Light, but a tenth of a millisecond each; users' own keys make many."""
        name = (endpoint.name, endpoint.base_url, key)
        if (client := self._clients.get(name)) is None:
            if not (key.secret.isascii() and key.secret.isprintable()):
                raise ProviderError("credentials", "There are characters in this key that no key has.")
            client = self._clients[name] = self._vendor.connect(endpoint, key, self._http)
        return client
