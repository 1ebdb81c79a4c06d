"""OpenAI's own SDK, connected and iterated as its documentation shows it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from openai import AsyncOpenAI

from benchmarks.readers.reading import QUESTION, CutOffError, Heard, Read


@asynccontextmanager
async def chat(url: str) -> AsyncIterator[Read]:
    async with AsyncOpenAI(base_url=f"{url}/openai/v1", api_key="any") as client:

        async def read(model: str, heard: Heard) -> None:
            reason: str | None = None
            async with await client.chat.completions.create(
                model=model,
                messages=[{"role": "user", "content": QUESTION}],
                stream=True,
                stream_options={"include_usage": True},
            ) as stream:
                async for chunk in stream:
                    if chunk.choices:
                        choice = chunk.choices[0]
                        reason = choice.finish_reason or reason
                        if text := choice.delta.content:
                            heard(text)
            if reason is None:
                raise CutOffError

        yield read


@asynccontextmanager
async def responses(url: str) -> AsyncIterator[Read]:
    async with AsyncOpenAI(base_url=f"{url}/openai/v1", api_key="any") as client:

        async def read(model: str, heard: Heard) -> None:
            completed = False
            async with await client.responses.create(model=model, input=QUESTION, stream=True) as stream:
                async for event in stream:
                    if event.type == "response.output_text.delta":
                        heard(event.delta)
                    elif event.type == "response.completed":
                        completed = True
            if not completed:
                raise CutOffError

        yield read
