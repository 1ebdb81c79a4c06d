"""The official SDK of OpenAI. What it would read from the environment is kept from it: settings decide."""

import httpx2
import openai

from backend.providers.endpoints import Endpoint
from backend.providers.keys import Key
from backend.providers.sdk import Vendor


def _connect(endpoint: Endpoint, key: Key, http: httpx2.AsyncClient) -> openai.AsyncOpenAI:
    client = openai.AsyncOpenAI(
        api_key=key.secret or "none",
        base_url=endpoint.base_url,
        http_client=http,
        max_retries=0,
        timeout=httpx2.Timeout(None, connect=endpoint.clocks.connect),
    )
    client.organization = client.project = None
    client._custom_headers = dict(endpoint.headers)  # noqa: SLF001 - it holds OPENAI_CUSTOM_HEADERS
    return client


VENDOR = Vendor(
    logger="openai",
    connect=_connect,
    status_error=openai.APIStatusError,
    timeout_error=openai.APITimeoutError,
    connection_error=openai.APIConnectionError,
)
