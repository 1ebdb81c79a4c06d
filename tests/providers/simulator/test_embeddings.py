from collections.abc import AsyncIterator

import openai as openai_sdk
import pytest
from openai import AsyncOpenAI

from backend.providers.simulator.server import Simulator


@pytest.fixture
async def openai(simulator: Simulator) -> AsyncIterator[AsyncOpenAI]:
    """Not strict: the SDK asks for base64 unasked and would refuse it, before it unpacks it."""
    async with AsyncOpenAI(base_url=simulator.openai_url, api_key="sk-test", max_retries=0) as client:
        yield client


def nearness(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


async def test_texts_that_share_words_are_near(openai: AsyncOpenAI) -> None:
    texts = ["the tide rises at the sea", "the tide falls at the sea", "prices of copper doubled"]
    answer = await openai.embeddings.create(model="compass", input=texts)
    tide, falling, copper = (each.embedding for each in answer.data)
    assert nearness(tide, tide) == pytest.approx(1, abs=1e-5)
    assert nearness(tide, falling) > 0.5 > nearness(tide, copper)
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 10


async def test_both_encodings_hold_the_same_numbers(openai: AsyncOpenAI) -> None:
    packed = await openai.embeddings.create(model="compass", input="tide")
    plain = await openai.embeddings.create(model="compass", input="tide", encoding_format="float")
    assert packed.data[0].embedding == pytest.approx(plain.data[0].embedding, abs=1e-6)
    assert len(plain.data[0].embedding) == 256


async def test_dimensions_and_numbers_of_tokens_are_taken(openai: AsyncOpenAI) -> None:
    answer = await openai.embeddings.create(model="compass", input=[[1, 2, 3], [4]], dimensions=16)
    assert [len(each.embedding) for each in answer.data] == [16, 16]
    assert len((await openai.embeddings.create(model="compass", input=[1, 2, 3])).data) == 1


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": "x " * 9_000}, "input"),
        ({"input": "x", "dimensions": 10_000}, "dimensions"),
        ({"input": "x", "dimensions": 0}, "dimensions"),
    ],
)
async def test_what_cannot_be_embedded_is_refused(
    openai: AsyncOpenAI, asked: dict[str, object], param: str
) -> None:
    with pytest.raises(openai_sdk.BadRequestError) as error:
        await openai.embeddings.create(model="compass", **asked)
    assert error.value.param == param


async def test_faults_meet_embeddings_too(openai: AsyncOpenAI) -> None:
    with pytest.raises(openai_sdk.RateLimitError):
        await openai.embeddings.create(model="compass@429:1@first:1", input="x")
    assert (await openai.embeddings.create(model="compass@429:1@first:1", input="x")).data
    with pytest.raises(openai_sdk.NotFoundError):
        await openai.embeddings.create(model="swift", input="x")
