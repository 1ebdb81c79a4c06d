import base64
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiktoken import Encoding

from backend.catalogue.tokenizers import Tokenizers, count, load


@pytest.fixture(scope="module")
def o200k() -> Encoding:
    return load("o200k_base")


# The ids are those that OpenAI's own tokenizer page shows.
def test_the_shipped_tables_make_the_tokenizers_that_openai_publishes(o200k: Encoding) -> None:
    assert o200k.encode("hello world") == [24912, 2375]
    assert load("cl100k_base").encode("hello world") == [15339, 1917]
    assert o200k.n_vocab == 200_019


async def test_words_are_counted_by_the_tokenizer_that_is_asked_for(tokenizers: Tokenizers) -> None:
    assert await tokenizers.count("o200k_base", ["hello world", " again"]) == 3
    chinese = "人工智能正在改变世界"
    assert await tokenizers.count("o200k_base", [chinese]) < await tokenizers.count("cl100k_base", [chinese])
    assert await tokenizers.count("o200k_base", []) == 0


def test_control_tokens_in_a_prompt_are_text_like_any_other(o200k: Encoding) -> None:
    assert count(o200k, ["<|endoftext|>"]) > 1


def test_half_a_character_is_counted_too(o200k: Encoding) -> None:
    assert count(o200k, ["\ud83d"]) >= 1


PATHOLOGICAL = {
    "spaces": " " * 1_000_000,
    "spaces and a word": " " * 1_000_000 + "x",
    "tabs and spaces": "\t " * 500_000 + "x",
    "lines": "\n" * 400_000 + "x",
    "one letter": "a" * 400_000,
    "one sign": "!" * 400_000,
    "combining marks": "e\u0301" * 200_000,
    "base64": base64.b64encode(random.Random(1).randbytes(300_000)).decode(),
}


@pytest.mark.parametrize("text", PATHOLOGICAL.values(), ids=PATHOLOGICAL)
async def test_no_text_ends_the_process(tokenizers: Tokenizers, text: str) -> None:
    for name in ("o200k_base", "cl100k_base"):
        assert 0 < await tokenizers.count(name, [text]) <= len(text.encode())


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_what_people_write_is_counted_as_one_piece(o200k: Encoding, text: str) -> None:
    assert count(o200k, [text]) == len(o200k.encode(text, disallowed_special=()))


def test_a_run_that_had_to_be_cut_is_off_by_a_token_for_each_cut(o200k: Encoding) -> None:
    text = "word " * 10 + "ab" * 50_000
    whole = len(o200k.encode_ordinary(text))
    assert whole <= count(o200k, [text]) <= whole + 5 + 1
