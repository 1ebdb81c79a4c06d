"""Texts as vectors, in batches, through the same SDK, with the same retries and limits as answers."""

import asyncio
import base64
import math
import random
import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeAlias

import httpx2
import msgspec

from backend.providers.admission import Admission
from backend.providers.answering import Candidate
from backend.providers.failures import UNREADABLE, ProviderError, cleaned
from backend.providers.openai.usage import decode_usage
from backend.providers.retrying import Retries
from backend.providers.sdks import Sdks
from backend.providers.transport import body_of
from backend.providers.usage import BUCKETS, Usage

Vector: TypeAlias = "array[float]"

_MOST_TEXTS: Final = 256
_MOST_CHARACTERS: Final = 400_000


@dataclass(frozen=True, slots=True)
class Embedded:
    vectors: tuple[Vector, ...]
    """One for each text, in their order."""
    usage: Usage | None
    """None where the server says nothing of it."""


class _Item(msgspec.Struct):
    embedding: str | list[float]
    index: int | None = None


class _Answer(msgspec.Struct):
    data: list[_Item]
    usage: msgspec.Raw = msgspec.Raw()


_decode = msgspec.json.Decoder(_Answer).decode


async def embed(
    texts: Sequence[str],
    candidate: Candidate,
    admission: Admission,
    sdks: Sdks,
    dimensions: int | None = None,
) -> Embedded:
    vectors: list[Vector] = []
    counted: list[Usage | None] = []
    for batch in _batches(texts):
        body: dict[str, Any] = {"model": candidate.target.name, "input": batch, "encoding_format": "base64"}
        if dimensions is not None:
            body["dimensions"] = dimensions
        answer = await _ask(body, candidate, admission, sdks)
        vectors += _in_order(answer.data, len(batch))
        counted.append(_usage_of(answer))
    return Embedded(tuple(vectors), _sum(counted))


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and (len(batch) == _MOST_TEXTS or size + len(text) > _MOST_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield batch


async def _ask(body: dict[str, Any], candidate: Candidate, admission: Admission, sdks: Sdks) -> _Answer:
    retries = Retries(random.random)
    while True:
        try:
            return await _try(body, candidate, admission, sdks)
        except ProviderError as error:
            error.message = cleaned(error.message, candidate.key.secret)
            pause = retries.pause_after(error)
            if pause is None:
                raise
        await asyncio.sleep(pause)


async def _try(body: dict[str, Any], candidate: Candidate, admission: Admission, sdks: Sdks) -> _Answer:
    target, key = candidate.target, candidate.key
    sdk = await sdks.get(target.endpoint.sdk)
    async with admission.enter(target, key):
        try:
            async with asyncio.timeout(target.clocks.first_chunk):
                response = await sdk.post(target.endpoint, key, "/embeddings", body)
                return _decode(await read_whole(response))
        except TimeoutError:
            after = target.clocks.first_chunk
            raise ProviderError("timeout", f"No answer within {after:g} s.") from None
        except UNREADABLE as error:
            raise ProviderError("bad_stream", f"The provider's answer cannot be read: {error}") from None


async def read_whole(response: httpx2.Response) -> bytes:
    """Leaving early, cancelled or timed out, closes the socket."""
    upstream = body_of(response)
    try:
        return b"".join([piece async for piece in upstream])
    except httpx2.TransportError as error:
        raise ProviderError("unreachable", str(error)) from None
    finally:
        await upstream.aclose()


def _in_order(items: list[_Item], asked: int) -> list[Vector]:
    places = [place if item.index is None else item.index for place, item in enumerate(items)]
    if sorted(places) != list(range(asked)):
        raise ProviderError("bad_stream", f"{asked} texts were sent and not one vector for each came back.")
    ordered = sorted(zip(places, items, strict=True), key=lambda pair: pair[0])
    vectors = [_vector(item.embedding) for _, item in ordered]
    # One part that is no number makes the sum none.
    usable = all(vector and math.isfinite(sum(vector)) for vector in vectors)
    if not usable or len(set(map(len, vectors))) > 1:
        raise ProviderError("bad_stream", "Vectors came back that cannot be compared.")
    return vectors


def _vector(said: str | list[float]) -> Vector:
    """Asked for in base64, at a quarter of the size; some servers send numbers all the same."""
    if not isinstance(said, str):
        return array("f", said)
    vector = array("f")
    try:
        vector.frombytes(base64.b64decode(said, validate=True))
    except ValueError:
        raise ProviderError("bad_stream", "A vector came back that is not base64 of numbers.") from None
    if sys.byteorder == "big":
        vector.byteswap()
    return vector


def _usage_of(answer: _Answer) -> Usage | None:
    raw = bytes(answer.usage)
    return decode_usage(raw, 0.0) if raw and raw != b"null" else None


def _sum(counted: list[Usage | None]) -> Usage | None:
    """Unknown where a part is: half of a bill that looks like the whole is worse than none."""
    known = [usage for usage in counted if usage is not None]
    if not known or len(known) < len(counted):
        return None
    if len(known) == 1:
        return known[0]
    sums = {name: sum(getattr(usage, name) for usage in known) for name in BUCKETS}
    costs = [usage.cost for usage in known if usage.cost is not None]
    cost = sum(costs, Decimal()) if len(costs) == len(known) else None
    return msgspec.structs.replace(known[0], **sums, cost=cost, raw={})
