"""The official SDK of Anthropic. What it would read from the environment is kept from it: settings decide."""

import anthropic
import httpx2

from backend.providers.endpoints import Endpoint
from backend.providers.keys import Key
from backend.providers.sdk import Vendor


def _connect(endpoint: Endpoint, key: Key, http: httpx2.AsyncClient) -> anthropic.AsyncAnthropic:
    client = anthropic.AsyncAnthropic(
        api_key=key.secret or "none",
        base_url=endpoint.base_url,
        http_client=http,
        max_retries=0,
        timeout=httpx2.Timeout(None, connect=endpoint.clocks.connect),
    )
    client._custom_headers = dict(endpoint.headers)  # noqa: SLF001 - it holds ANTHROPIC_CUSTOM_HEADERS
    return client


VENDOR = Vendor(
    logger="anthropic",
    connect=_connect,
    status_error=anthropic.APIStatusError,
    timeout_error=anthropic.APITimeoutError,
    connection_error=anthropic.APIConnectionError,
)
