"""The public tokenizers, from shipped tables: loaded on first need, off the event loop, without a network.

What is counted may be anything that anybody pasted, so no text may take long or end the process.
"""

import asyncio
import base64
import gzip
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module, resources
from types import FunctionType
from typing import Final, cast, get_args

from tiktoken import Encoding

from backend.catalogue.facts import Tokenizer
from backend.catalogue.once import Once

# tiktoken panics on a million spaces (its regular expression overflows the stack) and is slow on a million
# letters in one word. Hardly anything has such runs; cut in pieces they are off by a token for each.
_RUN: Final = re.compile(r"\s{20000}|\S{20000}")

# Shorter is counted at once: a thread costs more.
_SHORT: Final = 2_000


class Tokenizers:
    def __init__(self) -> None:
        self._encodings: Mapping[Tokenizer, Once[Encoding]] = {
            name: Once(partial(load, name)) for name in cast("tuple[Tokenizer, ...]", get_args(Tokenizer))
        }

    async def count(self, tokenizer: Tokenizer, texts: Sequence[str]) -> int:
        encoding = await self._encodings[tokenizer].get()
        if sum(map(len, texts)) <= _SHORT:
            return count(encoding, texts)
        return await asyncio.to_thread(count, encoding, texts)


def count(encoding: Encoding, texts: Sequence[str]) -> int:
    """What looks like a control token in a prompt ("<|endoftext|>") is text like any other."""
    return sum(len(encoding.encode_ordinary(piece)) for text in texts for piece in _pieces(text))


def load(tokenizer: Tokenizer) -> Encoding:
    """Blocks for a third of a second; not for the event loop."""
    published = vars(import_module("tiktoken_ext.openai_public"))
    # The library's own recipe, reading our table where it would download one.
    recipe = FunctionType(published[tokenizer].__code__, {**published, "load_tiktoken_bpe": _ranks})
    return Encoding(**recipe())


def _ranks(url: str, expected_hash: str) -> dict[bytes, int]:
    name = url.rpartition("/")[2]
    packed = resources.files("backend.catalogue").joinpath("tiktoken", f"{name}.gz").read_bytes()
    table = gzip.decompress(packed)
    if hashlib.sha256(table).hexdigest() != expected_hash:
        raise ValueError(f"{name} is not the table that tiktoken expects")
    lines = (line.partition(b" ") for line in table.splitlines())
    return {base64.b64decode(token): int(rank) for token, _, rank in lines}


def _pieces(text: str) -> Iterator[str]:
    start = 0
    for run in _RUN.finditer(text):
        yield text[start : run.end()]
        start = run.end()
    yield text[start:]
