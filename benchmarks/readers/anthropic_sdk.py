"""Anthropic's own SDK, connected and iterated as its documentation shows it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anthropic import AsyncAnthropic

from benchmarks.readers.reading import LONGEST, QUESTION, CutOffError, Heard, Read


@asynccontextmanager
async def messages(url: str) -> AsyncIterator[Read]:
    async with AsyncAnthropic(base_url=f"{url}/anthropic", api_key="any") as client:

        async def read(model: str, heard: Heard) -> None:
            stopped = False
            async with await client.messages.create(
                model=model,
                max_tokens=LONGEST,
                messages=[{"role": "user", "content": QUESTION}],
                stream=True,
            ) as stream:
                async for event in stream:
                    if event.type == "content_block_delta" and event.delta.type == "text_delta":
                        heard(event.delta.text)
                    elif event.type == "message_stop":
                        stopped = True
            if not stopped:
                raise CutOffError

        yield read
