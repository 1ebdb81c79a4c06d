"""OpenAI Embeddings: texts become vectors in which shared words mean nearness. Knows no sockets."""

import math
from base64 import b64encode
from hashlib import blake2b
from struct import pack
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from backend.providers.simulator.bodies import at
from backend.providers.simulator.cast import Embedder
from backend.providers.simulator.refusals import Reason, Refused
from backend.providers.simulator.tokens import count, each
from backend.providers.simulator.voice import to_json

_FEATURES: Final = 8  # directions that a word points to

Ids = Annotated[list[int], Meta(min_length=1)]
Inputs = Annotated[list[str | Ids | int], Meta(min_length=1, max_length=2048)]


class Request(Struct, forbid_unknown_fields=True):
    model: str
    input: str | Inputs
    dimensions: Annotated[int, Meta(ge=1)] | None = None
    encoding_format: Literal["float", "base64"] | None = None
    user: str | None = None


def answer(request: Request, embedder: Embedder) -> bytes:
    dimensions = request.dimensions or embedder.dimensions
    if dimensions > embedder.dimensions:
        problem = f"this model makes at most {embedder.dimensions} dimensions"
        raise Refused(Reason.INVALID_VALUE, problem=problem, **at("dimensions"))
    texts = _texts(request)
    tokens = [count(text) for text in texts]
    if max(tokens) > embedder.max_input_tokens:
        raise Refused(Reason.TOO_LONG, limit=embedder.max_input_tokens, tokens=max(tokens), **at("input"))
    vectors = [_vector(text, dimensions) for text in texts]
    packed = request.encoding_format == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": _packed(vector) if packed else vector}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": sum(tokens), "total_tokens": sum(tokens)}
    body: dict[str, Any] = {"object": "list", "data": data, "model": request.model, "usage": usage}
    return to_json(body)


def _texts(request: Request) -> list[str]:
    """Token numbers are taken as words of their own: whose tokens they are, nobody can say."""
    given = request.input
    if isinstance(given, list) and all(isinstance(item, int) for item in given):
        given = " ".join(map(str, given))
    items = [given] if isinstance(given, str) else given
    texts = [
        item if isinstance(item, str) else " ".join(map(str, item if isinstance(item, list) else [item]))
        for item in items
    ]
    if not all(texts):
        raise Refused(Reason.INVALID_VALUE, problem="input cannot be an empty string", **at("input"))
    return texts


def _vector(text: str, dimensions: int) -> list[float]:
    sums = [0.0] * dimensions
    for token in each(text.lower()):
        word = token.strip()
        for number, byte in _directions(word):
            sums[number % dimensions] += 1.0 if byte & 1 else -1.0
    length = math.sqrt(sum(value * value for value in sums))
    if not length:
        return [1.0, *([0.0] * (dimensions - 1))]
    return [value / length for value in sums]


def _directions(word: str) -> list[tuple[int, int]]:
    data = blake2b(word.encode(), digest_size=3 * _FEATURES).digest()
    return [(int.from_bytes(data[at : at + 2], "big"), data[at + 2]) for at in range(0, 3 * _FEATURES, 3)]


def _packed(vector: list[float]) -> str:
    return b64encode(pack(f"<{len(vector)}f", *vector)).decode()
