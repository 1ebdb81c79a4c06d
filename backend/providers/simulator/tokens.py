"""The simulator's own tokens, which are also the pieces it streams. No vendor's tokenizer counts like this.

A token is one or two CJK characters; up to seven letters or digits with the space before them; up to three
other signs with the space before them; or a run of white space.
"""

import re
from collections.abc import Iterator
from typing import Final

MESSAGE_OVERHEAD: Final = 4  # what a message costs beyond its text
IMAGE_TOKENS: Final = 258  # what an image costs whatever its size

_CJK: Final = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TOKEN: Final = re.compile(rf" ?[{_CJK}]{{1,2}}| ?[^\W{_CJK}]{{1,7}}| ?[^\w\s]{{1,3}}|\s+")


def split(text: str) -> list[str]:
    """The pieces, which joined are the text again."""
    return _TOKEN.findall(text)


def each(text: str) -> Iterator[str]:
    return (match[0] for match in _TOKEN.finditer(text))


def count(text: str) -> int:
    return sum(1 for _ in _TOKEN.finditer(text))
